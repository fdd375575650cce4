/** The figures of a trace. Times are on the clock of the trace. */
export interface TraceDescription {
  readonly queries: number
  /** From the first arrival to the last. */
  readonly durationMs: number
  /** Queries per second: one over the mean gap. Null where all arrivals are equal. */
  readonly rate: number | null
  /** Windows of equal length from the first arrival to the last; empty where there is no rate. */
  readonly rateOverTime: readonly RateWindow[]
  /** Mean of the gaps between arrivals; null where there is no rate. */
  readonly gapMeanMs: number | null
  /** Coefficient of variation of the gaps; null where there is no rate. */
  readonly gapCv: number | null
  /**
   * Burstiness by window length: the variance over the mean of the number of queries in a window. It is 1 at
   * every length for Poisson arrivals, and 0 for equal gaps. Lengths with too few windows are absent.
   */
  readonly indexOfDispersion: readonly Dispersion[]
  readonly sizes: {
    readonly min: number
    readonly mean: number
    readonly p50: number
    readonly p90: number
    readonly p99: number
    readonly max: number
  }
  /** Batch sizes above the previous step and up to this one; the counts sum to the queries. */
  readonly histogram: readonly SizeStep[]
}

/** The arrivals of one window of time. */
export interface RateWindow {
  readonly fromMs: number
  readonly toMs: number
  readonly queries: number
  /** Queries per second. */
  readonly rate: number
}

/** The index of dispersion of the counts in windows of one length: 1 for Poisson arrivals, more for bursts. */
export interface Dispersion {
  readonly windowMs: number
  readonly windows: number
  readonly index: number
}

/** A bar of the histogram of batch sizes: the queries above the previous bar and up to this size. */
export interface SizeStep {
  readonly upTo: number
  readonly count: number
  readonly share: number
}
