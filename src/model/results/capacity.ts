import type { ArrivalProcess } from '../arrivals.ts'
import type { Service } from '../service.ts'
import type { ConfigurationSummary } from './subject.ts'

/** A mean over repetitions with the half width of its 95% t-interval. */
export interface Estimate {
  readonly mean: number
  /** Infinity for a single repetition. */
  readonly halfWidth: number
}

/** The allowable throughput of a configuration, queries per second: the estimate over the repetitions. */
export interface AllowableThroughput extends Estimate {
  /** The allowable throughput of each repetition, in order of seeds. */
  readonly rates: readonly number[]
  /** For each repetition a rate, at most 0.5% higher, that is not sustained. */
  readonly refused: readonly number[]
  /** Replays that the measurement took. */
  readonly replays: number
}

/** The allowable throughput under one policy, beside the bound and beside another policy. */
export interface PolicyCapacity extends AllowableThroughput {
  readonly policy: string
  /** The mean as a share of the fluid bound. */
  readonly shareOfBound: number
  /** The ratio to the last policy, repetition by repetition; null where the last policy sustains no rate. */
  readonly ratio: Estimate | null
}

/** The allowable throughput of one configuration under several policies. */
export interface Capacity extends ConfigurationSummary {
  readonly service: Service
  readonly arrivals: ArrivalProcess
  readonly queries: number
  readonly repeats: number
  readonly seed: number
  /** The fluid bound, queries per second. */
  readonly bound: number
  readonly results: readonly PolicyCapacity[]
}
