import type { Counts } from '../../src/model/fleet/space.ts'

/** Chooses which candidates to evaluate, one after the other. */
export interface Strategy {
  readonly name: string
  /**
   * Yields the position of the candidate to evaluate next and receives its throughput (q/s), nothing else. Each
   * candidate comes once; the generator ends after the last.
   *
   * @param candidates configurations, no two of them equal
   */
  order(candidates: readonly Counts[], seed: number): Generator<number, void, number>
}

/**
 * How many evaluations a strategy takes until one reaches `target`; Infinity if no candidate does.
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
  return Infinity
}
