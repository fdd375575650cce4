import { mean } from 'simple-statistics'
import { type BatchedRule, MAX_UNITS } from '../kernel/rules.ts'
import { instancesOf } from '../model/fleet/configuration.ts'
import { type Counts, typesInUse } from '../model/fleet/space.ts'
import { greatestCommonDivisor } from '../model/greatest-common-divisor.ts'
import { violationBudget } from '../model/results/latencies.ts'
import { quantileMs } from '../model/workload/latency-table.ts'
import { batchLimits } from './largest-batches.ts'
import type { PolicyContext } from './policy.ts'
import { boundOfPrices, pricesOf } from './prices.ts'
import {
  leastInUse,
  lightLimits,
  longestLateMs,
  MISS_FACTOR,
  relativePrices,
  speedsOf,
  type Times,
} from './times.ts'

// Numbers of the rule, chosen by replays: docs/batching-trials.md has the effects of other numbers. A safe time is a
// quantile of the service time, at least the mean. The largest batch of a type that forms none is its largest query.

/**
 * The share of service times that exceed the safe time where 1% of queries may miss the target; the second where
 * batches raise the bound little. It grows with a power of the share that may miss, up to a half.
 */
const UNSAFE = 0.03
const UNSAFE_OF_LITTLE_GAIN = 0.07
const UNSAFE_POWER = 0.7

/**
 * The share of the violation budget up to which queries are given up; the rest is for queries that turn out late. Less
 * costs up to 0.3% of the rate in long replays.
 */
const GIVEN_UP = 0.98

/**
 * A type is fast if the safe time of its largest batch is at most this share of QoS. A type serves a bin safely if the
 * safe time of the bin is.
 */
const SAFE_SHARE = 0.8

/** The cost of time in a knapsack: its price x factor, over 1 + discount x the work ahead as a share of QoS. */
const TIME_FACTOR = { fast: 1.08, other: 1.37 }
const AHEAD_DISCOUNT = { fast: 0, other: 0.75 }

/**
 * A query of an age, as a share of QoS, is worth 1 + AGE_WORTH (age / room)^p as much in a knapsack. On a fast type p
 * is 4, and the room what the safe time of the largest batch leaves of QoS, at least LEAST_ROOM; on others 3 and 1.
 */
const AGE_WORTH = { fast: 5 / 16, other: 2.7 }
const LEAST_ROOM = 0.4

/**
 * On a fast type a batch that ends at x, between others that end at a and b, gains STAGGER · (x − a) (b − x) / T at the
 * price of its time, where T is the mean time of the largest batch. Above MOST_STAGGERED fast instances, whose ends are
 * near each other anyway, it gains nothing; nor where the safe time of the largest batch is at most SHORT_SHARE of QoS:
 * queries are served soon then. From there to LONG_SHARE the gain grows linearly.
 */
const STAGGER = 1.3
const MOST_STAGGERED = 16
const SHORT_SHARE = 0.25
const LONG_SHARE = 0.4

/**
 * A query is cheap on a type if it costs at most this share more than on its cheapest one. A pair of type and bin that
 * misses the target more often than queries may is used at a risk only, unless it is cheap with its misses at
 * MISS_FACTOR times their price; where batches raise the bound little, unless it is the cheapest then: there each type
 * starts what is most urgent, whatever it costs.
 */
const MOST_EXCESS = 0.5

/** How many times its price a query is worth if only one instance serves its bin safely: that instance is scarce. */
const SCARCE_WORTH = 2

/** The limit of the work ahead, as a share of QoS, by safe times; the second, by means, where an instance is scarce. */
const MOST_AHEAD = 0.69
const SCARCE_MOST_AHEAD = 0.75

/**
 * Where batches raise the bound by a smaller share, a batch saves little more than it delays. Batches are formed in
 * order then, and only queries that have waited for this share of QoS join one, which they do only where many wait.
 */
const LEAST_GAIN = 0.05
const JOIN_AGE = 0.4

