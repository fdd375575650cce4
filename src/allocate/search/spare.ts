import type { Counts } from '../../model/fleet/space.ts'
import type { Candidate, Evaluation } from '../../model/results/search.ts'
import { afterLosses } from '../cheapest/losses.ts'
import type { Evaluator } from './evaluate.ts'

/**
 * An evaluator that screens a configuration as what is left of it after the loss of any instances, `spare` at most. Its
 * evaluation is that of the loss that leaves the least, with the counts, the cost and the bound of the whole, and the
 * bound of what is left. Losses are tried in ascending order of the bounds that they leave, and the first that misses
 * the rates decides.
 *
 * @param boundsOf the fluid bounds of configurations, queries per second
 */
export function sparing(
  evaluator: Evaluator,
  spare: number,
  boundsOf: (counts: readonly Counts[]) => ArrayLike<number>,
): Evaluator {
  return {
    ...evaluator,
    get replays() {
      return evaluator.replays
    },
    async screen(candidate, rates) {
      const target = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
      let least: Evaluation | undefined
      for (const rest of restsOf(candidate, spare, boundsOf)) {
        const lost = candidate.counts.map((count, t) => count - rest.counts[t])
        const evaluation = {
          ...(await evaluator.screen(rest, rates)),
          ...candidate,
          lost,
          boundLeft: rest.bound,
        }
        if (evaluation.outcome === 'refuted' || evaluation.mean < target) return evaluation
        if (least?.outcome !== 'measured' || evaluation.mean < least.mean) least = evaluation
      }
      return least!
    },
  }
}

/** What is left of a configuration after each loss, no loss included; the smallest bound first. */
function restsOf(
  { counts, costPerHour }: Candidate,
  spare: number,
  boundsOf: (counts: readonly Counts[]) => ArrayLike<number>,
): Candidate[] {
  const rests = Array.from({ length: spare + 1 }, (_, lost) => afterLosses(counts, lost)).flat()
  const bounds = boundsOf(rests)
  return rests
    .map((rest, i) => ({ counts: rest, costPerHour, bound: bounds[i] }))
    .sort((a, b) => a.bound - b.bound)
}
