import { quantileMs } from '../../model/latency-table.ts'
import type { Workload } from '../../model/workload.ts'
import type { Lane, Request } from './attempt.ts'
import type { Job } from './job.ts'

/** A server in the plan. */
interface PlannedServer {
  /** When it is expected to be idle, ms on the clock of the router; in the past if it is idle. */
  readonly idleMs: number
  /** The cost of a millisecond, relative to that of the fastest server: 0 to 1. */
  readonly weight: number
  /** Service time of a bin, ms: a high quantile. */
  serviceMs(bin: number): number
}

interface PlannedQuery {
  readonly bin: number
  readonly arrivalMs: number
}

/**
 * When the last of the queries would be answered, ms; Infinity without a server. The plan puts each query, in order of
 * arrival, on the cheapest server that meets its target, or else on the one that finishes first. It approximates the
 * decisions that the dispatcher is going to take.
 */
export function plannedFinish(
  queries: readonly PlannedQuery[],
  servers: readonly PlannedServer[],
  targetMs: number,
  nowMs: number,
): number {
  const idleMs = Float64Array.from(servers, (server) => Math.max(server.idleMs, nowMs))
  let finishMs = Infinity
  for (const { bin, arrivalMs } of queries) {
    let cheapest = -1
    let leastCost = Infinity
    let first = -1
    let firstMs = Infinity
    for (let j = 0; j < servers.length; j++) {
      const doneMs = idleMs[j] + servers[j].serviceMs(bin)
      if (doneMs < firstMs) {
        firstMs = doneMs
        first = j
      }
      const cost = servers[j].weight * (doneMs - nowMs)
      if (doneMs - arrivalMs <= targetMs && cost < leastCost) {
        leastCost = cost
        cheapest = j
      }
    }
    if (first < 0) return Infinity
    const chosen = cheapest < 0 ? first : cheapest
    finishMs = idleMs[chosen] + servers[chosen].serviceMs(bin)
    idleMs[chosen] = finishMs
  }
  return finishMs
}

/** The quantile of service times in the plan. */
const PLANNED_QUANTILE = 0.95

/** The share of the target that is kept in reserve, as in the published matching. */
const MARGIN = 0.02

/** The expected latency of one more query. */
export interface ExpectedLatency {
  /** From its arrival, ms. */
  readonly latencyMs: number
  /** The largest latency that counts as in time, ms. */
  readonly limitMs: number
  readonly isLate: boolean
}

/** Computes the expected latency of a job behind the requests that wait, on the servers that are up. */
export function createLateness({ latency, qosMs }: Workload) {
  const bins = latency.batchSizes.length
  const plannedMs = Float64Array.from(latency.meanMs, (_, row) => quantileMs(latency, row, PLANNED_QUANTILE))
  const largestMs = ({ member, slowdown }: Lane) => slowdown * latency.meanMs[(member.type + 1) * bins - 1]
  const limitMs = (1 - MARGIN) * qosMs

  return (
    { arrivalMs }: Job,
    bin: number,
    waiting: Iterable<Request>,
    up: Iterable<Lane>,
    nowMs: number,
  ): ExpectedLatency => {
    const queries: PlannedQuery[] = Array.from(waiting, (request) => ({
      bin: request.bin,
      arrivalMs: request.job.arrivalMs,
    }))
    queries.push({ bin, arrivalMs })
    const lanes = [...up]
    const fastestMs = lanes.reduce((least, lane) => Math.min(least, largestMs(lane)), Infinity)
    const servers: PlannedServer[] = lanes.map((lane) => ({
      idleMs: lane.idleMs,
      weight: fastestMs / largestMs(lane),
      serviceMs: (bin) => lane.slowdown * plannedMs[lane.member.type * bins + bin],
    }))
    const latencyMs = plannedFinish(queries, servers, limitMs, nowMs) - arrivalMs
    return { latencyMs, limitMs, isLate: latencyMs > limitMs }
  }
}
