/**
 * Servers that batch: the bound with batches against the bound without, and against a general solver on the same
 * program with and without the modes that cannot be optimal; each checked before it is timed.
 */
import { certify } from '../src/bound/certificate.ts'
import { fluidProgram } from '../src/bound/fluid.ts'
import { batchedProgram } from '../src/bound/modes.ts'
import { readSpace, readWorkload } from '../src/index.ts'
import type { FluidProgram } from '../src/kernel/contract.ts'
import { loadKernel } from '../src/kernel/load.ts'
import { everyMode } from '../test/bound/every-mode.ts'
import { fluidLp, highs } from '../test/kernel/fluid-highs.ts'
import { configurations, over, perRow } from './fluid.ts'
import { type Figure, type GroupedTiming, type SuiteResult, sideBySide, timeAll } from './measure.ts'

const wasm = loadKernel('wasm')

/** Configurations that the general solver solves. */
const SAMPLE = 10

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const space = await readSpace('hpdc23')
  const types = space.types.map(({ name }) => name)
  const all = configurations(space)
  const counts = Float64Array.from(all.flat())
  const timings: GroupedTiming[] = []
  const figures: Figure[] = []
  for (const model of ['rm2', 'ncf', 'wnd', 'mtwnd', 'dien']) {
    const workload = await readWorkload(model)
    const sizes = workload.latency.batchSizes
    const largest = new Int32Array(types.length).fill(sizes.length - 1)
    const alone = fluidProgram(workload, types)
    const batched = batchedProgram(alone, sizes, largest)
    const every = everyMode(alone, sizes, largest)
    const feasible = checked(batched, every, all)
    const sample = Array.from(
      { length: SAMPLE },
      (_, i) => feasible[Math.floor(((i + 0.5) * feasible.length) / SAMPLE)],
    )
    const bounds = (program: FluidProgram) => wasm.fluidBounds({ program, counts })
    const ours = await timeAll(
      [
        { name: 'one query at a time', run: () => bounds(alone) },
        { name: 'batches', run: () => bounds(batched) },
      ],
      0.4,
    )
    const solve = (program: FluidProgram) =>
      sample.reduce(
        (sum, i) => sum + highs.solve(fluidLp(program, all[i]), { output_flag: false }).ObjectiveValue,
        0,
      )
    const theirs = await timeAll(
      [{ name: 'highs, batches', reference: true, run: () => solve(batched) }],
      0.2,
    )
    const timed = [...perRow(ours, feasible.length), ...perRow(theirs, SAMPLE)]
    const title = `the bound of one configuration of the published space, ${model}`
    print(sideBySide(title, timed))
    timings.push(...timed.map((timing) => ({ group: title, ...timing })))
    const [one, many, solver] = timed
    figures.push(
      { ...over(`batched bound, ${model}: batches over one at a time`, many, one), goal: { atMost: 2 } },
      over(`batched bound, ${model}: highs over wasm`, solver, many, 1000),
    )
  }
  return { suite: 'batching', timings, figures }
}

/** The numbers of the feasible configurations, after each bound has been proven over all modes. */
function checked(batched: FluidProgram, every: FluidProgram, all: readonly number[][]): number[] {
  const { bound, price, violationPrice } = wasm.fluidBounds({
    program: batched,
    counts: Float64Array.from(all.flat()),
  })
  const feasible = Array.from(all.keys()).filter((i) => bound[i] > 0)
  const types = all[0].length
  for (let j = 0; j < feasible.length; j += 97) {
    const i = feasible[j]
    const claim = {
      bound: bound[i],
      price: price.subarray(i * types, (i + 1) * types),
      violationPrice: violationPrice[i],
    }
    const { infeasibility, gap } = certify(every, Float64Array.from(all[i]), claim)
    if (!(infeasibility < 1e-9 && gap < 1e-9)) throw new Error(`the bound of ${all[i]} is not proven`)
  }
  return feasible
}
