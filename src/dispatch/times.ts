import type { Counts } from '../model/fleet/space.ts'
import { exceedance, meanOfKnots, quantileMs } from '../model/workload/latency-table.ts'
import type { PolicyContext } from './policy.ts'
import { pricesOf } from './prices.ts'

/** The quantile levels of the guard, and of the loose guard, which a pair that misses the first may still keep. */
const GUARD_LEVEL = 0.95
const LOOSE_GUARD_LEVEL = 0.75

/** The least share of the largest price. A type with a surplus has price 0, but its time is not free. */
export const LEAST_SHARE = 0.02

/** Bursts cause violations that the fluid program does not have, so a violation costs this many times its price. */
export const MISS_FACTOR = 2

/** The share of the bound up to which arrivals may count as light load. */
const LIGHT_RATE = 0.25

/** The share of weights that may be busy while queries start where they finish first; docs/policies.md has the measurement. */
export const LIGHT_LOAD = 0.5

/** A type is unsteady if a bin with a mean of at most this share of QoS misses the target more often than queries may. */
const STEADY = 0.7

/**
 * A late query does not start on an instance that takes more than the first number of times as long as the fastest type, unless that is
 * less than the second one times QoS for each instance of its type. Without this one late query keeps a slow machine busy for long: all
 * of it is lost to queries that would be in time there. Half or twice these numbers allow the same to 0.3% in the mean.
 */
const LONGEST_LATE = { timesFastest: 10, ofQosPerInstance: 0.5 }

/** A latency table says by a time of at least this many targets that a type cannot serve a batch. */
const UNABLE_TARGETS = 200

/** What the rules of `priced` take from a latency table, T x K each. */
export interface Times {
  readonly guardMs: Float64Array
  readonly looseGuardMs: Float64Array
  readonly typicalMs: Float64Array
  /** Probabilities of a service time above the target. */
  readonly violation: Float64Array
}

export function timesOf(context: PolicyContext): Times {
  const { meanMs, qosMs } = context
  return {
    guardMs: meanMs.map((_, cell) => quantileMs(context, cell, GUARD_LEVEL)),
    looseGuardMs: meanMs.map((_, cell) => quantileMs(context, cell, LOOSE_GUARD_LEVEL)),
    // if all quantiles are 0 only the mean is known
    typicalMs: meanMs.map((ms, cell) => meanOfKnots(context, cell) || ms),
    violation: meanMs.map((_, cell) => exceedance(context, cell, qosMs)),
  }
}

/**
 * T shares of the speed of the fastest type in use on the largest batch, or on the largest one that a type can serve: the time of
 * one that it cannot serve says nothing of its speed on others.
 */
export function speedsOf({ batchSizes, meanMs, qosMs }: PolicyContext, counts: Counts): Float64Array {
  const bins = batchSizes.length
  const used = Array.from(counts.keys()).filter((t) => counts[t] > 0)
  return Float64Array.from(counts, (_, t) => {
    const row = meanMs.subarray(t * bins, (t + 1) * bins)
    const able = row.findLastIndex((ms) => ms < UNABLE_TARGETS * qosMs)
    const bin = able < 0 ? bins - 1 : able
    return Math.min(...used.map((each) => meanMs[each * bins + bin])) / row[bin]
  })
}

/** T x K costs less that of the cheapest type in use; 0 for a type that is not in use. */
export function reducedCosts(
  { meanMs, batchSizes }: PolicyContext,
  counts: Counts,
  weight: Float64Array,
  violation: Float64Array,
  missPrice: number,
): Float64Array {
  const bins = batchSizes.length
  const cost = new Float64Array(meanMs.length)
  const least = new Float64Array(bins).fill(Infinity)
  counts.forEach((count, t) => {
    for (let k = 0; k < bins && count > 0; k++) {
      const cell = t * bins + k
      cost[cell] = weight[t] * meanMs[cell] + violation[cell] * missPrice
      least[k] = Math.min(least[k], cost[cell])
    }
  })
  counts.forEach((count, t) => {
    for (let k = 0; k < bins && count > 0; k++) cost[t * bins + k] -= least[k]
  })
  return cost
}

/** T x K longest times that an instance gives to a late query, ms. */
export function longestLateMs({ meanMs, batchSizes, qosMs }: PolicyContext, counts: Counts): Float64Array {
  const bins = batchSizes.length
  const used = Array.from(counts.keys()).filter((t) => counts[t] > 0)
  const { timesFastest, ofQosPerInstance } = LONGEST_LATE
  const fastest = Float64Array.from(batchSizes, (_, k) => Math.min(...used.map((t) => meanMs[t * bins + k])))
  return meanMs.map((_, cell) =>
    Math.max(timesFastest * fastest[cell % bins], ofQosPerInstance * counts[Math.floor(cell / bins)] * qosMs),
  )
}

/**
 * The mean gap between arrivals at the rate up to which a load may be light, ms; Infinity where there are no prices. Types that are
 * unsteady, as burstable machines are, do not count: instances of others must be free for what would be late on them.
 */
export function lightGapMs(context: PolicyContext, counts: Counts, { violation }: Times): number {
  const { meanMs, batchSizes, qosMs, percentile } = context
  const bins = batchSizes.length
  const mayMiss = (100 - percentile) / 100
  const isUnsteady = (t: number) =>
    batchSizes.some((_, k) => meanMs[t * bins + k] <= STEADY * qosMs && violation[t * bins + k] > mayMiss)
  const steady = counts.map((count, t) => (isUnsteady(t) ? 0 : count))
  const { price } = pricesOf(context, steady)
  const bound = steady.reduce((sum, count, t) => sum + count * price[t], 0)
  return 1000 / (LIGHT_RATE * bound)
}
