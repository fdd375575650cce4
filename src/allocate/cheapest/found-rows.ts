import { fluidBoundsOf } from '../../bound/fluid.ts'
import type { Kernel, Rank } from '../../kernel/contract.ts'
import { compareCosts, compareRanks, costOf, numberOf } from '../../kernel/lattice.ts'
import type { FluidSpace } from '../select/lattice.ts'
import { WHOLE } from './branching.ts'
import type { Judge } from './target-cuts.ts'

/** The configurations that a search has found to reach the target. */
export interface FoundRows {
  /** Cheapest first, without those that were returned: the search removes them from the front. */
  readonly pending: Rank[]
  /** Keeps a configuration that reaches the target, if it is within the budget and new. */
  record(whole: readonly number[]): void
  /**
   * Keeps a configuration near a point, if it reaches the target: the point rounded up, and then less of what is not
   * needed.
   */
  roundUp(point: Float64Array): void
}

/** @param dearest the types in the order in which `roundUp` removes instances */
export function foundRows(
  kernel: Kernel,
  { lattice, program }: FluidSpace,
  judge: Judge,
  dearest: readonly number[],
): FoundRows {
  const { min, size } = lattice
  const pending: Rank[] = []
  const seen = new Set<number>()

  const record = (whole: readonly number[]) => {
    const number = numberOf(lattice, whole)
    const cost = costOf(lattice, whole)
    if (seen.has(number) || cost > lattice.budget) return
    seen.add(number)
    const { bound } = fluidBoundsOf(kernel, program, [whole])
    const row = { bound: bound[0], cost, number }
    const at = pending.findIndex((other) => compareByCost(row, other) < 0)
    pending.splice(at < 0 ? pending.length : at, 0, row)
  }

  const roundUp = (point: Float64Array) => {
    const whole = Array.from(point, (n, t) => Math.min(min[t] + size[t] - 1, Math.ceil(n - WHOLE)))
    const reaches = () => judge(whole, whole).survives
    if (!reaches()) return
    for (const t of dearest) {
      while (whole[t] > min[t]) {
        whole[t]--
        if (reaches()) continue
        whole[t]++
        break
      }
    }
    record(whole)
  }

  return { pending, record, roundUp }
}

/** Cheapest first; equal costs by bound, descending. */
export function compareByCost(a: Rank, b: Rank): number {
  return compareCosts(a.cost, b.cost) || compareRanks(a, b, false)
}
