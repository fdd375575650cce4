import { type Summary, summariseSorted } from '../../../model/summary.ts'

/**
 * What a latency table keeps of a measurement: a sample is inference time plus load time, position by
 * position, ms; the single largest is dropped, as it is the warm-up.
 */
export function summarise(inferenceMs: Float64Array, loadMs: Float64Array): Summary {
  const sorted = inferenceMs.map((ms, i) => ms + loadMs[i]).sort()
  return summariseSorted(sorted.subarray(0, sorted.length - 1))
}
