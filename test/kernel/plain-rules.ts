/** Rules whose numbers are plain ones, except for those that a test is about. */
import type { BatchedRule, FlowRule } from '../../src/kernel/rules.ts'

const filled = (like: Float64Array, value: number) => new Float64Array(like.length).fill(value)

/** Batches by worth: the load is never light, no query is given up, and a query is worth what it costs. */
export function batchedRule(
  given: Pick<BatchedRule, 'batchSize' | 'largest' | 'fullCost' | 'queryCost' | 'guardMs'> &
    Partial<BatchedRule>,
): BatchedRule {
  const { largest, queryCost, guardMs } = given
  return {
    ...({ kind: 'batched', qosMs: 20, unit: 10, inOrder: 0, joinAge: 0, missWorth: 0 } as const),
    ...{ lightLoad: -1, lightGapMs: 0, lateShare: 0.01, mostAhead: 1e9 },
    ...{ weight: filled(largest, 1), isFast: filled(largest, 1), timeFactor: filled(largest, 1) },
    ...{ aheadDiscount: filled(largest, 0), ageScale: filled(largest, 1), ageWorth: filled(largest, 0) },
    ...{ stagger: filled(largest, 0), worth: queryCost, aloneMs: filled(queryCost, 0) },
    ...{ longestLateMs: filled(guardMs, Infinity), isCheap: filled(guardMs, 1) },
    ...given,
  }
}

/** A flow: load is never light, no share may be late, all types cost the same, and times are those of the guard. */
export function flowRule(given: Pick<FlowRule, 'weight' | 'guardMs'> & Partial<FlowRule>): FlowRule {
  const { guardMs } = given
  return {
    ...({ kind: 'flow', qosMs: 100, lateShare: 0, lightLoad: -1, lightGapMs: 0 } as const),
    ...{ reducedCost: filled(guardMs, 0), looseGuardMs: guardMs, typicalMs: guardMs },
    ...given,
  }
}
