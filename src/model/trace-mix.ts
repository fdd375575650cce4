import { checkTrace, type Trace } from './trace.ts'
import type { Mix } from './workload.ts'

/**
 * The mix of a trace: every batch size that it has, with the share of its queries.
 *
 * @throws KairosError BAD_MODEL for what is no trace
 */
export function mixOfTrace(trace: Trace): Mix {
  checkTrace(trace)
  const { batchSize } = trace
  const queries = new Map<number, number>()
  for (const size of batchSize) queries.set(size, (queries.get(size) ?? 0) + 1)
  const sizes = [...queries.keys()].sort((a, b) => a - b)
  return {
    batchSizes: Float64Array.from(sizes),
    probabilities: Float64Array.from(sizes, (size) => queries.get(size)! / batchSize.length),
  }
}
