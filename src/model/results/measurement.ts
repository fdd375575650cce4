import type { LatencyTable } from '../workload/latency-table.ts'

/** One sample of every size, of one instance type: the sizes are mixed, as in traffic. */
export interface MeasuredRound {
  readonly type: string
  /** A time for each size, in the order of the sizes, ms. */
  readonly samplesMs: readonly number[]
}

/** What was measured on live servers. */
export interface Measurement {
  readonly latency: LatencyTable
  /**
   * What the client itself takes for each size, ms: the median round trip of the same requests to a server of this
   * process that answers at once. Empty if it was not measured.
   */
  readonly clientMs: Float64Array
  /** The largest total of requests that a server served as one batch, by type; absent for types without batches. */
  readonly maxBatch: Readonly<Record<string, number>>
}
