import type { Counts } from '../model/space.ts'
import type { Candidate, Evaluation, Evaluator, MeasuredConfiguration } from './evaluate.ts'

export interface BestFound {
  /** Most queries a second first. */
  readonly best: readonly MeasuredConfiguration[]
  /** Everything that was replayed, in that order. */
  readonly evaluations: readonly Evaluation[]
  readonly prunedBySubConfiguration: number
  /** The first bound that settled the search, queries a second; null where nothing was left. */
  readonly nextBound: number | null
}

interface Options {
  readonly topN: number
  /** Nothing is pruned. */
  readonly exhaustive: boolean
  readonly onEvaluation: (evaluation: Evaluation, best: readonly MeasuredConfiguration[]) => void
}

/**
 * The candidates that measure best. The first `topN` are measured; a later one is first screened at what the
 * last of the best allows. What is part of a configuration that measured no better is passed over, as an
 * instance more does not hurt; the search ends where no bound exceeds what the last of the best allows.
 *
 * @param candidates in descending order of their bounds
 */
export async function verifiedBest(
  candidates: AsyncIterable<Candidate>,
  evaluator: Evaluator,
  { topN, exhaustive, onEvaluation }: Options,
): Promise<BestFound> {
  const evaluations: Evaluation[] = []
  let best: MeasuredConfiguration[] = []
  let prunedBySubConfiguration = 0
  for await (const candidate of candidates) {
    const last = best.length < topN ? undefined : best[topN - 1]
    if (last && !exhaustive) {
      if (candidate.bound <= last.mean) {
        return { best, evaluations, prunedBySubConfiguration, nextBound: candidate.bound }
      }
      if (evaluations.some((other) => isNoBetter(other, last) && isPart(candidate.counts, other.counts))) {
        prunedBySubConfiguration++
        continue
      }
    }
    const evaluation = last
      ? await evaluator.screen(candidate, last.rates)
      : await evaluator.measure(candidate)
    evaluations.push(evaluation)
    if (evaluation.outcome === 'measured') best = [...best, evaluation].sort(byMeasure).slice(0, topN)
    onEvaluation(evaluation, best)
  }
  return { best, evaluations, prunedBySubConfiguration, nextBound: null }
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
