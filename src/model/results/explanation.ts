import type { Counts } from '../fleet/space.ts'

/** Adjacent bins of which a type gets the same share. */
export interface BinRange {
  /** Smallest and largest batch size, both bins included. */
  readonly from: number
  readonly to: number
  /** The share of their queries, 0 to 1. */
  readonly share: number
}

/** What one type contributes to the bound of a configuration. */
export interface TypeExplanation {
  readonly name: string
  readonly count: number
  /** Queries per second gained by one more instance: its bound, solved exactly, less this bound. */
  readonly oneMoreQps: number
  /** The same per dollar an hour that the instance costs. */
  readonly oneMoreQpsPerDollar: number
  /**
   * The dual of the bound: the gain per instance for a small share of one. A whole instance may gain much less;
   * it gains more only where the bound is 0.
   */
  readonly marginalQps: number
  /** The share of its time that the type is busy. */
  readonly utilisation: number
  /** The share of all queries that it serves. */
  readonly queries: number
  readonly bins: readonly BinRange[]
  /** Only with batching: the batches that it serves, by total size. */
  readonly batches?: readonly BatchShare[]
}

/** Queries that a type serves in batches of one size, or alone. */
export interface BatchShare {
  /** The total size of a batch, a bin. */
  readonly size: number
  /** Their share of the queries that the type serves, 0 to 1. */
  readonly queries: number
}

/** The optimal routing of one configuration, and what more of each resource would gain. */
export interface Explanation {
  readonly counts: Counts
  readonly costPerHour: number
  /** Queries per second; 0 where even the most careful routing misses the percentile. */
  readonly bound: number
  readonly types: readonly TypeExplanation[]
  readonly violations: {
    /** The share of queries that misses QoS under this routing. */
    readonly share: number
    /** The share that may miss QoS. */
    readonly allowed: number
    /**
     * Queries per second gained if one percentage point more may miss QoS, solved exactly; at percentiles below 51 the
     * gain down to the 50th, the lowest percentile.
     */
    readonly onePointMoreQps: number
    /** The dual: the gain per percentage point for a small share of one. */
    readonly marginalQpsPerPoint: number
  }
}
