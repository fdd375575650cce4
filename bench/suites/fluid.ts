/**
 * The fluid program of one configuration: the kernel on the whole published space against general solvers on a sample
 * of it, each checked before it is timed; and how the time of the kernel grows with types and bins.
 */
import { solve as solveYalps } from 'yalps'
import { fluidProgram } from '../../src/bound/fluid.ts'
import { readSpace, readWorkload } from '../../src/index.ts'
import type { FluidProgram } from '../../src/kernel/contract.ts'
import { type LinearProgram, solve as solveJavascript } from '../../src/kernel/fallback/lp-solver.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import type { Space } from '../../src/model/fleet/space.ts'
import {
  type Figure,
  formatMs,
  type GroupedTiming,
  grid,
  over,
  perRow,
  type SuiteResult,
  sideBySide,
  type Timing,
  timeAll,
} from '../measure.ts'
import { agreedSample, highsOf, provenBounds, type Solver } from '../proven-bounds.ts'
import { configurations, fluidProgramOf } from '../spaces.ts'

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
    const title = `one of the ${configurations(space).length} configurations of the published space, ${model}`
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
  const solvers: Readonly<Record<string, Solver>> = {
    yalps: (row) => solveYalps({ direction: 'maximize', ...modelOf(program, row) }).result,
    highs: highsOf(program),
    'javascript-lp-solver': (row) => {
      const solution = solveJavascript(modelOf(program, row))
      return solution.status === 'optimal' ? solution.value : Number.NaN
    },
  }
  const bounds = provenBounds(program, all)
  const sample = agreedSample(bounds, all, SAMPLE, solvers)
  const [ours, ...theirs] = await timeAll([
    { name: 'wasm', run: () => wasm.fluidBounds({ program, counts }) },
    ...Object.entries(solvers).map(([name, solve]) => ({
      name,
      reference: true as const,
      run: () => sample.reduce((sum, row) => sum + solve(row), 0),
    })),
  ])
  // configurations that are infeasible take no time: they are not counted
  return [...perRow([ours], bounds.feasible.length), ...perRow(theirs, SAMPLE)]
}

/** The whole program: max λ:  Σ_t x_tk = λ p_k,  Σ_k l_tk x_tk <= n_t,  Σ_tk v_tk x_tk <= ε λ. */
function modelOf(program: FluidProgram, counts: readonly number[]): LinearProgram {
  const { probability, service, violation, epsilon } = program
  const bins = probability.length
  const asked = Array.from(probability.keys()).filter((k) => probability[k] > 0)
  const variables: Record<string, Record<string, number>> = { rate: { queries: 1, misses: -epsilon } }
  const constraints: Record<string, { equal?: number; max?: number }> = { misses: { max: 0 } }
  for (const k of asked) {
    variables.rate[`bin${k}`] = -probability[k]
    constraints[`bin${k}`] = { equal: 0 }
  }
  counts.forEach((count, type) => {
    if (count === 0) return
    constraints[`type${type}`] = { max: count }
    for (const k of asked) {
      const i = type * bins + k
      // times in seconds, so that rates are queries a second
      const column = { [`bin${k}`]: 1, [`type${type}`]: service[i] / 1000, misses: violation[i] }
      variables[`x${type},${k}`] = column
    }
  })
  return { constraints, variables, objective: 'queries' }
}

const GROWN_TYPES = [2, 4, 8, 16]
const GROWN_BINS = [10, 100, 1000]

async function growth(): Promise<Timing[]> {
  const timings: Timing[] = []
  for (const types of GROWN_TYPES) {
    for (const bins of GROWN_BINS) {
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
  const times = timings.map(({ medianMs }) => formatMs(medianMs))
  return [
    ['', ...GROWN_BINS.map((bins) => `${bins} bins`)],
    ...GROWN_TYPES.map((types, i) => [
      `${types} types`,
      ...times.slice(i * GROWN_BINS.length, (i + 1) * GROWN_BINS.length),
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
