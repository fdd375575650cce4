import { instancesOf } from '../model/fleet/configuration.ts'
import { prepareBatched } from './batched.ts'
import { flowRule } from './flow.ts'
import { hasBatches } from './largest-batches.ts'
import type { Policy, PolicyContext, RuleFor } from './policy.ts'
import {
  lightLimits,
  longestLateMs,
  MISS_FACTOR,
  reducedCosts,
  relativePrices,
  speedsOf,
  type Times,
  timesOf,
} from './times.ts'

/** On more instances than this the flow decides instead of the matching: measured in docs/policy-measurements.md. */
const FLOW_ABOVE = 40

/**
 * Matching with the prices of the fluid bound (ours). The program of the configuration gives a price for each type and
 * one for a violation. A query of mean l and violation v costs (weight) l + 2 (price of a violation) v on a type; what
 * it costs more than on the cheapest type is its reduced cost, which is what a placement wastes. The matching minimises
 * the sum of reduced costs and of waiting for busy instances. A violation at twice its price gains up to 1%, most on
 * small fleets; four times its price gains no more.
 *
 * - The weight of a type, by which waiting costs too, is the geometric mean of its shares of the largest price and of
 *   the largest speed. Prices alone gain 1% more on the best configurations, but lose where one fast instance has to
 *   serve bursts that a fluid does not have.
 * - A pair is in time if it is so with the 95th percentile of its service time: the mean of a burstable machine says
 *   little about its tail. Then come the pairs that are in time with the 75th percentile, then all others, at one cost.
 * - A query that would be late on the idle instance it is matched with waits, if another instance can serve it in time
 *   after that instance's own matched query. Without this a machine that is late with every query takes some from the
 *   others: for dien one g4dn.xlarge with one t3.xlarge allows 49 queries a second with it, and 31 without it.
 * - Of more queries than instances those come first that have waited longer: one millisecond of waiting is worth one of
 *   service. Without this, and with costs that are not reduced, short queries overtake all others.
 * - The slowdown of each type is learned. If the table is 20% off, everything but the prices is right again after some
 *   hundred queries.
 * - Under light load, where dear instances need not be kept free, a query starts where it finishes first.
 * - Late queries yield: they are not among the 2N that are matched, and start after the others have chosen.
 *
 * On more than 40 instances a flow between types decides: see flow.ts. With batches: see batched.ts.
 *
 * docs/architecture.md, "What was tried and rejected", lists what did not help.
 */
export const priced: Policy = {
  name: 'priced',
  summary: 'matching by the prices of the fluid bound; late queries yield',
  byCounts: true,
  prepare(context) {
    const times = timesOf(context)
    if (hasBatches(context)) return prepareBatched(context, times)
    const matching = prepareMatching(context, times)
    return (counts) =>
      instancesOf(counts) > FLOW_ABOVE ? flowRule(context, times, counts) : matching(counts)
  },
}

/** What a pair costs, in QoS: one that is in time by the loose guard only, and one that is late by both guards. */
const LOOSE_COST = 5
const MISS_COST = 10

/** The rule of small fleets. */
function prepareMatching(context: PolicyContext, all: Times): RuleFor {
  const { violation, ...times } = all
  const { qosMs } = context
  const fixed = {
    kind: 'priced',
    ...times,
    qosMs,
    looseCost: LOOSE_COST * qosMs,
    missCost: MISS_COST * qosMs,
  } as const
  return (counts) => {
    const { share, missPrice } = relativePrices(context, counts)
    const weight = speedsOf(context, counts).map((speed, t) => {
      if (counts[t] === 0) return 0
      return share ? Math.sqrt(share[t] * speed) : speed
    })
    return {
      ...fixed,
      weight,
      reducedCost: reducedCosts(context, counts, weight, violation, MISS_FACTOR * missPrice),
      longestLateMs: longestLateMs(context, counts),
      ...lightLimits(context, counts, all),
    }
  }
}
