import type { Policy } from './policy.ts'

/**
 * The published policy (Kairos, HPDC'23; design, "Matching"): a minimum-cost assignment in which an instance
 * costs by how fast it would serve the largest queries, and a pair that would miss the target, or nearly so,
 * costs a penalty. A query that is already late is never penalised.
 */
export const kairos: Policy = {
  name: 'kairos',
  summary: 'minimum-cost matching of pending queries and instances (HPDC 2023)',
  rule: ({ counts, batchSizes, meanMs, qosMs }) => {
    const bins = batchSizes.length
    const largestMs = counts.map((_, t) => meanMs[(t + 1) * bins - 1])
    const fastestMs = Math.min(...largestMs.filter((_, t) => counts[t] > 0))
    const missCost = 10 * qosMs
    return {
      kind: 'matching',
      coefficient: Float64Array.from(largestMs, (ms) => fastestMs / ms),
      guardMs: meanMs,
      qosMs,
      marginMs: 0.02 * qosMs,
      missCost,
      nearCost: missCost / 2,
      latePenalty: 0,
    }
  },
}
