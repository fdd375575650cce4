import { mean } from 'simple-statistics'
import type { BatchedRule } from '../kernel/rules.ts'
import type { Counts } from '../model/fleet/space.ts'
import { quantileMs } from '../model/workload/latency-table.ts'
import { publishedCoefficient } from './kairos.ts'
import { batchLimits } from './largest-batches.ts'
import type { PolicyContext } from './policy.ts'
import { pricesOf } from './prices.ts'
import { LEAST_SHARE, LIGHT_LOAD, lightGapMs, type Times } from './times.ts'

/**
 * The share of the violation budget that is given up; the rest is for queries that turn out late. Less costs up to 0.3% of the rate in
 * long replays (docs/batching-trials.md).
 */
const GIVEN_UP = 0.98

/** A type is fast if its largest batch takes at most this share of QoS; a bin that fits is served safely. */
const SAFE_SHARE = 0.8

/** The cost of time in a knapsack: its price times the factor, divided by 1 + the discount x the work ahead, in QoS. */
const TIME_FACTOR = { fast: 1.08, other: 1.37 }
const AHEAD_DISCOUNT = { fast: 0, other: 0.75 }

/**
 * Growth of a query's value with age: 1 + AGE_WORTH · (age / scale)^p. scale is QoS and p is 3; on a fast type scale is QoS - time of
 * the largest batch, at least LEAST_AGE · QoS, and p is 4.
 */
const AGE_WORTH = { fast: 5 / 16, other: 2.7 }
const LEAST_AGE = 0.4

/** The largest batch is short up to the first share of QoS, and long from the second on. */
const SHORT_SHARE = 0.25
const LONG_SHARE = 0.4

/**
 * Stagger bonus on a fast type: a batch that ends t1 after one batch and t2 before the next gains
 * STAGGER · price · t1 · t2 / (time of the largest batch). Zero if the largest batch is short, because queries are served soon then,
 * or above MOST_STAGGERED fast instances, where t1 and t2 are short.
 */
const STAGGER = 1.3
const MOST_STAGGERED = 16

/** The largest share by which a query may cost more on a type than on its best one, to count as cheap there. */
const MOST_EXCESS = 0.5

/** How much more an exclusive query is worth. */
const EXCLUSIVE_WORTH = 2

/**
 * The work ahead, as a share of QoS and by safe times, above which queries are given up; the second, by means, where there are
 * exclusive ones.
 */
const MOST_AHEAD = 0.69
const EXCLUSIVE_MOST_AHEAD = 0.75

/**
 * Where batches raise the bound by a smaller share, one saves little more than it delays. The query with the earliest latest
 * start starts then, and only queries join it that have waited for this share of QoS: while many wait.
 */
const LEAST_GAIN = 0.05
const JOIN_AGE = 0.4

/** The level of the service time by which a batch is in time; the second where batches raise the bound little. */
const SAFE = 0.97
const SAFE_OF_LITTLE_GAIN = 0.93

/** The most units of a knapsack: sizes of up to 256 items are exact. */
const MOST_UNITS = 256

