import type { Candidate, Evaluation, MeasuredConfiguration } from '../../model/results/search.ts'
import type { Evaluator } from './evaluate.ts'

interface CheapestFound {
  /** Cheapest first. */
  readonly cheapest: readonly MeasuredConfiguration[]
  readonly evaluations: readonly Evaluation[]
  /** Whether the search completed; otherwise it was ended early. */
  readonly proven: boolean
}

interface Options {
  readonly topN: number
  readonly targetQps: number
  readonly repeats: number
  /** Whether an error only says that the time is up. */
  readonly isTimeUp: (error: unknown) => boolean
  readonly onEvaluation: (evaluation: Evaluation) => void
}

/**
 * The first candidates that sustain a target: whose mean allowable throughput reaches it. Each candidate is screened
 * at the target, and measured in full if some repetition sustains it.
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