/** The rule of `priced` with batches, by the prices of the fluid program with batches (docs/batched-policy.md). */
export function prepareBatched(context: PolicyContext, times: Times): (counts: Counts) => BatchedRule {
  const { meanMs, batchSizes, probabilities, qosMs, percentile } = context
  const bins = batchSizes.length
  const { batchSize, largest } = batchLimits(context)
  const mayMiss = violationBudget(percentile)
  const safeTimes = (unsafe: number) => {
    const level = Math.max(0.5, 1 - unsafe * (mayMiss / 0.01) ** UNSAFE_POWER)
    return meanMs.map((ms, cell) => Math.max(quantileMs(context, cell, level), ms))
  }
  const usualSafeMs = safeTimes(UNSAFE)
  const littleGainSafeMs = safeTimes(UNSAFE_OF_LITTLE_GAIN)
  const fullCell = Array.from(context.types, (_, t) => {
    const bin = context.batchBins?.[t] ?? -1
    return t * bins + (bin < 0 ? bins - 1 : bin)
  })
  const fullShare = fullCell.map((cell) => usualSafeMs[cell] / qosMs)
  const isFast = fullShare.map((share) => share <= SAFE_SHARE)
  const perType = ({ fast, other }: { fast: number; other: number }) =>
    Float64Array.from(isFast, (is) => (is ? fast : other))
  const fixed = {
    ...({ kind: 'batched', qosMs, batchSize, largest } as const),
    lateShare: GIVEN_UP * mayMiss,
    unit: unitOf(batchSize, probabilities, Math.max(...largest)),
    isFast: perType({ fast: 1, other: 0 }),
    timeFactor: perType(TIME_FACTOR),
    aheadDiscount: perType(AHEAD_DISCOUNT),
    ageWorth: perType(AGE_WORTH),
    ageScale: Float64Array.from(fullShare, (share, t) =>
      isFast[t] ? 1 / Math.max(LEAST_ROOM, 1 - share) : 1,
    ),
  }
  return (counts) => {
    const { price, share, missPrice } = relativePrices(context, counts)
    const gainsLittle = batchesGainLittle(context, counts, price)
    const safeMs = gainsLittle ? littleGainSafeMs : usualSafeMs
    const weight = share ?? speedsOf(context, counts)
    const used = typesInUse(counts)
    const fast = used.filter((t) => isFast[t])
    const isStaggered = fast.reduce((sum, t) => sum + counts[t], 0) <= MOST_STAGGERED
    const cost = modeCosts(context, weight, times.violation, missPrice)
    const queryCost = leastInUse(cost, counts)
    const riskCost = modeCosts(context, weight, times.violation, MISS_FACTOR * missPrice)
    const leastRisk = leastInUse(riskCost, counts)
    const mostRisk = gainsLittle ? 1 : 1 + MOST_EXCESS
    const isAtRisk = (cell: number) =>
      times.violation[cell] > mayMiss && riskCost[cell] > mostRisk * leastRisk[cell % bins]
    const guardMs = safeMs.map((ms, cell) => (isAtRisk(cell) ? Infinity : ms))
    const isScarce = scarceBins(context, counts, guardMs)
    const worth = queryCost.map((least, k) => (isScarce[k] ? SCARCE_WORTH : 1) * least)
    return {
      ...fixed,
      guardMs,
      ...lightLimits(context, counts, times),
      inOrder: gainsLittle ? 1 : 0,
      joinAge: gainsLittle ? JOIN_AGE : 0,
      // of all queries that could miss instead, the dearest one saves most
      missWorth: Math.max(0, ...worth.filter((_, k) => probabilities[k] > 0)),
      weight: weight.map((value, t) => (counts[t] > 0 ? value : 1)),
      fullCost: weight.map((value, t) => value * meanMs[fullCell[t]]),
      stagger: weight.map((value, t) =>
        isFast[t] && isStaggered ? (STAGGER * lengthOf(fullShare[t]) * value) / meanMs[fullCell[t]] : 0,
      ),
      queryCost,
      worth,
      mostAhead: isScarce.includes(true)
        ? SCARCE_MOST_AHEAD
        : MOST_AHEAD * meanOverSafe(context, fast.length > 0 ? fast : used, safeMs),
      aloneMs: leastInUse(guardMs, counts),
      longestLateMs: longestLateMs(context, counts),
      isCheap: cost.map((value, cell) => (value <= (1 + MOST_EXCESS) * queryCost[cell % bins] ? 1 : 0)),
    }
  }
}

