import type { Candidate, Evaluation, Evaluator, MeasuredConfiguration } from './evaluate.ts'

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
  readonly isOver: () => boolean
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
  { topN, targetQps, repeats, isOver, onEvaluation }: Options,
): Promise<CheapestFound> {
  const rates = new Array<number>(repeats).fill(targetQps)
  const evaluations: Evaluation[] = []
  const cheapest: MeasuredConfiguration[] = []
  for await (const candidate of candidates) {
    if (evaluations.length > 0 && isOver()) return { cheapest, evaluations, proven: false }
    const evaluation = await evaluator.screen(candidate, rates)
    evaluations.push(evaluation)
    if (evaluation.outcome === 'measured' && evaluation.mean >= targetQps) cheapest.push(evaluation)
    onEvaluation(evaluation)
    if (cheapest.length === topN) break
  }
  return { cheapest, evaluations, proven: true }
}
