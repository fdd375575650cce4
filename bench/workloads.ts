/** The five models, and their workloads with batches of any size. */
import type { Workload } from '../src/model/workload/workload.ts'

export const MODELS = ['rm2', 'ncf', 'wnd', 'mtwnd', 'dien'] as const

export function withBatches(workload: Workload): Workload {
  const { batchSizes } = workload.latency
  return { ...workload, batching: { maxBatch: batchSizes[batchSizes.length - 1] } }
}
