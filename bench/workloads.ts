import type { Workload } from '../src/model/workload/workload.ts'

/** The published models, whose workloads are shipped. */
export const MODELS = ['rm2', 'ncf', 'wnd', 'mtwnd', 'dien'] as const

/** A workload whose batches may be as large as its table goes. */
export function withBatches(workload: Workload): Workload {
  const { batchSizes } = workload.latency
  return { ...workload, batching: { maxBatch: batchSizes[batchSizes.length - 1] } }
}
