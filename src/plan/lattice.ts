import type { PlanInput } from '../model/fleet/plan.ts'
import { type Counts, costLimit, costOf } from '../model/fleet/space.ts'

/** The counts of a type: 0 to `max`. */
interface Range {
  readonly max: number
}

/** By type: how far the positions of two successive counts are apart, in the lattice of the counts 0 to max; the last type has 1. */
export function stridesOf(types: readonly Range[]): number[] {
  const strides = new Array<number>(types.length)
  let stride = 1
  for (let t = types.length - 1; t >= 0; t--) {
    strides[t] = stride
    stride *= types[t].max + 1
  }
  return strides
}

/** The number of configurations of the counts 0 to max. */
export function configurationsOf(types: readonly Range[]): number {
  return types.reduce((size, { max }) => size * (max + 1), 1)
}

/** The counts of a position in the lattice. */
export function countsOf(types: readonly Range[], strides: readonly number[], position: number): Counts {
  return types.map(({ max }, t) => Math.floor(position / strides[t]) % (max + 1))
}

/** The position of counts in the lattice. */
export function positionOf(strides: readonly number[], counts: Counts): number {
  return counts.reduce((position, count, t) => position + count * strides[t], 0)
}

/** Changes counts to those of the next position; after the last one to those of the first. */
export function nextCounts(types: readonly Range[], counts: number[]): void {
  for (let t = types.length - 1; t >= 0 && ++counts[t] > types[t].max; t--) counts[t] = 0
}

/** Slack of the capacity, a share: bounds are rounded. */
const CAPACITY_SLACK = 1e-9

/** Whether a configuration cannot serve a rate, beyond rounding. */
export function isShort(capacityQps: number, rateQps: number): boolean {
  return capacityQps * (1 + CAPACITY_SLACK) < rateQps
}

/** What rounding may take from the bound of a configuration, as a share of it. */
const BOUND_ROUNDING = 1e-6

/** The rates that configurations may serve. */
interface UsableCapacity {
  /** By position: the capacity with a little slack, or -1 if counts are below the smallest or the cost is above the budget. */
  readonly qps: Float64Array
  /** Whether one more instance never lowers the capacity. With measured throughputs it may. */
  readonly isMonotone: boolean
}

/**
 * The fluid bound grows with the counts, up to rounding. Where the capacities differ from that by rounding alone, each is
 * raised to the largest of its subsets, so that they are exactly monotone. Otherwise they are kept.
 */
export function usableCapacity(input: PlanInput): UsableCapacity {
  const { types, capacityQps } = input
  const strides = stridesOf(types)
  const limit = costLimit(input)
  const usable = new Float64Array(capacityQps.length)
  const monotone = new Float64Array(capacityQps.length)
  let isMonotone = true
  const counts = new Array<number>(types.length).fill(0)
  for (let n = 0; n < usable.length; n++) {
    let capacity = capacityQps[n] * (1 + CAPACITY_SLACK)
    for (let t = 0; t < types.length; t++) {
      if (counts[t] > 0) capacity = Math.max(capacity, monotone[n - strides[t]])
    }
    monotone[n] = capacity
    if (capacity > capacityQps[n] * (1 + BOUND_ROUNDING)) isMonotone = false
    const isAllowed = types.every(({ min }, t) => counts[t] >= min) && costOf(input, counts) <= limit
    usable[n] = isAllowed ? capacity : -1
    nextCounts(types, counts)
  }
  if (isMonotone) return { qps: usable, isMonotone }
  return {
    qps: usable.map((qps, n) => (qps < 0 ? -1 : capacityQps[n] * (1 + CAPACITY_SLACK))),
    isMonotone,
  }
}
