import type { Counts } from '../../src/model/space.ts'

/** Chooses which candidates to evaluate, one after the other. */
export interface Strategy {
  readonly name: string
  /**
   * Yields the position of the candidate to evaluate next and is told its throughput (q/s), which is all that
   * it learns. Each candidate comes once; the generator ends when there are no more.
   *
   * @param candidates configurations, no two of them equal
   */
  order(candidates: readonly Counts[], seed: number): Generator<number, void, number>
}

/**
 * How many evaluations it takes until one reaches `target`; infinitely many where no candidate does.
 *
 * @param values throughput of each candidate (q/s)
 * @param target q/s
 */
export function evaluationsToReach(
  strategy: Strategy,
  candidates: readonly Counts[],
  values: readonly number[],
  target: number,
  seed: number,
): number {
  const order = strategy.order(candidates, seed)
  let evaluations = 0
  for (let step = order.next(); !step.done; step = order.next(values[step.value])) {
    evaluations++
    if (values[step.value] >= target) return evaluations
  }
  return Number.POSITIVE_INFINITY
}
