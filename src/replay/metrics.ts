import { allowedViolations, fewestQueries, type LatencySummary, summarise } from '../model/latencies.ts'
import { type QueueOverTime, queueOverTime, type Verdict, verdictOf } from './queue.ts'
import type { Replay } from './replay.ts'

export {
  allowedViolations,
  fewestQueries,
  type LatencySummary,
  percentileOf,
  summarise,
} from '../model/latencies.ts'

/** Which types served the queries of a range of batch sizes. */
export interface RangeShare {
  /** Batch sizes above `above` and up to `upTo`. */
  readonly above: number
  readonly upTo: number
  readonly queries: number
  /** T shares of these queries that each type served; they sum to 1 where there are queries. */
  readonly share: readonly number[]
}

/** The figures of a replay. Times run from the first arrival to the last finish. */
export interface ReplayMetrics {
  readonly policy: string
  readonly queries: number
  /** Latencies above QoS. */
  readonly violations: number
  /** Whether the percentile of the workload stays inside QoS. */
  readonly withinQos: boolean
  /** Queries a second. */
  readonly throughput: number
  readonly latencyMs: LatencySummary
  readonly decisions: number
  /** T shares of the time of a type's instances that they served; 0 for a type that is not there. */
  readonly utilisation: readonly number[]
  readonly byBatchSize: readonly RangeShare[]
  readonly queue: QueueOverTime
  readonly verdict: Verdict
  /** Whether there are too few queries for the percentile to mean anything: 100 are needed for the 99th. */
  readonly tooFewQueries: boolean
}

export interface MetricsOptions {
  /** Ranges of batch sizes of equal width, up to the largest that occurs; 10 by default. */
  readonly ranges?: number
  /** Intervals of the queue over time; 60 by default. */
  readonly intervals?: number
}

/** Sums a replay up. */
export function metricsOf(
  replay: Replay,
  { ranges = 10, intervals = 60 }: MetricsOptions = {},
): ReplayMetrics {
  const { arrivalMs, startMs, latencyMs, violations, percentile, lastFinishMs } = replay
  const queries = arrivalMs.length
  const spanMs = lastFinishMs - arrivalMs[0]
  return {
    policy: replay.policy,
    queries,
    violations,
    withinQos: violations <= allowedViolations(queries, percentile),
    throughput: (1000 * queries) / spanMs,
    latencyMs: summarise(latencyMs),
    decisions: replay.decisions,
    utilisation: replay.types.map((_, type) => utilisationOf(replay, type, spanMs)),
    byBatchSize: sharesOf(replay, ranges),
    queue: queueOverTime(arrivalMs, startMs, arrivalMs[0], lastFinishMs, intervals),
    verdict: verdictOf(arrivalMs, startMs, replay.instanceType.length),
    tooFewQueries: queries < fewestQueries(percentile),
  }
}

function utilisationOf({ counts, instanceType, busyMs }: Replay, type: number, spanMs: number): number {
  if (counts[type] === 0) return 0
  const busy = busyMs.reduce((sum, ms, instance) => (instanceType[instance] === type ? sum + ms : sum), 0)
  return busy / (counts[type] * spanMs)
}

function sharesOf({ types, batchSize, instance, instanceType }: Replay, ranges: number): RangeShare[] {
  const width = batchSize.reduce((most, size) => Math.max(most, size), 0) / ranges
  const served = new Float64Array(ranges * types.length)
  for (let query = 0; query < batchSize.length; query++) {
    const range = Math.min(Math.ceil(batchSize[query] / width), ranges) - 1
    served[range * types.length + instanceType[instance[query]]]++
  }
  return Array.from({ length: ranges }, (_, range) => {
    const byType = Array.from(served.subarray(range * types.length, (range + 1) * types.length))
    const queries = byType.reduce((sum, count) => sum + count, 0)
    const share = byType.map((count) => (queries > 0 ? count / queries : 0))
    return { above: range * width, upTo: (range + 1) * width, queries, share }
  })
}
