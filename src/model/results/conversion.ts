/** What happened to the rows of an imported trace: `rows` = `kept` + `droppedZero` + `droppedBeyond` + `outsideWindow`. */
export interface ConversionReport {
  readonly rows: number
  readonly kept: number
  /** Kept rows whose batch size was lowered to the largest one. */
  readonly clamped: number
  /** Rows with a batch size of 0. */
  readonly droppedZero: number
  /** Rows with a batch size beyond the largest one. */
  readonly droppedBeyond: number
  readonly outsideWindow: number
  /** Rows that arrive before an earlier row of the file; the trace is sorted. */
  readonly outOfOrder: number
  /** Whether the last line has no line end, so that its last number may be cut. */
  readonly lastLineOpen: boolean
}
