import type { Counts } from '../model/fleet/space.ts'
import type { Policy, PolicyContext } from './policy.ts'

/** The published penalties, in QoS: of a pair that would miss the target, and of one that leaves less than MARGIN. */
const MISS_COST = 10
const NEAR_COST = MISS_COST / 2
/** The published margin, in QoS. */
const MARGIN = 0.02

/**
 * The published policy (Kairos, HPDC'23; docs/architecture.md, "Matching"): a minimum-cost assignment in which an
 * instance costs by how fast it would serve the largest queries, and a pair that would miss the target, or nearly so,
 * costs a penalty. A query that is already late is never penalised.
 */
export const kairos: Policy = {
  name: 'kairos',
  summary: 'minimum-cost matching of pending queries and instances (HPDC 2023)',
  prepare: (context) => (counts) => {
    const { meanMs, qosMs } = context
    return {
      kind: 'matching',
      coefficient: coefficientOf(context, counts),
      guardMs: meanMs,
      qosMs,
      marginMs: MARGIN * qosMs,
      missCost: MISS_COST * qosMs,
      nearCost: NEAR_COST * qosMs,
    }
  },
}

/** T shares of the speed of the fastest type in use on the largest batch. */
function coefficientOf({ batchSizes, meanMs }: PolicyContext, counts: Counts): Float64Array {
  const bins = batchSizes.length
  const largestMs = counts.map((_, t) => meanMs[(t + 1) * bins - 1])
  const fastestMs = Math.min(...largestMs.filter((_, t) => counts[t] > 0))
  return Float64Array.from(largestMs, (ms) => fastestMs / ms)
}
