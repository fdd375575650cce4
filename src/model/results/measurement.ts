/** The samples of one bin of one instance type, measured on a live server. */
export interface MeasuredBin {
  readonly type: string
  readonly batchSize: number
  /** In the order in which they were measured, ms. */
  readonly samplesMs: readonly number[]
}
