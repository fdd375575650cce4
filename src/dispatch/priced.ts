import { exceedance, meanOfKnots, quantileMs } from '../model/latency-table.ts'
import type { Counts } from '../model/space.ts'
import { publishedCoefficient } from './kairos.ts'
import type { Policy, PolicyContext } from './policy.ts'
import { pricesOf } from './prices.ts'

/** A pair is safe with the first of these quantiles of its service time, and hopeful with the second. */
const SAFE = 0.95
const HOPEFUL = 0.75

/** Bursts miss what a fluid does not: a violation costs so many times its price there. */
const MISS_FACTOR = 2

/** A type that has a surplus has no price; time on it is still not for nothing. */
const LEAST_SHARE = 0.02

/**
 * Matching by what time is worth (ours). The fluid bound of the configuration has a price for each type and
 * one for a violation; l u + v w is what a query costs on a type, and what exceeds the least of all types is
 * its reduced cost: what a placement wastes. A matching minimises it. Twice the price of a violation gains up
 * to a percent, most where few machines serve; four times gains no more.
 *
 * - Waiting for an instance costs by the geometric mean of its type's price, as a share of the largest, and of
 *   the published coefficient. Prices alone gain a percent more on the best configurations, and lose where a
 *   single fast instance has to take bursts that a fluid does not have.
 * - A pair is in time if it is with the 95th percentile of its service time: a burstable machine's mean says
 *   little about its tail. Behind such pairs come those in time with the 75th, and then all others alike: a
 *   query that cannot be in time waits rather than starts.
 * - Among more queries than instances, those that have waited longer come first, a millisecond for one; without
 *   it, and with costs that are not reduced, short queries overtake all others.
 * - What a type really takes is learned as it serves: where the table is 20% off, all but the prices are right
 *   again after some hundred queries.
 * - Queries that are late stand aside: they are neither counted among the 2N that are looked at, nor start
 *   before the others have chosen.
 *
 * What did not help: penalties in proportion to the probability of a miss or to the lateness (they start lost
 * queries early), other percentiles and penalties, prices of a program with a tighter target, holding idle
 * instances back (a query that a fast one can still serve in time waits for it: mtwnd on 1 g4dn.xlarge and 1
 * t3.xlarge gains 44%, 2,0,7,2 loses 4% and wnd on 1,0,5,6 loses 18%), more or less weight on waiting, and more weight for queries with less time to lose (rm2
 * gains a percent, the others lose as much). The time that a busy instance still takes, given that it runs so
 * long already, gains a quarter of a percent, which is not worth its tables.
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
      // where all quantiles are 0 the mean is all that is known
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
        // no routing keeps the percentile: there are no prices
        return largest === 0 ? share : Math.sqrt(Math.max(price[t] / largest, LEAST_SHARE) * share)
      })
      const missPrice = largest === 0 ? 0 : (MISS_FACTOR * violationPrice) / largest
      const reducedCost = reducedCosts(context, counts, weight, violation, missPrice)
      return { ...fixed, weight, reducedCost }
    }
  },
}

/** T x K costs above those of the best type in use; 0 for a type that is not in use. */
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
