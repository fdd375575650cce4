/**
 * What happened to the rows of an imported trace: `rows` = `kept` + `leftOut` + `droppedEmpty` +
 * `droppedZero` + `droppedBeyond` + `outsideWindow`. Rows left out or outside the window are counted nowhere else.
 */
export interface ConversionReport {
  readonly rows: number
  readonly kept: number
  /** Rows for which a condition does not hold. */
  readonly leftOut: number
  /** Kept rows whose batch size was lowered to the largest one. */
  readonly clamped: number
  /** Rows with an empty batch size. */
  readonly droppedEmpty: number
  /** Rows with a batch size of 0. */
  readonly droppedZero: number
  /** Rows with a batch size beyond the largest one. */
  readonly droppedBeyond: number
  readonly outsideWindow: number
  /** Kept rows that arrive before a kept row above them in the file; the trace is sorted. */
  readonly outOfOrder: number
  /** Whether the last line has no line end, so that its last number may be cut. */
  readonly lastLineOpen: boolean
  /** The instant of time 0 of the trace, such as 2026-11-18T09:30:00Z, where the file has dates. */
  readonly begin?: string | undefined
  /** The unit in which the first arrival is a time since 1970, where the given unit of arrivals is probably wrong. */
  readonly likelyUnit?: 'ms' | 's' | 'us' | 'ns' | undefined
  /** Kept rows that arrive at the same time as another one, where all arrivals are whole seconds and some are so. */
  readonly shareSecond?: number | undefined
}
