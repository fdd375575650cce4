import type { Candidate, Evaluation, MeasuredConfiguration } from '../model/results/search.ts'
import type { Evaluator } from './evaluate.ts'

export interface CheapestFound {
  /** Cheapest first. */
  readonly cheapest: readonly MeasuredConfiguration[]
  readonly evaluations: readonly Evaluation[]
  /** Whether they are as many as were wanted, or all; otherwise the search was ended. */
  readonly proven: boolean
}

interface Options {
  readonly topN: number
  readonly targetQps: number
  readonly repeats: number
  /** Whether an error says no more than that the time is up. */
  readonly isTimeUp: (error: unknown) => boolean
  readonly onEvaluation: (evaluation: Evaluation) => void
}

/**
 * The first candidates that measure up to a target: each is screened at it, and measured if it holds on some
 * of the repetitions. What counts is the mean of what they allow.
 *
 * @param candidates whose bound reaches the target, cheapest first
 */
export async function verifiedCheapest(
  candidates: AsyncIterable<Candidate>,
  evaluator: Evaluator,
  { topN, targetQps, repeats, isTimeUp, onEvaluation }: Options,
): Promise<CheapestFound> {
  const rates = new Array<number>(repeats).fill(targetQps)
  const evaluations: Evaluation[] = []
  const cheapest: MeasuredConfiguration[] = []
  try {
    for await (const candidate of candidates) {
      const evaluation = await evaluator.screen(candidate, rates)
      evaluations.push(evaluation)
      if (evaluation.outcome === 'measured' && evaluation.mean >= targetQps) cheapest.push(evaluation)
      onEvaluation(evaluation)
      if (cheapest.length === topN) break
    }
  } catch (error) {
    if (isTimeUp(error)) return { cheapest, evaluations, proven: false }
    throw error
  }
  return { cheapest, evaluations, proven: true }
}
