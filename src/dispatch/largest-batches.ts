import type { BatchedRule } from '../kernel/rules.ts'
import { wholeSizes } from '../model/workload/batching.ts'
import type { PolicyContext } from './policy.ts'

/**
 * What a rule takes to form batches: K batch sizes as whole numbers, whose sums are exact, and in their unit T largest
 * totals of two or more queries, 0 for a type that serves one at a time.
 */
export function batchLimits({
  types,
  batchSizes,
  batchBins,
}: PolicyContext): Pick<BatchedRule, 'batchSize' | 'largest'> {
  const batchSize = wholeSizes(batchSizes)
  const largest = Float64Array.from(types, (_, t) => {
    const bin = batchBins?.[t] ?? -1
    return bin < 0 ? 0 : batchSize[bin]
  })
  return { batchSize, largest }
}

/** Whether two queries ever fit into one batch. */
export function hasBatches({ batchBins }: Pick<PolicyContext, 'batchBins'>): boolean {
  return batchBins?.some((bin) => bin >= 0) ?? false
}
