import type { LatencySummary } from './latencies.ts'
import type { ServedTrace } from './replay.ts'

/** A query that was not answered. */
export interface Failure {
  readonly query: number
  readonly instance: number
  readonly reason: string
}

/** A request in place of several queries that a server refused; they were sent again in parts. */
export interface RefusedBatch {
  readonly instance: number
  readonly items: number
  readonly reason: string
}

/** A server that did not answer a query: none was sent to it until it could serve again. */
export interface LostServer {
  /** The one that the query was sent to; a server with slots has several. */
  readonly instance: number
  /** ms from the start of the trace. */
  readonly atMs: number
  readonly reason: string
  /** When it was taken back, ms from the start of the trace; absent if it was not. */
  readonly backMs?: number
  /** Why it was not: what its last check has found, in the words of a router's log. Absent where no check has ended. */
  readonly problem?: string
}

/**
 * The answered queries of a trace that was sent to live servers. Times are on the clock of the trace; latency runs from
 * the scheduled arrival to the answer. An instance with slots has a number for each of them.
 */
export interface LiveRun extends ServedTrace {
  /** Queries that arrived: all, unless the run ended early. */
  readonly offered: number
  /** Whether it ended because more queries were late than the percentile allows. */
  readonly endedEarly: boolean
  /** The service time that the server reports for each query, ms; NaN where the protocol has none. */
  readonly exeMs: Float64Array
  /** The delay of the driver: from the scheduled arrival of each offered query to its arrival at the dispatcher, ms. */
  readonly lagMs: Float64Array
  /** The duration of each decision, ms. */
  readonly decisionMs: Float64Array
  readonly failures: readonly Failure[]
  readonly refusedBatches: readonly RefusedBatch[]
  readonly lostServers: readonly LostServer[]
  /** Whether the driver was late so often that the latencies say little about the servers. */
  readonly fellBehind: boolean
}

/** The figures that a live run and a replay of the same trace have in common. */
export interface LiveRunFigures {
  /** Queries that arrived: answered, failed and, where the run ended early, still open. */
  readonly queries: number
  readonly failed: number
  readonly violations: number
  /** The share of all queries that were answered within QoS, 0 to 1. */
  readonly insideQos: number
  /** Queries per second. */
  readonly throughput: number
  readonly latencyMs: LatencySummary
  /** By type: the share of time that its instances are busy. */
  readonly utilisation: readonly number[]
}

/** The summary of a live run, with the replay of the same trace where it was requested. */
export interface LiveRunSummary extends LiveRunFigures {
  readonly policy: string
  readonly decisions: number
  readonly decisionMs: LatencySummary
  readonly lagMs: LatencySummary
  readonly fellBehind: boolean
  readonly endedEarly: boolean
  /** Queries that waited or were under way when the run ended early, neither answered nor failed; 0 for a whole run. */
  readonly open: number
  /** In order of time; the replay has all servers all the time. */
  readonly lostServers: readonly (LostServer & { readonly address: string })[]
  /** What the published scripts print. */
  readonly published: {
    readonly instances: number
    readonly types: Readonly<Record<string, number>>
    /** Dollars per hour; absent where the price of a type is unknown. */
    readonly costPerHour?: number
    /** Percent of the queries whose waiting time plus service time is within QoS, as the scripts count. */
    readonly nonViolation: number
    readonly violation: number
    /** Queries per second until the last query is sent. */
    readonly throughput: number
  }
  readonly replay?: LiveRunFigures
  /** Live against replay: relative for the mean latency, percentage points for violations. */
  readonly difference?: { readonly meanLatency: number; readonly violationPoints: number }
}
