import { type CountRanges, nextCounts, rangesUpTo, stridesOf } from '../kernel/lattice.ts'
import type { PlanInput } from '../model/fleet/plan.ts'
import { costLimit, costOf } from '../model/fleet/space.ts'

/** The counts 0 to `max` of each type. A configuration is numbered as in the kernel, with the last type fastest. */
export function countRanges(types: readonly { readonly max: number }[]): CountRanges {
  return rangesUpTo(types.map(({ max }) => max))
}

/** Slack of the capacity, a share: bounds are rounded. */
const CAPACITY_SLACK = 1e-9

/** Whether a configuration cannot serve a rate, beyond rounding. */
export function isShort(capacityQps: number, rateQps: number): boolean {
  return capacityQps * (1 + CAPACITY_SLACK) < rateQps
}

/** The largest value of a configuration with one instance less than configuration `n`; -Infinity if there is none. */
export function largestWithOneLess(
  values: Float64Array,
  n: number,
  counts: readonly number[],
  strides: ArrayLike<number>,
): number {
  let most = -Infinity
  for (let t = 0; t < counts.length; t++) {
    if (counts[t] > 0) most = Math.max(most, values[n - strides[t]])
  }
  return most
}

/** What rounding may take from the bound of a configuration, as a share of it. */
const BOUND_ROUNDING = 1e-6

/** The rates that configurations may serve. */
interface UsableCapacity {
  /** By position: the capacity with a little slack, -1 if counts are below the least or the cost exceeds the budget. */
  readonly qps: Float64Array
  /** Whether one more instance never lowers the capacity. With measured throughputs it may. */
  readonly isMonotone: boolean
}

/**
 * The fluid bound grows with the counts, up to rounding. Where the capacities differ from that by rounding alone, each
 * is raised to the largest of its subsets, so that they are exactly monotone. Otherwise they are kept.
 */
export function usableCapacity(input: PlanInput): UsableCapacity {
  const { types, capacityQps } = input
  const ranges = countRanges(types)
  const strides = stridesOf(ranges)
  const limit = costLimit(input)
  const usable = new Float64Array(capacityQps.length)
  const monotone = new Float64Array(capacityQps.length)
  let isMonotone = true
  const counts = new Array<number>(types.length).fill(0)
  for (let n = 0; n < usable.length; n++) {
    const capacity = Math.max(
      capacityQps[n] * (1 + CAPACITY_SLACK),
      largestWithOneLess(monotone, n, counts, strides),
    )
    monotone[n] = capacity
    if (capacity > capacityQps[n] * (1 + BOUND_ROUNDING)) isMonotone = false
    const isAllowed = types.every(({ min }, t) => counts[t] >= min) && costOf(input, counts) <= limit
    usable[n] = isAllowed ? capacity : -1
    nextCounts(ranges, counts)
  }
  if (isMonotone) return { qps: usable, isMonotone }
  return {
    qps: usable.map((qps, n) => (qps < 0 ? -1 : capacityQps[n] * (1 + CAPACITY_SLACK))),
    isMonotone,
  }
}
