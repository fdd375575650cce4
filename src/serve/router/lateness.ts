import { largestBatchBins, MAX_BATCH_QUERIES } from '../../model/workload/batching.ts'
import { quantileMs } from '../../model/workload/latency-table.ts'
import { binOf, type Workload } from '../../model/workload/workload.ts'
import { LARGE_FLEET_SLOTS, type Request, type Slot } from './attempt.ts'
import type { Fleet } from './fleet.ts'
import type { Job } from './job.ts'
import { createPlanByType } from './plan-by-type.ts'

/** A server in the plan. */
interface PlannedServer {
  /** When it is expected to be idle, ms on the clock of the router; in the past if it is idle. */
  readonly idleMs: number
  /** The cost of a millisecond, relative to that of the fastest server: 0 to 1. */
  readonly weight: number
  /** Service time of a bin, ms: a high quantile. */
  serviceMs(bin: number): number
  /** The largest total of a batch of two or more queries; 0: it serves one at a time. */
  readonly largest: number
}

interface PlannedQuery {
  readonly bin: number
  readonly arrivalMs: number
}

/**
 * When the last of the queries would be answered, ms; Infinity without a server. The plan puts each query, in order of
 * arrival, on the cheapest server that meets its target, or else on the one that finishes first. It approximates the
 * decisions that the dispatcher is going to take.
 *
 * Where servers batch, the better of two plans counts: one without batches, and one in which a query joins the last batch of a
 * server wherever it fits and the oldest query of the batch stays in time.
 */
export function plannedFinish(
  queries: readonly PlannedQuery[],
  servers: readonly PlannedServer[],
  targetMs: number,
  nowMs: number,
  batchSizes: Float64Array,
): number {
  const plan = (joins: boolean) => finishOf(queries, servers, targetMs, nowMs, batchSizes, joins)
  return servers.some(({ largest }) => largest > 0) ? Math.min(plan(false), plan(true)) : plan(false)
}

