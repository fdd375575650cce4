/** The choice of a largest batch. Options have the `maxBatch` of a workload as JSON, and nothing for no batches. */
import type { Workload } from '../core.ts'
import { batchLimitText } from '../report/phrases.ts'

export function batchingValue({ batching }: Workload): string {
  return batching && batchLimitText(batching) ? JSON.stringify(batching.maxBatch) : ''
}

/** No batches, the sizes of the table that can hold two queries, largest first, and what the workload has. */
export function batchingOptions(workload: Workload): HTMLOptionElement[] {
  const { batchSizes } = workload.latency
  const sizes = Array.from(batchSizes).filter((size) => size >= 2 * batchSizes[0])
  const values = ['', ...sizes.reverse().map(String)]
  const given = batchingValue(workload)
  if (!values.includes(given)) values.splice(1, 0, given)
  return values.map(
    (value) => new Option(value ? batchLimitText({ maxBatch: JSON.parse(value) }) : 'none', value),
  )
}

/** The workload with the largest batch of an option. */
export function withBatching({ batching: _, ...workload }: Workload, value: string): Workload {
  return value ? { ...workload, batching: { maxBatch: JSON.parse(value) } } : workload
}
