import { type Summary, summariseSorted } from '../../../model/workload/summary.ts'

/**
 * Summarises a measurement for a latency table. A sample is the inference time plus the load time at the same position,
 * ms. The largest sample is dropped, because it is the warm-up.
 */
export function summarise(inferenceMs: Float64Array, loadMs: Float64Array): Summary {
  const sorted = inferenceMs.map((ms, i) => ms + loadMs[i]).sort()
  return summariseSorted(sorted.subarray(0, sorted.length - 1))
}
