import { exceedance, meanOfKnots, quantileMs } from '../model/latency-table.ts'
import type { Counts } from '../model/space.ts'
import { publishedCoefficient } from './kairos.ts'
import type { Policy, PolicyContext } from './policy.ts'
import { pricesOf } from './prices.ts'

/** Levels of the service time that a pair has to meet its target with: a safe one, then a hopeful one. */
const SAFE = 0.95
const HOPEFUL = 0.75

/** Bursts cause violations that the fluid program does not have, so a violation costs this many times its price. */
const MISS_FACTOR = 2

/** The least share of the largest price. A type with a surplus has price 0, but its time is not free. */
const LEAST_SHARE = 0.02

/**
 * Matching with the prices of the fluid bound (ours). The program of the configuration gives a price u for each type
 * and w for a violation. A query costs l u + v w on a type; what it costs more than on the cheapest type is its reduced
 * cost, which is what a placement wastes. The matching minimises the sum of reduced costs. A violation at twice its
 * price gains up to 1%, most on small fleets; four times its price gains no more.
 *
 * - Waiting for an instance costs by the geometric mean of its type's share of the largest price and the published
 *   coefficient. Prices alone gain 1% more on the best configurations, but lose where one fast instance has to serve
 *   bursts that a fluid does not have.
 * - A pair is in time if it is so with the 95th percentile of its service time: the mean of a burstable machine says
 *   little about its tail. Then come the pairs that are in time with the 75th percentile, then all others, at one cost:
 *   a query that cannot be in time waits rather than starts.
 * - Of more queries than instances those come first that have waited longer: one millisecond of waiting is worth one of
 *   service. Without this, and with costs that are not reduced, short queries overtake all others.
 * - The slowdown of each type is learned. If the table is 20% off, everything but the prices is right again after some
 *   hundred queries.
 * - Late queries yield: they are not among the 2N that are matched, and start after the others have chosen.
 *
 * docs/architecture.md, "What was tried and rejected", lists what did not help.
 */
export const priced: Policy = {
  name: 'priced',
  summary: 'matching by the prices of the fluid bound; late queries yield',
  byCounts: true,
  prepare(context) {
    const { meanMs, qosMs } = context
    const missCost = 10 * qosMs
    const fixed = {
      kind: 'priced',
      guardMs: meanMs.map((_, cell) => quantileMs(context, cell, SAFE)),
      lastGuardMs: meanMs.map((_, cell) => quantileMs(context, cell, HOPEFUL)),
      // if all quantiles are 0 only the mean is known
      typicalMs: meanMs.map((ms, cell) => meanOfKnots(context, cell) || ms),
      qosMs,
      nearCost: missCost / 2,
      missCost,
    } as const
    const violation = meanMs.map((_, cell) => exceedance(context, cell, qosMs))
    return (counts) => {
      const { price, violationPrice } = pricesOf(context, counts)
      const largest = Math.max(0, ...price)
      const weight = publishedCoefficient(context, counts).map((share, t) => {
        if (counts[t] === 0) return 0
        // if no routing keeps the percentile there are no prices
        return largest === 0 ? share : Math.sqrt(Math.max(price[t] / largest, LEAST_SHARE) * share)
      })
      const missPrice = largest === 0 ? 0 : (MISS_FACTOR * violationPrice) / largest
      const reducedCost = reducedCosts(context, counts, weight, violation, missPrice)
      return { ...fixed, weight, reducedCost }
    }
  },
}

/** T x K costs less that of the cheapest type in use; 0 for a type that is not in use. */
function reducedCosts(
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
