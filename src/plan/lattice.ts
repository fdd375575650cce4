import type { PlanInput } from '../model/plan.ts'
import { type Counts, costLimit } from '../model/space.ts'

/** Distances in the lattice of counts 0..max from one count of a type to the next; the last type has 1. */
export function stridesOf(types: PlanInput['types']): number[] {
  const strides = new Array<number>(types.length)
  let stride = 1
  for (let t = types.length - 1; t >= 0; t--) {
    strides[t] = stride
    stride *= types[t].max + 1
  }
  return strides
}

/** The number of configurations of the counts 0..max. */
export function configurationsOf(types: PlanInput['types']): number {
  return types.reduce((size, { max }) => size * (max + 1), 1)
}

/** The counts of a position in the lattice. */
export function countsOf(types: PlanInput['types'], strides: readonly number[], position: number): Counts {
  return types.map(({ max }, t) => Math.floor(position / strides[t]) % (max + 1))
}

/** Dollars per hour, summed left to right. */
export function pricePerHour(types: PlanInput['types'], counts: Counts): number {
  return types.reduce((sum, type, t) => sum + counts[t] * type.pricePerHour, 0)
}

/** Slack of the capacity, a share: bounds are rounded. */
const CAPACITY_SLACK = 1e-9

/**
 * The rate that each configuration may serve: its capacity with a little slack, or -1 if its counts are below the smallest
 * ones or its cost is above the budget. Bounds are monotone only up to rounding, so each configuration gets at least the
 * capacity of its subsets.
 */
export function usableCapacity(input: PlanInput, strides: readonly number[]): Float64Array {
  const { types, capacityQps } = input
  const limit = costLimit(input)
  const usable = new Float64Array(capacityQps.length)
  const monotone = new Float64Array(capacityQps.length)
  const counts = new Array<number>(types.length).fill(0)
  for (let n = 0; n < usable.length; n++) {
    let capacity = capacityQps[n] * (1 + CAPACITY_SLACK)
    for (let t = 0; t < types.length; t++) {
      if (counts[t] > 0) capacity = Math.max(capacity, monotone[n - strides[t]])
    }
    monotone[n] = capacity
    const isAllowed = types.every(({ min }, t) => counts[t] >= min) && pricePerHour(types, counts) <= limit
    usable[n] = isAllowed ? capacity : -1
    for (let t = types.length - 1; t >= 0 && ++counts[t] > types[t].max; t--) counts[t] = 0
  }
  return usable
}
