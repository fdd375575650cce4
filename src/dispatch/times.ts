import type { PricedRule } from '../kernel/rules.ts'
import { type Counts, typesInUse } from '../model/fleet/space.ts'
import { violationBudget } from '../model/results/latencies.ts'
import { exceedance, meanOfKnots, quantileMs } from '../model/workload/latency-table.ts'
import type { PolicyContext } from './policy.ts'
import { boundOfPrices, type Prices, pricesOf } from './prices.ts'

/** The quantile levels of the guard, and of the loose guard, which a pair that misses the first may still keep. */
const GUARD_LEVEL = 0.95
const LOOSE_GUARD_LEVEL = 0.75

/** The least share of the largest price. A type with a surplus has price 0, but its time is not free. */
const LEAST_SHARE = 0.02

/** Bursts cause violations that the fluid program does not have, so a violation costs this many times its price. */
export const MISS_FACTOR = 2

/** The share of the bound up to which arrivals may count as light load. */
const LIGHT_RATE = 0.25

/**
 * The share of weights that may be busy while queries start where they finish first: measured in
 * docs/policy-measurements.md.
 */
const LIGHT_LOAD = 0.5

/** A type is unsteady if a bin with a mean of at most this share of QoS misses the target more often than allowed. */
const STEADY = 0.7

/**
 * A late query does not start on an instance that takes more than the first number of times as long as the fastest
 * type, unless that is less than the second one times QoS for each instance of its type. Without this one late query
 * keeps a slow machine busy for long, which could serve others in time. Half or twice these numbers allow the same
 * rate, to 0.3% in the mean.
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

/** The guards, means of quantiles and probabilities of a miss of the latency table of a context. */
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
 * T shares of the speed of the fastest type in use on the largest batch, or on the largest one that a type can serve:
 * the time of one that it cannot serve says nothing of its speed on others.
 */
export function speedsOf({ batchSizes, meanMs, qosMs }: PolicyContext, counts: Counts): Float64Array {
  const bins = batchSizes.length
  const used = typesInUse(counts)
  return Float64Array.from(counts, (_, t) => {
    const row = meanMs.subarray(t * bins, (t + 1) * bins)
    const able = row.findLastIndex((ms) => ms < UNABLE_TARGETS * qosMs)
    const bin = able < 0 ? bins - 1 : able
    return Math.min(...used.map((each) => meanMs[each * bins + bin])) / row[bin]
  })
}

/** The prices of a configuration beside the largest of them. */
interface RelativePrices extends Prices {
  /** T shares of the largest price, at least LEAST_SHARE; undefined without prices: no routing keeps the percentile. */
  readonly share: Float64Array | undefined
  /** The violation price over the largest price; 0 where there are no prices. */
  readonly missPrice: number
}

/** The prices of T counts, and what they are beside the largest of them. */
export function relativePrices(context: PolicyContext, counts: Counts): RelativePrices {
  const prices = pricesOf(context, counts)
  const largest = Math.max(0, ...prices.price)
  if (largest === 0) return { ...prices, share: undefined, missPrice: 0 }
  const share = prices.price.map((value) => Math.max(value / largest, LEAST_SHARE))
  return { ...prices, share, missPrice: prices.violationPrice / largest }
}

/** K smallest values of the types in use, of T x K. */
export function leastInUse(values: Float64Array, counts: Counts): Float64Array {
  const bins = values.length / counts.length
  const used = typesInUse(counts)
  return Float64Array.from({ length: bins }, (_, k) => Math.min(...used.map((t) => values[t * bins + k])))
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
  const typeOf = (cell: number) => Math.floor(cell / bins)
  const cost = meanMs.map((ms, cell) => weight[typeOf(cell)] * ms + violation[cell] * missPrice)
  const least = leastInUse(cost, counts)
  return cost.map((value, cell) => (counts[typeOf(cell)] > 0 ? value - least[cell % bins] : 0))
}

/** T x K longest times that an instance gives to a late query, ms. */
export function longestLateMs({ meanMs, batchSizes, qosMs }: PolicyContext, counts: Counts): Float64Array {
  const bins = batchSizes.length
  const { timesFastest, ofQosPerInstance } = LONGEST_LATE
  const fastest = leastInUse(meanMs, counts)
  return meanMs.map((_, cell) =>
    Math.max(timesFastest * fastest[cell % bins], ofQosPerInstance * counts[Math.floor(cell / bins)] * qosMs),
  )
}

/**
 * Up to which load queries start where they finish first. The mean gap between arrivals is Infinity where there are no
 * prices. Unsteady types, such as burstable machines, do not count: others must be free for what would be late on them.
 */
export function lightLimits(
  context: PolicyContext,
  counts: Counts,
  { violation }: Times,
): Pick<PricedRule, 'lightLoad' | 'lightGapMs'> {
  const { meanMs, batchSizes, qosMs, percentile } = context
  const bins = batchSizes.length
  const mayMiss = violationBudget(percentile)
  const isUnsteady = (t: number) =>
    batchSizes.some((_, k) => meanMs[t * bins + k] <= STEADY * qosMs && violation[t * bins + k] > mayMiss)
  const steady = counts.map((count, t) => (isUnsteady(t) ? 0 : count))
  const bound = boundOfPrices(pricesOf(context, steady).price, steady)
  return { lightLoad: LIGHT_LOAD, lightGapMs: 1000 / (LIGHT_RATE * bound) }
}
