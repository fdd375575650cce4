import type { FluidBounds } from '../kernel/contract.ts'
import type { Counts } from '../model/fleet/space.ts'

/** A gain below this share of the bound is a rounding error: bounds have 44 bits. */
const GAIN_ROUNDING = 1e-11

/**
 * What one more instance of each type adds to the fluid bound, queries per second. Each neighbour is solved exactly,
 * inside the space and the budget or not. The prices of the linear program only say how the bound rises at first:
 * a whole instance may gain much less, and gains more only where `counts` is infeasible.
 *
 * @param boundsOf the bounds of a list of configurations
 * @param bounds the bound of each configuration
 * @returns N x T gains, >= 0
 */
export function gainsOfOneMore(
  boundsOf: (counts: Float64Array) => FluidBounds,
  configurations: readonly Counts[],
  bounds: ArrayLike<number>,
): Float64Array {
  const neighbours = configurations.flatMap((counts) => counts.flatMap((n, t) => counts.with(t, n + 1)))
  const { bound } = boundsOf(Float64Array.from(neighbours))
  const types = bound.length / configurations.length
  return bound.map((value, i) => {
    const gain = value - bounds[Math.floor(i / types)]
    return gain > GAIN_ROUNDING * value ? gain : 0
  })
}

/**
 * Queries per second gained per additional percentage point of queries that may miss QoS, for a small share of one.
 *
 * @param violationPrice queries per second gained for one query per millisecond more that may miss; with one point
 *   more, bound / 100 more queries per second may
 */
export function qpsPerPoint(violationPrice: number, bound: number): number {
  return (violationPrice * bound) / 100_000
}
