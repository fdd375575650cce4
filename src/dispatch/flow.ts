import type { FlowRule } from '../kernel/rules.ts'
import { instancesOf } from '../model/fleet/configuration.ts'
import type { Counts } from '../model/fleet/space.ts'
import type { PolicyContext } from './policy.ts'
import type { Prices } from './prices.ts'
import {
  leastInUse,
  lightLimits,
  MISS_FACTOR,
  reducedCosts,
  relativePrices,
  speedsOf,
  type Times,
} from './times.ts'

/** Of cells that the fluid program uses, more likely to be in time than not, the guard is at most this share of QoS. */
const RISK = 0.95

/**
 * The share of the allowed violations up to which late queries may make others late; the rest is for queries that turn
 * out late. In a small fleet bursts need more of it: there it is a hundredth for each instance.
 */
const MOST_GIVEN_UP = 0.95
const GIVEN_UP_BY_INSTANCE = 0.01

/** A routing is optimal if it costs no more than the best one by this share. */
const TIE = 1e-6

/**
 * The rule for large fleets: a flow of queries between types, at the prices of the fluid bound. Among many instances
 * bursts even out, so that the speeds of types are of no use. A violation costs more than its price: at the price
 * itself the cheapest routing has as many violations as the percentile allows, however low the load is, and what
 * waiting makes late comes on top. mtwnd on (6, 6, 0, 40) allows 1,437 queries a second at the price, 1,934 at twice.
 *
 * Where the fluid program serves a bin on a type that misses the target now and then, the 95th percentile would forbid
 * what the bound counts on. There the guard is cut to just below QoS: an instance that is idle takes such a query.
 */
export function flowRule(context: PolicyContext, times: Times, counts: Counts): FlowRule {
  const { qosMs, percentile } = context
  const prices = relativePrices(context, counts)
  const givenUp = Math.min(MOST_GIVEN_UP, GIVEN_UP_BY_INSTANCE * instancesOf(counts))
  const weight = prices.share ?? speedsOf(context, counts)
  const missPrice = MISS_FACTOR * prices.missPrice
  const isRisky = prices.share ? riskyCells(context, counts, prices, times) : () => false
  const guard = (ms: number, cell: number) => (isRisky(cell) ? Math.min(ms, RISK * qosMs) : ms)
  return {
    kind: 'flow',
    weight: weight.map((share, t) => (counts[t] > 0 ? share : 1)),
    reducedCost: reducedCosts(context, counts, weight, times.violation, missPrice),
    guardMs: times.guardMs.map(guard),
    looseGuardMs: times.looseGuardMs.map(guard),
    typicalMs: times.typicalMs,
    qosMs,
    lateShare: (givenUp * (100 - percentile)) / 100,
    ...lightLimits(context, counts, times),
  }
}

/** Cells of the best routing that may miss the target, but mostly do not. */
function riskyCells(
  { meanMs, batchSizes }: PolicyContext,
  counts: Counts,
  { price, violationPrice }: Prices,
  { violation }: Times,
): (cell: number) => boolean {
  const bins = batchSizes.length
  const cost = meanMs.map(
    (ms, cell) => price[Math.floor(cell / bins)] * ms + violation[cell] * violationPrice,
  )
  const least = leastInUse(cost, counts)
  return (cell) => {
    const isBest = cost[cell] <= least[cell % bins] * (1 + TIE)
    return isBest && violation[cell] > 0 && violation[cell] < 0.5
  }
}