/** Whether batches raise the bound of a configuration by less than LEAST_GAIN, by its prices with batches. */
function batchesGainLittle(context: PolicyContext, counts: Counts, price: Float64Array): boolean {
  const bound = boundOfPrices(price, counts)
  const alone = pricesOf({ ...context, batchBins: undefined }, counts)
  return bound > 0 && bound < (1 + LEAST_GAIN) * boundOfPrices(alone.price, counts)
}

/** 0 if the largest batch of a type is short, 1 if it is long, linear in between. */
function lengthOf(shareOfQos: number): number {
  return Math.min(1, Math.max(0, (shareOfQos - SHORT_SHARE) / (LONG_SHARE - SHORT_SHARE)))
}

/** The ratio of mean and safe time, in the mean over all bins of some types; 1 without types. */
function meanOverSafe(
  { meanMs, batchSizes }: PolicyContext,
  types: readonly number[],
  safeMs: Float64Array,
): number {
  const bins = batchSizes.length
  const shares = types.flatMap((t) =>
    Array.from(batchSizes, (_, k) => meanMs[t * bins + k] / safeMs[t * bins + k]),
  )
  return shares.length > 0 ? mean(shares) : 1
}

/** T x K costs of a query on a type in its cheapest mode: alone, or by its share of a batch. */
function modeCosts(
  { types, batchSizes, meanMs, batchBins }: PolicyContext,
  weight: Float64Array,
  violation: Float64Array,
  missPrice: number,
): Float64Array {
  const bins = batchSizes.length
  const cost = new Float64Array(types.length * bins)
  types.forEach((_, t) => {
    const row = t * bins
    for (let k = 0; k < bins; k++) {
      let least = weight[t] * meanMs[row + k] + violation[row + k] * missPrice
      for (let bin = k + 1; bin <= (batchBins?.[t] ?? -1); bin++) {
        const ms = (meanMs[row + bin] * batchSizes[k]) / batchSizes[bin]
        least = Math.min(least, weight[t] * ms + violation[row + bin] * missPrice)
      }
      cost[row + k] = least
    }
  })
  return cost
}

/** By bin: whether a single instance only serves it safely. */
function scarceBins({ batchSizes, qosMs }: PolicyContext, counts: Counts, guardMs: Float64Array): boolean[] {
  const bins = batchSizes.length
  return Array.from(batchSizes, (_, k) => {
    const safe = counts.filter((_, t) => guardMs[t * bins + k] <= SAFE_SHARE * qosMs)
    return instancesOf(safe) === 1
  })
}

/**
 * The unit of sizes in a knapsack: their greatest common divisor, unless the largest batch has too many units of it.
 * Sizes are rounded up then. Of the units of which the largest batch has 128 to 256, it is the one in which most
 * queries of the mix fit.
 */
function unitOf(batchSize: Float64Array, probabilities: Float64Array, largest: number): number {
  const divisor = batchSize.reduce((a, b) => greatestCommonDivisor(a, b))
  if (largest <= MAX_UNITS * divisor) return divisor
  const fitting = (unit: number) => {
    const meanUnits = batchSize.reduce((sum, size, k) => sum + probabilities[k] * Math.ceil(size / unit), 0)
    return Math.floor(largest / unit) / meanUnits
  }
  let best = largest / MAX_UNITS
  for (let units = MAX_UNITS - 1; units >= MAX_UNITS / 2; units--) {
    const unit = largest / units
    if (fitting(unit) > fitting(best)) best = unit
  }
  return best
}
