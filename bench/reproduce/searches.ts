/** Evaluations that searches need: each looks for the best by the same measured values. */
import { availableParallelism } from 'node:os'
import { evaluatorOf } from '../../src/allocate/evaluate.ts'
import { type Counts, rankConfigurations, readWorkload, type Space } from '../../src/index.ts'
import { planOf } from '../../src/replay/allowable-throughput.ts'
import { openTrials } from '../../src/replay/trials.ts'
import { bayesian } from '../strategies/bayesian.ts'
import { hillClimbing } from '../strategies/hill-climbing.ts'
import { random } from '../strategies/random.ts'
import type { Strategy } from '../strategies/strategy.ts'
import type { Size } from './comparison.ts'

const STRATEGIES: readonly Strategy[] = [bayesian, hillClimbing, random]

/** Every feasible configuration of a space, the best bound first, with what it allows. */
interface Landscape {
  readonly candidates: readonly Counts[]
  readonly bounds: readonly number[]
  readonly values: readonly number[]
}

export interface Searches {
  readonly model: string
  /** By strategy: evaluations until one allows 99% of the best, the mean of seeds and the most. */
  readonly to99: Readonly<Record<string, { readonly mean: number; readonly most: number }>>
  /** By strategy: the share of the best that is found, after 1, 2, ... evaluations; the mean of seeds. */
  readonly found: Readonly<Record<string, readonly number[]>>
}

/** What the search by bound is called beside the others. */
export const BY_BOUND = 'by bound'

export async function compareSearches(
  model: string,
  space: Space,
  size: Size,
  seeds: number,
): Promise<Searches> {
  const landscape = await landscapeOf(model, space, size)
  const { candidates, values } = landscape
  const best = Math.max(...values)
  const to99: Record<string, { mean: number; most: number }> = {}
  const found: Record<string, number[]> = {}
  for (const strategy of [byBound(landscape), ...STRATEGIES]) {
    const curves = Array.from({ length: seeds }, (_, seed) =>
      curveOf(strategy, candidates, values, best, seed).map((value) => value / best),
    )
    const needed = curves.map((curve) => 1 + curve.findIndex((share) => share >= 0.99))
    to99[strategy.name] = { mean: meanOf(needed), most: Math.max(...needed) }
    found[strategy.name] = candidates.map((_, i) => meanOf(curves.map((curve) => curve[i] ?? 1)))
  }
  return { model, to99, found }
}

/** The most that was found after each evaluation, until it is the best. */
function curveOf(
  strategy: Strategy,
  candidates: readonly Counts[],
  values: readonly number[],
  best: number,
  seed: number,
): number[] {
  const curve: number[] = []
  const order = strategy.order(candidates, seed)
  for (let step = order.next(); !step.done; step = order.next(values[step.value])) {
    curve.push(Math.max(curve.at(-1) ?? 0, values[step.value]))
    if (curve.at(-1) === best) break
  }
  return curve
}

/** Ours, as far as the order goes: the largest bound first. The seed says nothing. */
function byBound({ bounds }: Landscape): Strategy {
  const order = Array.from(bounds.keys()).sort((a, b) => bounds[b] - bounds[a] || a - b)
  return {
    name: BY_BOUND,
    *order() {
      yield* order
    },
  }
}

async function landscapeOf(model: string, space: Space, size: Size): Promise<Landscape> {
  const workload = await readWorkload(model)
  const { rows } = await rankConfigurations({ workload, space, topN: Infinity })
  const plan = planOf({ workload, ...size })
  const threads = Math.min(availableParallelism(), size.repeats)
  const trials = await openTrials({ threads })
  const types = space.types.map(({ name }) => name)
  const evaluator = evaluatorOf(types, plan, trials)
  const values: number[] = []
  try {
    for (const { counts, costPerHour, bound } of rows) {
      values.push((await evaluator.measure({ counts, costPerHour, bound })).mean)
    }
  } finally {
    await trials.close()
  }
  return { candidates: rows.map(({ counts }) => counts), bounds: rows.map(({ bound }) => bound), values }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
