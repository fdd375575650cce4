/**
 * The fluid program of one configuration: the kernel on the whole published space against general solvers on a sample
 * of it, each checked before it is timed; and how the time of the kernel grows with types and bins.
 */
import { solve as solveYalps } from 'yalps'
import { certify } from '../../src/bound/certificate.ts'
import { fluidProgram } from '../../src/bound/fluid.ts'
import { readSpace, readWorkload } from '../../src/index.ts'
import type { FluidProgram } from '../../src/kernel/contract.ts'
import { routingModel } from '../../src/kernel/fallback/fluid.ts'
import { solve as solveJavascript } from '../../src/kernel/fallback/lp-solver.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import type { Space } from '../../src/model/fleet/space.ts'
import { fluidLp, highs } from '../../test/kernel/fluid-highs.ts'
import {
  type Figure,
  formatMs,
  type GroupedTiming,
  grid,
  type SuiteResult,
  sideBySide,
  type Timing,
  timeAll,
} from '../measure.ts'
import { fluidProgramOf } from '../spaces.ts'

const wasm = loadKernel('wasm')

/** Configurations that the general solvers solve. */
const SAMPLE = 40

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const space = await readSpace('hpdc23')
  const timings: GroupedTiming[] = []
  const figures: Figure[] = []
  for (const model of ['rm2', 'mtwnd']) {
    const program = fluidProgram(
      await readWorkload(model),
      space.types.map(({ name }) => name),
    )
    const title = `one of the ${sizeOf(space)} configurations of the published space, ${model}`
    const timed = await againstSolvers(program, space)
    print(sideBySide(title, timed))
    timings.push(...timed.map((timing) => ({ group: title, ...timing })))
    const [ours, yalps, theirs, javascript] = timed
    figures.push(
      over(`fluid bound, ${model}: javascript-lp-solver over wasm`, javascript, ours, 4000),
      over(`fluid bound, ${model}: highs over wasm`, theirs, ours, 2000),
      over(`fluid bound, ${model}: yalps over wasm`, yalps, ours),
    )
  }
  const grown = await growth()
  const title = 'growth: a configuration, by types and bins'
  print(`${title}\n${grid(tableOf(grown))}`)
  timings.push(...grown.map((timing) => ({ group: title, ...timing })))
  return { suite: 'fluid', timings, figures }
}

/** Times per configuration, after every solver has returned the kernel's bounds. */
async function againstSolvers(program: FluidProgram, space: Space): Promise<Timing[]> {
  const all = configurations(space)
  const counts = Float64Array.from(all.flat())
  const { bound, price, violationPrice } = wasm.fluidBounds({ program, counts })
  const feasible = all.map((_, i) => i).filter((i) => bound[i] > 0)
  const types = space.types.length
  for (const i of feasible) {
    const claim = {
      bound: bound[i],
      price: price.subarray(i * types, (i + 1) * types),
      violationPrice: violationPrice[i],
    }
    const { infeasibility, gap } = certify(program, Float64Array.from(all[i]), claim)
    if (!(infeasibility < 1e-9 && gap < 1e-9)) throw new Error(`the bound of ${all[i]} is not proven`)
  }
  const sample = Array.from(
    { length: SAMPLE },
    (_, i) => feasible[Math.floor(((i + 0.5) * feasible.length) / SAMPLE)],
  )
  const solvers: [string, (counts: Float64Array) => number][] = [
    ['yalps', (counts) => solveYalps({ direction: 'maximize', ...routingModel(program, counts) }).result],
    ['highs', (counts) => highs.solve(fluidLp(program, counts), { output_flag: false }).ObjectiveValue],
    [
      'javascript-lp-solver',
      (counts) => {
        const solution = solveJavascript(routingModel(program, counts))
        return solution.status === 'optimal' ? solution.value : Number.NaN
      },
    ],
  ]
  for (const [name, solve] of solvers) {
    for (const i of sample) {
      const other = solve(Float64Array.from(all[i]))
      if (!(Math.abs(other - bound[i]) < 1e-6 * bound[i])) {
        throw new Error(`${name} gives ${other} for ${all[i]}, the kernel ${bound[i]}`)
      }
    }
  }
  // configurations that are infeasible take no time: they are not counted
  const ours = await timeAll([{ name: 'wasm', run: () => wasm.fluidBounds({ program, counts }) }])
  const theirs = await timeAll(
    solvers.map(([name, solve]) => ({
      name,
      reference: true,
      run: () => sample.reduce((sum, i) => sum + solve(Float64Array.from(all[i])), 0),
    })),
  )
  return [...perRow(ours, feasible.length), ...perRow(theirs, SAMPLE)]
}

async function growth(): Promise<Timing[]> {
  const timings: Timing[] = []
  for (const types of [2, 4, 8, 16]) {
    for (const bins of [10, 100, 1000]) {
      const program = fluidProgramOf(types, bins)
      const rows = walk(types, Math.max(20, 40_000 / (types * Math.sqrt(bins))))
      const counts = Float64Array.from(rows.flat())
      const run = () => wasm.fluidBounds({ program, counts })
      const timed = await timeAll([{ name: `${types} types, ${bins} bins`, run }], 0.2)
      timings.push(...perRow(timed, rows.length))
    }
  }
  return timings
}

function tableOf(timings: readonly Timing[]): string[][] {
  const columns = ['10 bins', '100 bins', '1000 bins']
  return [
    ['', ...columns],
    ...[2, 4, 8, 16].map((types, i) => [
      `${types} types`,
      ...columns.map((_, j) => formatMs(timings[i * columns.length + j].medianMs)),
    ]),
  ]
}

/** Configurations that differ from row to row by one instance of one type, as along the runs of a lattice. */
function walk(types: number, length: number): number[][] {
  const counts = new Array<number>(types).fill(3)
  return Array.from({ length: Math.floor(length) }, (_, i) => {
    const t = (i * 7) % types
    counts[t] = counts[t] === 1 || (counts[t] < 6 && i % 3 > 0) ? counts[t] + 1 : counts[t] - 1
    return counts.slice()
  })
}

export function configurations(space: Space): number[][] {
  return space.types.reduce<number[][]>(
    (rows, { min = 0, max }) =>
      rows.flatMap((row) => Array.from({ length: max - min + 1 }, (_, i) => [...row, min + i])),
    [[]],
  )
}

function sizeOf(space: Space): number {
  return configurations(space).length
}

export function perRow(timings: readonly Timing[], rows: number): Timing[] {
  return timings.map(({ minMs, medianMs, ...rest }) => ({
    ...rest,
    minMs: minMs / rows,
    medianMs: medianMs / rows,
  }))
}

export function over(what: string, slow: Timing, fast: Timing, atLeast?: number): Figure {
  const value = slow.medianMs / fast.medianMs
  return { what, value, unit: 'x', ...(atLeast !== undefined && { goal: { atLeast } }) }
}
