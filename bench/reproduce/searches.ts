/** How many evaluations each search needs. All searches use the same measured values. */
import { mean } from 'simple-statistics'
import {
  type Counts,
  readWorkload,
  type Space,
  searchConfigurations,
  type VerifiedSearch,
} from '../../src/index.ts'
import { estimate } from '../../src/replay/interval.ts'
import { bayesian } from '../strategies/bayesian.ts'
import { hillClimbing } from '../strategies/hill-climbing.ts'
import { random } from '../strategies/random.ts'
import type { Strategy } from '../strategies/strategy.ts'
import type { Size } from './comparison.ts'

const STRATEGIES: readonly Strategy[] = [bayesian, hillClimbing, random]

/** Every feasible configuration of a space, largest bound first, with its allowable throughput. */
interface Landscape {
  readonly candidates: readonly Counts[]
  readonly bounds: readonly number[]
  readonly values: readonly number[]
}

export interface Searches {
  readonly model: string
  /** Whether measuring everything has the same winner as the verified search, or one that ties with it. */
  readonly confirmed: boolean
  /** By strategy: evaluations until one reaches 99% of the best; mean and maximum over seeds. */
  readonly to99: Readonly<Record<string, { readonly mean: number; readonly most: number }>>
  /** By strategy: the share of the best that is found after 1, 2, ... evaluations; mean over seeds. */
  readonly found: Readonly<Record<string, readonly number[]>>
}

/** The name of the search by bound. */
export const BY_BOUND = 'by bound'

export async function compareSearches(
  model: string,
  space: Space,
  size: Size,
  seeds: number,
): Promise<Searches> {
  const question = { workload: await readWorkload(model), space, ...size }
  const everything = await searchConfigurations({ ...question, exhaustive: true })
  const search = await searchConfigurations(question)
  const landscape = landscapeOf(everything)
  const { candidates, values } = landscape
  const best = Math.max(...values)
  const to99: Record<string, { mean: number; most: number }> = {}
  const found: Record<string, number[]> = {}
  for (const strategy of [byBound(landscape), ...STRATEGIES]) {
    const curves = Array.from({ length: seeds }, (_, seed) =>
      curveOf(strategy, candidates, values, best, seed).map((value) => value / best),
    )
    const needed = curves.map((curve) => 1 + curve.findIndex((share) => share >= 0.99))
    to99[strategy.name] = { mean: mean(needed), most: Math.max(...needed) }
    found[strategy.name] = candidates.map((_, i) => mean(curves.map((curve) => curve[i] ?? 1)))
  }
  const confirmed = isConfirmed(search, everything)
  return { model, confirmed, to99, found }
}

/** The largest value found after each evaluation, up to the best. */
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

/** The order of our search: the largest bound first. The seed is not used. */
function byBound({ bounds }: Landscape): Strategy {
  const order = Array.from(bounds.keys()).sort((a, b) => bounds[b] - bounds[a] || a - b)
  return {
    name: BY_BOUND,
    *order() {
      yield* order
    },
  }
}

function landscapeOf({ evaluations }: VerifiedSearch): Landscape {
  return {
    candidates: evaluations.map(({ counts }) => counts),
    bounds: evaluations.map(({ bound }) => bound),
    values: evaluations.map((evaluation) => (evaluation.outcome === 'measured' ? evaluation.mean : 0)),
  }
}

/** Whether the search has the same winner as a measurement of everything, or one that ties with it. */
function isConfirmed(search: VerifiedSearch, everything: VerifiedSearch): boolean {
  const [found] = search.rows
  const [winner] = everything.rows
  const difference = estimate(winner.rates.map((rate, k) => rate - found.rates[k]))
  return String(found.counts) === String(winner.counts) || difference.mean <= difference.halfWidth
}
