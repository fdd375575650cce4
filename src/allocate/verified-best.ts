import type { Candidate, Evaluation, MeasuredConfiguration } from '../model/results/search.ts'
import type { Counts } from '../model/space.ts'
import type { Evaluator } from './evaluate.ts'

export interface BestFound {
  /** Most queries a second first. */
  readonly best: readonly MeasuredConfiguration[]
  /** Everything that was replayed, in that order. */
  readonly evaluations: readonly Evaluation[]
  readonly prunedBySubConfiguration: number
  /** The largest bound that is left, queries a second; null where nothing is. */
  readonly nextBound: number | null
  /** Whether that bound settles it; otherwise the search was ended. */
  readonly proven: boolean
}

interface Options {
  readonly topN: number
  /** Nothing is pruned, and everything is measured in full. */
  readonly exhaustive: boolean
  /** How far what is measured may exceed what is possible in the long run, as a share, at a rate. */
  readonly excessAt: (rate: number) => number
  /** Whether an error says no more than that the time is up. */
  readonly isTimeUp: (error: unknown) => boolean
  readonly onEvaluation: (evaluation: Evaluation, best: readonly MeasuredConfiguration[]) => void
}

/**
 * The candidates that measure best. The first `topN` are measured; a later one is first screened at what the
 * last of the best allows; one that is part of a configuration that measured no better is passed over if a single
 * repetition fails there too. That alone would not do: a slow instance more may hurt. The search ends where no
 * bound, which holds in the long run and so here within the interval, exceeds what that one allows.
 *
 * @param candidates in descending order of their bounds
 */
export async function verifiedBest(
  candidates: AsyncIterable<Candidate>,
  evaluator: Evaluator,
  { topN, exhaustive, excessAt, isTimeUp, onEvaluation }: Options,
): Promise<BestFound> {
  const evaluations: Evaluation[] = []
  let best: MeasuredConfiguration[] = []
  let prunedBySubConfiguration = 0
  let nextBound: number | null = null
  const found = (proven: boolean) => ({ best, evaluations, prunedBySubConfiguration, nextBound, proven })
  const isSettled = ({ bound }: Candidate, { mean, halfWidth }: MeasuredConfiguration) =>
    // one repetition has no interval, and so settles nothing
    bound * (1 + halfWidth / mean) * (1 + excessAt(mean)) <= mean
  try {
    for await (const candidate of candidates) {
      nextBound = candidate.bound
      const last = best.length < topN || exhaustive ? undefined : best[topN - 1]
      if (last && isSettled(candidate, last)) return found(true)
      const isWhole = (other: Evaluation) =>
        isNoBetter(other, last!) && isPart(candidate.counts, other.counts)
      if (last && evaluations.some(isWhole) && (await evaluator.fails(candidate, last.rates[0]))) {
        prunedBySubConfiguration++
        continue
      }
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

function isNoBetter(evaluation: Evaluation, last: MeasuredConfiguration): boolean {
  return evaluation.outcome === 'refuted' || evaluation.mean <= last.mean
}

function isPart(counts: Counts, of: Counts): boolean {
  return counts.every((count, t) => count <= of[t])
}

function byMeasure(a: MeasuredConfiguration, b: MeasuredConfiguration): number {
  return b.mean - a.mean || a.costPerHour - b.costPerHour || byCounts(a.counts, b.counts)
}

function byCounts(a: Counts, b: Counts): number {
  const t = a.findIndex((count, i) => count !== b[i])
  return t < 0 ? 0 : a[t] - b[t]
}
