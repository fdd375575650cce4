import { compareCounts } from '../../model/fleet/space.ts'
import type { Evaluation, MeasuredConfiguration } from '../../model/results/search.ts'
import type { Ordered } from './candidates.ts'
import type { Evaluator } from './evaluate.ts'

export interface BestFound {
  /** Highest allowable throughput first. */
  readonly best: readonly MeasuredConfiguration[]
  /** Every configuration that was replayed, in that order. */
  readonly evaluations: readonly Evaluation[]
  /** The largest remaining bound, queries per second; null where no candidate remains. */
  readonly nextBound: number | null
  /** Whether no remaining configuration measures better. */
  readonly proven: boolean
  /** Whether the search was ended before it completed. */
  readonly endedEarly: boolean
}

export interface BestOptions {
  readonly topN: number
  /** Measure every candidate in full, and prune none. */
  readonly exhaustive: boolean
  /** By how much a measurement at a rate may exceed the long run, as a share. */
  readonly excessAt: (rate: number) => number
  /** Whether an error only says that the time is up. */
  readonly isTimeUp: (error: unknown) => boolean
  readonly onEvaluation: (evaluation: Evaluation, best: readonly MeasuredConfiguration[]) => void
}

/**
 * The candidates with the highest allowable throughput. The first `topN` are measured in full; the last of the best
 * `topN` is the threshold. A later candidate is first screened at the rates of the threshold. Subsets of a refuted
 * configuration are screened too, not skipped: an additional slow instance can hurt. The search stops when no remaining
 * bound exceeds the threshold, with a margin for the interval of the measurement and for the end of a replay.
 *
 * @param candidates in descending order of their remaining bounds
 */
export async function verifiedBest(
  candidates: AsyncIterable<Ordered>,
  evaluator: Evaluator,
  { topN, exhaustive, excessAt, isTimeUp, onEvaluation }: BestOptions,
): Promise<BestFound> {
  const evaluations: Evaluation[] = []
  let best: MeasuredConfiguration[] = []
  let nextBound: number | null = null
  const found = (proven: boolean) => ({ best, evaluations, nextBound, proven, endedEarly: !proven })
  const isSettled = (bound: number, { mean, halfWidth }: MeasuredConfiguration) =>
    // a single repetition has no interval and never settles the search
    bound * (1 + halfWidth / mean) * (1 + excessAt(mean)) <= mean
  try {
    for await (const { candidate, remainingBound } of candidates) {
      nextBound = remainingBound
      const last = best.length < topN || exhaustive ? undefined : best[topN - 1]
      if (last && isSettled(remainingBound, last)) return found(true)
      if (last && isSettled(candidate.bound, last)) continue
      const evaluation = last
        ? await evaluator.screen(candidate, last.rates)
        : await evaluator.measure(candidate)
      evaluations.push(evaluation)
      if (evaluation.outcome === 'measured') best = [...best, evaluation].sort(byMeasure).slice(0, topN)
      onEvaluation(evaluation, best)
    }
  } catch (error) {
    if (isTimeUp(error)) return found(false)
    throw error
  }
  nextBound = null
  return found(true)
}

export function byMeasure(a: MeasuredConfiguration, b: MeasuredConfiguration): number {
  return b.mean - a.mean || a.costPerHour - b.costPerHour || compareCounts(a.counts, b.counts)
}