function finishOf(
  queries: readonly PlannedQuery[],
  servers: readonly PlannedServer[],
  targetMs: number,
  nowMs: number,
  batchSizes: Float64Array,
  joins: boolean,
): number {
  const idleMs = Float64Array.from(servers, (server) => Math.max(server.idleMs, nowMs))
  /** Of the last planned batch of each server: its queries, its start, its total, and when its oldest query is late. */
  const queryCount = new Int32Array(servers.length)
  const startMs = new Float64Array(servers.length)
  const total = new Float64Array(servers.length)
  const limitMs = new Float64Array(servers.length)
  /** When a query would be done that joins the last batch; Infinity if it may not. */
  const joinedMs = (j: number, bin: number): number => {
    const sum = total[j] + batchSizes[bin]
    if (!joins || queryCount[j] === 0 || queryCount[j] === MAX_BATCH_QUERIES || sum > servers[j].largest)
      return Infinity
    const doneMs = startMs[j] + servers[j].serviceMs(binOf(batchSizes, sum))
    return doneMs <= limitMs[j] ? doneMs : Infinity
  }
  let finishMs = Infinity
  for (const { bin, arrivalMs } of queries) {
    let cheapest = -1
    let leastCost = Infinity
    let first = -1
    let firstMs = Infinity
    for (let j = 0; j < servers.length; j++) {
      const joined = joinedMs(j, bin)
      const doneMs = joined < Infinity ? joined : idleMs[j] + servers[j].serviceMs(bin)
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
    finishMs = joinedMs(chosen, bin)
    if (finishMs === Infinity) {
      finishMs = idleMs[chosen] + servers[chosen].serviceMs(bin)
      startMs[chosen] = idleMs[chosen]
      queryCount[chosen] = 0
      total[chosen] = 0
      limitMs[chosen] = arrivalMs + targetMs
    }
    queryCount[chosen]++
    total[chosen] += batchSizes[bin]
    idleMs[chosen] = finishMs
  }
  return finishMs
}

/** The quantile of service times in the plan. */
const PLANNED_QUANTILE = 0.95

/** The share of the target that is kept in reserve, as in the published matching. */
const MARGIN = 0.02

/**
 * The share of the target that is kept in reserve besides, if all requests are refused, and in proportion to the share that
 * is. While many are refused, a shorter queue keeps the servers as busy: those are accepted that stay in time even though the
 * router and its clients take longer than usual.
 */
const OVERLOAD_MARGIN = 0.35

/** The same for decisions: policies finish requests just before they are late, so requests count as older by this share. */
const OVERLOAD_AGE = 0.1

/** The expected latency of one more query. */
export interface ExpectedLatency {
  /** From its arrival, ms. */
  readonly latencyMs: number
  /** The largest latency that counts as in time, ms. */
  readonly limitMs: number
  readonly isLate: boolean
}

/** What a job would wait for. */
interface Waiting {
  /** The requests that wait already. */
  readonly requests: Iterable<Request>
  /** The slots of the servers that are up, and how many. */
  readonly fleet: Pick<Fleet, 'upSlots' | 'slots'>
  readonly nowMs: number
}

/** The expected latency of jobs behind the requests that wait, on the servers that are up. */
export interface Lateness {
  expected(job: Job, bin: number, before: Waiting): ExpectedLatency
  /** The job that was asked for last has been accepted. */
  accepted(): void
  /** The arrival of a request for decisions: earlier while many are refused. */
  countedArrivalMs(arrivalMs: number): number
}

/** @param refused the share of the requests that is refused for lateness */
export function createLateness(workload: Workload, refused: { readonly share: number }): Lateness {
  const { latency, qosMs, batching } = workload
  const { batchSizes } = latency
  const bins = batchSizes.length
  const largest = largestBatchBins(batching, latency.types, batchSizes)
  const plannedMs = Float64Array.from(latency.meanMs, (_, row) => quantileMs(latency, row, PLANNED_QUANTILE))
  const largestMs = ({ member, slowdown }: Slot) => slowdown * latency.meanMs[(member.type + 1) * bins - 1]
  const limitMs = (1 - MARGIN) * qosMs
  const planByType = createPlanByType(workload, plannedMs, limitMs)
  let isPlannedByType = false

  function serversOf(slots: readonly Slot[]): PlannedServer[] {
    const fastestMs = slots.reduce((least, slot) => Math.min(least, largestMs(slot)), Infinity)
    return slots.map((slot) => ({
      idleMs: slot.idleMs,
      weight: fastestMs / largestMs(slot),
      serviceMs: (bin) => slot.slowdown * plannedMs[slot.member.type * bins + bin],
      largest: largest[slot.member.type] < 0 ? 0 : batchSizes[largest[slot.member.type]],
    }))
  }

  function finishMs({ arrivalMs }: Job, bin: number, { requests, fleet, nowMs }: Waiting): number {
    const up = fleet.upSlots()
    if (isPlannedByType) return planByType.finishMs(bin, arrivalMs, requests, up, nowMs)
    const queries: PlannedQuery[] = Array.from(requests, (request) => ({
      bin: request.bin,
      arrivalMs: request.job.arrivalMs,
    }))
    queries.push({ bin, arrivalMs })
    return plannedFinish(queries, serversOf([...up]), limitMs, nowMs, batchSizes)
  }

  return {
    expected(job, bin, before) {
      isPlannedByType = before.fleet.slots > LARGE_FLEET_SLOTS
      const latencyMs = finishMs(job, bin, before) - job.arrivalMs
      const promisedMs = limitMs - OVERLOAD_MARGIN * refused.share * qosMs
      return { latencyMs, limitMs: promisedMs, isLate: latencyMs > promisedMs }
    },
    accepted() {
      if (isPlannedByType) planByType.accepted()
    },
    countedArrivalMs: (arrivalMs) => arrivalMs - OVERLOAD_AGE * refused.share * qosMs,
  }
}
