import type { Counts } from '../fleet/space.ts'
import type { Service } from '../workload/service.ts'
import type { WorkloadSummary } from '../workload/workload.ts'
import type { LatencySummary } from './latencies.ts'
import type { ConfigurationSummary } from './subject.ts'

/** Which instance served each query, and when. Arrays by query are in order of arrival; times are in ms. */
export interface Schedule {
  readonly instance: Int32Array
  readonly startMs: Float64Array
  readonly finishMs: Float64Array
  /** Only with batching: queries of one batch have the same number, which grows with the start. */
  readonly batch?: Int32Array
}

/** A trace that was served by a configuration under a policy. */
export interface ServedTrace extends Schedule, ConfigurationSummary {
  readonly policy: string
  readonly arrivalMs: Float64Array
  readonly batchSize: Float64Array
  /** The type of each instance. */
  readonly instanceType: Int32Array
  /** From arrival to finish. */
  readonly latencyMs: Float64Array
  /** The busy time of each instance. */
  readonly busyMs: Float64Array
  /** Given where two queries may be a batch: few items may wait after the last arrival then. */
  readonly formsBatches?: true
  /** How many latencies exceed QoS. */
  readonly violations: number
  readonly decisions: number
  readonly lastFinishMs: number
}

/** The outcome of a trace in virtual time. */
export interface Replay extends ServedTrace {
  readonly service: Service
}

/** Which types served the queries of a range of batch sizes. */
export interface RangeShare {
  /** Batch sizes above `above` and up to `upTo`. */
  readonly above: number
  readonly upTo: number
  readonly queries: number
  /** By type: its share of these queries. The shares sum to 1 where there are queries. */
  readonly share: readonly number[]
}

/** The number of waiting queries over time: average and maximum of each of S intervals. */
export interface QueueOverTime {
  /** S + 1 limits of the intervals, ms. */
  readonly edgesMs: Float64Array
  /** S averages over time. */
  readonly mean: Float64Array
  /** S maxima. */
  readonly most: Float64Array
}

/** Whether the queue stays short, was long for a while, or grows until the end of the trace. */
export type Verdict = 'stable' | 'backlogged' | 'overloaded'

/** The figures of a replay. Times run from the first arrival to the last finish. */
export interface ReplayMetrics {
  readonly policy: string
  readonly queries: number
  /** How many latencies exceed QoS. */
  readonly violations: number
  /** Whether the percentile of latency is within QoS. */
  readonly withinQos: boolean
  /** Queries per second. */
  readonly throughput: number
  readonly latencyMs: LatencySummary
  readonly decisions: number
  /** By type: the share of time that its instances are busy; 0 for a type without instances. */
  readonly utilisation: readonly number[]
  readonly byBatchSize: readonly RangeShare[]
  readonly queue: QueueOverTime
  readonly verdict: Verdict
  /** Whether there are too few queries for the percentile: the 99th needs 100. */
  readonly tooFewQueries: boolean
}

/** The figures of a replay without those by batch size and over time: a few hundred bytes. */
export interface ReplayFigures extends Omit<ReplayMetrics, 'byBatchSize' | 'queue'> {
  /** The arrival rate, queries per second; null where all arrivals are equal. */
  readonly rate: number | null
}

/** One of many replays: what was replayed, and its figures. */
export interface ReplayRow extends ReplayFigures {
  /** The file of the trace; null for generated queries. */
  readonly trace: string | null
  readonly counts: Counts
  readonly seed: number
}

/** Every trace on every configuration under every policy with every seed. */
export interface ReplayRows extends WorkloadSummary {
  readonly types: readonly string[]
  /** The slots of an instance of each type, unless all have one. */
  readonly slots?: readonly number[] | undefined
  readonly service: Service
  /** By trace, then configuration, then policy, then seed. */
  readonly rows: readonly ReplayRow[]
}

/** Replays of one trace on one configuration under several policies. */
export interface ReplayComparison extends ConfigurationSummary {
  readonly service: Service
  readonly seed: number
  /** The arrival rate, queries per second; null where all arrivals are equal. */
  readonly rate: number | null
  /** One row per policy. */
  readonly rows: readonly PolicyReplay[]
}

/** The figures of a replay of one of several policies. */
export interface PolicyReplay extends ReplayMetrics {
  /** Wall-clock time of the replay, where requested. */
  readonly elapsedMs?: number
}
