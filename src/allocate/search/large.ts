import type { Candidate, Evaluation, MeasuredConfiguration } from '../../model/results/search.ts'
import { RESOLUTION } from '../../replay/largest-rate.ts'
import { type BestFound, type BestOptions, byMeasure } from './best.ts'
import type { Ordered } from './candidates.ts'
import type { Evaluator } from './evaluate.ts'

/** The most candidates that are replayed: together they take less than a minute. */
const MOST_EVALUATED = 12

/**
 * Instances of a large fleet. From 100 instances on, some exchange of two types changes the highest bound by less than
 * 0.5%, which is what a replay resolves: by 0.1% to 0.4% in the shipped workloads. So replays cannot order the best.
 */
export const LARGE_FLEET = 100

interface LargeFound extends BestFound {
  /** Candidates that were not measured, whose bounds differ from the highest one by less than a replay resolves. */
  readonly ties: readonly Candidate[]
}

interface Options extends Pick<BestOptions, 'topN' | 'isTimeUp' | 'onEvaluation'> {
  /** No configuration has a higher bound, queries per second; Infinity if none is feasible. */
  readonly ceiling: number
}

/**
 * The best of candidates whose bounds are closer together than a replay resolves. The first `topN` are measured. The
 * search ends where the last of the best `topN` reaches the ceiling up to the resolution of a replay, or exceeds all
 * bounds that are left. Until then further candidates are replayed at rates that are higher by the resolution; one that
 * sustains none of them is no better.
 *
 * The search is proven up to the gap between the rows and `nextBound`.
 */
export async function verifiedLarge(
  candidates: AsyncIterable<Ordered>,
  evaluator: Evaluator,
  { topN, ceiling, isTimeUp, onEvaluation }: Options,
): Promise<LargeFound> {
  const evaluations: Evaluation[] = []
  const ties: Candidate[] = []
  let best: MeasuredConfiguration[] = []
  let highest = 0
  const found = (endedEarly: boolean): LargeFound => {
    const last = best[topN - 1]
    // without a ceiling no configuration is feasible
    const proven = ceiling === Infinity || (last !== undefined && last.mean >= ceiling)
    const nextBound = proven ? null : ceiling
    return { best, evaluations, nextBound, proven, endedEarly, ties }
  }
  const add = (evaluation: Evaluation) => {
    const at = evaluations.findIndex(({ counts }) => counts === evaluation.counts)
    evaluations.splice(at < 0 ? evaluations.length : at, 1, evaluation)
    const measured = evaluations.filter((row) => row.outcome === 'measured')
    best = measured.sort(byMeasure).slice(0, topN)
    onEvaluation(evaluation, best)
  }
  const measure = async (candidate: Candidate) => {
    for await (const measured of evaluator.measureInRounds(candidate)) {
      add(measured)
      if (isResolved(measured)) return
    }
  }
  try {
    for await (const { candidate, remainingBound } of candidates) {
      highest ||= candidate.bound
      if (best.length < topN) {
        await measure(candidate)
        continue
      }
      const last = best[topN - 1]
      if (last.mean >= remainingBound) break
      const isTied = candidate.bound >= (1 - RESOLUTION) * highest
      const isEnough = last.mean >= (1 - RESOLUTION) * ceiling || evaluations.length >= MOST_EVALUATED
      if (isEnough && !isTied) break
      if (isEnough || candidate.bound <= (1 + RESOLUTION) * last.mean) {
        if (isTied) ties.push(candidate)
        continue
      }
      const higher = last.rates.map((rate) => (1 + RESOLUTION) * rate)
      add(await evaluator.screen(candidate, higher))
    }
  } catch (error) {
    if (isTimeUp(error)) return found(true)
    throw error
  }
  return found(false)
}

/** Whether more repetitions would tell no more than a replay resolves. */
function isResolved({ rates, mean, halfWidth }: MeasuredConfiguration): boolean {
  return rates.length > 2 && halfWidth <= RESOLUTION * mean
}