/** The rule of `priced` with batches, by the prices of the fluid program with batches (docs/batching.md). */
export function prepareBatched(context: PolicyContext, times: Times): (counts: Counts) => BatchedRule {
  const { meanMs, batchSizes, probabilities, qosMs, percentile } = context
  const bins = batchSizes.length
  const { batchSize, largest } = batchLimits(context)
  const guardAt = (level: number) => meanMs.map((ms, cell) => Math.max(quantileMs(context, cell, level), ms))
  const usualGuardMs = guardAt(SAFE)
  const littleGainGuardMs = guardAt(SAFE_OF_LITTLE_GAIN)
  const fullBin = Int32Array.from(context.types, (_, t) => {
    const bin = context.batchBins?.[t] ?? -1
    return bin < 0 ? bins - 1 : bin
  })
  const fullMs = Float64Array.from(fullBin, (bin, t) => meanMs[t * bins + bin])
  const fullShare = Array.from(fullBin, (bin, t) => usualGuardMs[t * bins + bin] / qosMs)
  const isFast = fullShare.map((share) => share <= SAFE_SHARE)
  const perType = ({ fast, other }: { fast: number; other: number }) =>
    Float64Array.from(isFast, (is) => (is ? fast : other))
  const fixed = {
    ...({ kind: 'batched', qosMs, batchSize, largest } as const),
    lateShare: (GIVEN_UP * (100 - percentile)) / 100,
    unit: unitOf(batchSize, probabilities, Math.max(...largest)),
    isFast: perType({ fast: 1, other: 0 }),
    timeFactor: perType(TIME_FACTOR),
    aheadDiscount: perType(AHEAD_DISCOUNT),
    ageWorth: perType(AGE_WORTH),
    ageScale: Float64Array.from(fullShare, (share, t) =>
      isFast[t] ? 1 / Math.max(LEAST_AGE, 1 - share) : 1,
    ),
  }
  const alone = { ...context, batchBins: undefined }
  return (counts) => {
    const { price, violationPrice } = pricesOf(context, counts)
    // strong duality: prices times counts are the bound
    const boundAt = (prices: Float64Array) => counts.reduce((sum, count, t) => sum + count * prices[t], 0)
    const bound = boundAt(price)
    const gainsLittle = bound > 0 && bound < (1 + LEAST_GAIN) * boundAt(pricesOf(alone, counts).price)
    const guardMs = gainsLittle ? littleGainGuardMs : usualGuardMs
    const most = Math.max(0, ...price)
    // no routing keeps the percentile: there are no prices
    const weight =
      most === 0
        ? publishedCoefficient(context, counts)
        : Float64Array.from(price, (value) => Math.max(value / most, LEAST_SHARE))
    const missPrice = most === 0 ? 0 : violationPrice / most
    const used = Array.from(counts.keys()).filter((t) => counts[t] > 0)
    const fast = used.filter((t) => isFast[t])
    const isStaggered = fast.reduce((sum, t) => sum + counts[t], 0) <= MOST_STAGGERED
    const cost = modeCosts(context, weight, times.violation, missPrice)
    const perBin = (of: (k: number) => number) => Float64Array.from(batchSizes, (_, k) => of(k))
    const least = perBin((k) => Math.min(...used.map((t) => cost[t * bins + k])))
    const exclusive = exclusiveBins(context, counts, guardMs)
    const worth = perBin((k) => (exclusive[k] ? EXCLUSIVE_WORTH : 1) * least[k])
    return {
      ...fixed,
      guardMs,
      lightLoad: LIGHT_LOAD,
      lightGapMs: lightGapMs(context, counts, times),
      latestFirst: gainsLittle ? 1 : 0,
      joinAge: gainsLittle ? JOIN_AGE : 0,
      // of all queries that could miss instead, the dearest one saves most
      missWorth: Math.max(0, ...worth.filter((_, k) => probabilities[k] > 0)),
      weight: weight.map((value, t) => (counts[t] > 0 ? value : 1)),
      fullCost: weight.map((value, t) => value * fullMs[t]),
      stagger: weight.map((value, t) =>
        isFast[t] && isStaggered ? (STAGGER * lengthOf(fullShare[t]) * value) / fullMs[t] : 0,
      ),
      queryCost: least,
      worth,
      mostAhead: exclusive.includes(1)
        ? EXCLUSIVE_MOST_AHEAD
        : MOST_AHEAD * meanOverSafe(context, fast.length > 0 ? fast : used, guardMs),
      aloneMs: perBin((k) => Math.min(...used.map((t) => guardMs[t * bins + k]))),
      isCheap: cost.map((value, cell) => (value <= (1 + MOST_EXCESS) * least[cell % bins] ? 1 : 0)),
    }
  }
}

/** 0 if the largest batch of a type is short, 1 if it is long, linear in between. */
function lengthOf(shareOfQos: number): number {
  return Math.min(1, Math.max(0, (shareOfQos - SHORT_SHARE) / (LONG_SHARE - SHORT_SHARE)))
}

/** The mean time over the safe one, in the mean over all bins of some types; 1 without types. */
function meanOverSafe(
  { meanMs, batchSizes }: PolicyContext,
  types: readonly number[],
  guardMs: Float64Array,
): number {
  const bins = batchSizes.length
  const shares = types.flatMap((t) =>
    Array.from(batchSizes, (_, k) => meanMs[t * bins + k] / guardMs[t * bins + k]),
  )
  return shares.length > 0 ? mean(shares) : 1
}

/** T x K costs of a query on a type in its cheapest mode. */
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

/** 1 for a bin that a single instance alone serves safely: it is scarce. With more than one instance of its type it is not. */
function exclusiveBins(
  { batchSizes, qosMs }: PolicyContext,
  counts: Counts,
  guardMs: Float64Array,
): Float64Array {
  const bins = batchSizes.length
  return Float64Array.from(batchSizes, (_, k) => {
    const safe = counts.flatMap((count, t) =>
      count > 0 && guardMs[t * bins + k] <= SAFE_SHARE * qosMs ? [count] : [],
    )
    return safe.length === 1 && safe[0] === 1 ? 1 : 0
  })
}

/**
 * The unit of sizes in a knapsack: their greatest common divisor, unless the largest batch has too many units of it. Sizes are
 * rounded up then, and the unit is the one in which most queries of the mix fit into the largest batch.
 */
function unitOf(batchSize: Float64Array, probabilities: Float64Array, largest: number): number {
  const divisor = batchSize.reduce((a, b) => {
    while (b > 0) [a, b] = [b, a % b]
    return a
  })
  if (largest <= MOST_UNITS * divisor) return divisor
  const fitting = (unit: number) => {
    const mean = batchSize.reduce((sum, size, k) => sum + probabilities[k] * Math.ceil(size / unit), 0)
    return Math.floor(largest / unit) / mean
  }
  let best = largest / MOST_UNITS
  for (let units = MOST_UNITS - 1; units >= MOST_UNITS / 2; units--) {
    const unit = largest / units
    if (fitting(unit) > fitting(best)) best = unit
  }
  return best
}
