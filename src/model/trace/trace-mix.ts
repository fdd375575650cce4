import type { Mix } from '../workload/workload.ts'
import { checkTrace, type Trace } from './trace.ts'

/**
 * The mix of a trace: each of its batch sizes, with the share of queries of that size.
 *
 * @throws KairosError BAD_MODEL if it is not a valid trace
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
