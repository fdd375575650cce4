/** How a run behaved over time: one value for each of S intervals. */
export interface RunOverTime {
  readonly policy: string
  /** S + 1 limits of the intervals, ms. */
  readonly edgesMs: Float64Array
  /** The share of the queries that arrived in the interval and missed QoS, 0 to 1. */
  readonly lateShare: Float64Array
  /** By type, the share of the interval that its instances are busy. */
  readonly utilisation: readonly Float64Array[]
}

/** The tail of latency at one arrival rate. */
export interface RatePoint {
  /** Queries per second. */
  readonly rate: number
  /** The percentile of latency that the target is about, ms. */
  readonly tailMs: number
  readonly violations: number
}

/** The tail of latency at rising rates, under one policy. */
export interface RateSweep {
  readonly policy: string
  readonly points: readonly RatePoint[]
}
