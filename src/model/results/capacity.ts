import type { ArrivalProcess } from '../workload/arrivals.ts'
import type { Service } from '../workload/service.ts'
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
  /** For each repetition a rate that is not sustained, at most 0.5% higher; the lowest one tried if the rate is 0. */
  readonly refused: readonly number[]
  /** The fluid bound of the sizes and service times that each repetition draws, queries per second; 0 for none. */
  readonly bounds: readonly number[]
  /** The share of these bounds, repetition by repetition; null where a repetition has no bound. */
  readonly ofBound: Estimate | null
  /** Queries of a repetition. */
  readonly queries: number
  /** Replays that the measurement took. */
  readonly replays: number
}

/** The allowable throughput under one policy, beside the bound and beside another policy. */
export interface PolicyCapacity extends Omit<AllowableThroughput, 'queries' | 'bounds' | 'ofBound'> {
  readonly policy: string
  /** The share of the bounds of the repetitions: their mean, and the half width of its 95% interval. */
  readonly shareOfBound: number
  readonly shareHalfWidth: number
  /** Whether it may equal the bound: the interval of the share includes 1, and is at most 5% to each side. */
  readonly atBound: boolean
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
  /** The mean fluid bound of the repetitions, queries per second: of the sizes and service times that they draw. */
  readonly bound: number
  readonly results: readonly PolicyCapacity[]
}
