import type { Counts } from '../model/fleet/space.ts'
import type { Policy, PolicyContext } from './policy.ts'

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
    const missCost = 10 * qosMs
    return {
      kind: 'matching',
      coefficient: publishedCoefficient(context, counts),
      guardMs: meanMs,
      qosMs,
      marginMs: 0.02 * qosMs,
      missCost,
      nearCost: missCost / 2,
    }
  },
}

/** A latency table says by a time of at least this many targets that a type cannot serve a batch. */
const UNABLE_TARGETS = 200

/**
 * T shares of the speed of the fastest type in use on the largest batch, or on the largest one that a type can serve: such a long
 * time says nothing of the speed on other batches.
 */
export function publishedCoefficient(
  { batchSizes, meanMs, qosMs }: PolicyContext,
  counts: Counts,
): Float64Array {
  const bins = batchSizes.length
  const used = Array.from(counts.keys()).filter((t) => counts[t] > 0)
  return Float64Array.from(counts, (_, t) => {
    const row = meanMs.subarray(t * bins, (t + 1) * bins)
    const able = row.findLastIndex((ms) => ms < UNABLE_TARGETS * qosMs)
    const bin = able < 0 ? bins - 1 : able
    return Math.min(...used.map((each) => meanMs[each * bins + bin])) / row[bin]
  })
}
