/** How the queries of a run end: the record of each, and the counts over all. */
import { build } from 'hdr-histogram-js'
import type { Progress } from '../../model/progress.ts'
import type { Trace } from '../../model/trace/trace.ts'
import type { CallFailure } from '../grpc/client/remote-method.ts'
import { describeError } from '../grpc/status.ts'
import type { Outcome } from './batch-sender.ts'
import type { Recording } from './recording.ts'

/** The state of a run. */
export interface DistributeProgress extends Progress {
  /** Queries that ended: answered or failed. */
  readonly done: number
  readonly sent: number
  readonly inFlight: number
  readonly waiting: number
  /** The 99th percentile of latency so far, ms; 0 before the first answer. */
  readonly p99Ms: number
}

/**
 * The queries of a run that were sent. Times are ms from the start of the trace.
 *
 * @param recording gets the start and the end of each query
 */
export function createTally({ arrivalMs }: Trace, qosMs: number, recording: Recording) {
  const { startMs, finishMs, exeMs, instance, failures } = recording
  const latencies = build({ useWebAssembly: false })
  let inFlight = 0
  let done = 0
  let late = 0

  function answered(query: number, nowMs: number, serviceMs: number): void {
    const latencyMs = nowMs - arrivalMs[query]
    finishMs[query] = nowMs
    exeMs[query] = serviceMs
    latencies.recordValue(Math.max(0, Math.round(1000 * latencyMs)))
    if (latencyMs > qosMs) late++
  }

  function failed(query: number, slot: number, error: CallFailure): void {
    failures.push({ query, instance: slot, reason: describeError(error) })
    late++
  }

  return {
    /** Queries that ended, and those of them that failed or missed the target. */
    get done() {
      return done
    },
    get late() {
      return late
    },
    /** Queries are sent together to a slot. */
    begin(queries: readonly number[], slot: number, nowMs: number): void {
      for (const query of queries) {
        startMs[query] = nowMs
        instance[query] = slot
      }
      inFlight += queries.length
    },
    /** Queries have ended together. @param outcome their service time at the server, ms, or why they have failed */
    end(queries: readonly number[], slot: number, nowMs: number, outcome: Outcome): void {
      inFlight -= queries.length
      done += queries.length
      for (const query of queries) {
        if (typeof outcome === 'number') answered(query, nowMs, outcome)
        else failed(query, slot, outcome)
      }
    },
    /** @param waiting queries that have arrived and are not sent */
    progress(waiting: number): DistributeProgress {
      const p99Ms = latencies.getValueAtPercentile(99) / 1000
      return { total: arrivalMs.length, sent: done + inFlight, done, inFlight, waiting, p99Ms }
    },
  }
}
