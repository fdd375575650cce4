/** Which requests are accepted. */

import { violationBudget } from '../../../model/results/latencies.ts'
import { largestBin } from '../../../model/workload/latency-table.ts'
import type { Workload } from '../../../model/workload/workload.ts'
import type { Clock } from '../../clock.ts'
import { status } from '../../grpc/status.ts'
import type { RefusalReason } from '../events.ts'
import type { Job } from '../job.ts'
import type { ExpectedLatency } from './lateness.ts'
import type { RefusedShare } from './refused-share.ts'

export interface PoolLimits {
  /** Requests that may wait. */
  readonly queue: number
  /** `target`: a request that is expected to miss the target is refused once too many have; `all`: it is not. */
  readonly admission: 'target' | 'all'
  /** The longest wait of a request, ms; by the admission rule unless given. */
  readonly maxWaitMs?: number | undefined
}

/**
 * The longest wait of a request, ms: twice the target, or, where requests are not refused for lateness, ten times the
 * target and five seconds at least.
 */
export function longestWaitOf(rule: PoolLimits['admission'], qosMs: number): number {
  return rule === 'target' ? 2 * qosMs : Math.max(10 * qosMs, 5_000)
}

/** A reason to refuse a request, with the status for its client. */
export interface Rejection {
  readonly code: status
  readonly reason: RefusalReason
  readonly details: string
}

/** The state of a pool when a request arrives. */
interface PoolState {
  readonly draining: boolean
  /** Servers, and those that get requests. */
  readonly servers: number
  readonly up: number
  /** Whether requests wait for a server where none is up. */
  readonly mayWaitForServer: boolean
  /** Requests that wait. */
  readonly waiting: number
}

export const DRAINING: Rejection = {
  code: status.UNAVAILABLE,
  reason: 'draining',
  details: 'the router is shutting down',
}

export function noServer(model: string, servers: number): Rejection {
  const why =
    servers === 0
      ? 'there is none; list one in the fleet of the router, or divide the fleet into fewer parts'
      : `${servers === 1 ? 'the only one is' : `all ${servers} are`} out; try again later, or see the log of the router`
  const details = `no server of "${model}" can serve: ${why}`
  return { code: status.UNAVAILABLE, reason: 'no-server', details }
}

const NO_BATCH_FIELD = 'the request has no number in the field that --batch-field of the router names'

/** After a server was taken out, requests that are late for that reason are accepted for this time, ms. */
const LATE_BY_LOSS_MS = 2_000

export type Admission = ReturnType<typeof createAdmission>

/** @param refused counts the requests that are refused for lateness */
export function createAdmission(workload: Workload, limits: PoolLimits, clock: Clock, refused: RefusedShare) {
  const { latency, qosMs, model } = workload
  const largest = largestBin(latency)
  const budget = createMissBudget(workload.percentile)
  const refusing = createRefusing(clock)
  const longestWaitMs = limits.maxWaitMs ?? longestWaitOf(limits.admission, qosMs)
  let lostServerMs = -Infinity

  function findObstacle({ batch, protocol }: Job, state: PoolState): Rejection | undefined {
    const { draining, servers, up, mayWaitForServer, waiting } = state
    if (draining) return DRAINING
    if (!(batch > 0 && batch <= largest)) {
      const details = Number.isNaN(batch)
        ? `the batch is unknown: ${protocol === 'custom' ? NO_BATCH_FIELD : 'the first input has no first dimension'}`
        : `a batch of ${batch} has no bin: batches above 0 and up to ${largest} are served`
      return { code: status.INVALID_ARGUMENT, reason: 'bad-batch', details }
    }
    if (up === 0 && !mayWaitForServer) return noServer(model, servers)
    if (waiting < limits.queue) return undefined
    const cure = 'try again later, or give the router a larger --queue'
    const details = `the queue is full: ${waiting} requests wait; ${cure}`
    return { code: status.RESOURCE_EXHAUSTED, reason: 'queue-full', details }
  }

  const isLateByLoss = ({ latencyMs }: ExpectedLatency) =>
    clock.now() - lostServerMs < LATE_BY_LOSS_MS && latencyMs <= longestWaitMs

  return {
    /** The longest wait of an accepted request, ms. */
    longestWaitMs,
    /** A server was taken out. */
    serverLost(): void {
      lostServerMs = clock.now()
    },
    /**
     * Why a job is refused regardless of latency: it is invalid, no server is up, or a limit is reached. Counts a
     * refusal for want of a server or of room in the queue.
     */
    obstacleTo(job: Job, state: PoolState): Rejection | undefined {
      const obstacle = findObstacle(job, state)
      if (obstacle?.reason === 'no-server' || obstacle?.reason === 'queue-full') refusing.refused()
      return obstacle
    },
    /**
     * Why a job is refused that is expected to be late. Counts the job as refused or accepted.
     *
     * @param expected undefined where jobs are not refused for lateness
     * @param isIdle whether a server is idle: then the job is accepted
     */
    lateRejection(expected: ExpectedLatency | undefined, isIdle: boolean): Rejection | undefined {
      const decision = expected?.isLate ? budget.decideLate(isIdle || isLateByLoss(expected)) : 'accept'
      refused.count(decision === 'refuse')
      if (expected && decision === 'refuse') {
        refusing.refused()
        const limit = `the target is ${qosMs} ms, of which ${Math.floor(expected.limitMs)} ms can be promised`
        const details = `would take about ${Math.ceil(expected.latencyMs)} ms; ${limit}`
        return { code: status.RESOURCE_EXHAUSTED, reason: 'late', details }
      }
      if (decision === 'accept') refusing.accepted()
      budget.accepted()
      if (expected?.isLate) budget.missed()
      return undefined
    },
    /** Counts an answer that is late and was not expected to be. */
    missed: budget.missed,
    /** Counts an accepted request that is refused, for lateness or for want of a server, and an answer. */
    refusedLater: refusing.refusedLater,
    answered: refusing.answered,
    /** For how long all requests have been refused, ms; 0 unless for a long time. */
    refusingMs: refusing.forMs,
  }
}

/** Misses that are allowed at the start. The budget never exceeds twice as many, and no debt exceeds as many. */
const FIRST_MISSES = 5

/** Each time that so many queries in a row would be refused, the last of them is a probe instead. */
const PROBE_EVERY = 20

/**
 * The number of queries that may still miss the target: the share that the workload allows of the accepted ones, and a
 * few at the start. A query that is expected to be late takes one, or is refused. A refused query repays a debt, but
 * adds nothing to the budget: under overload the share is one of the accepted queries.
 */
export function createMissBudget(percentile: number) {
  const share = violationBudget(percentile)
  let left = FIRST_MISSES
  let refusedInRow = 0
  return {
    /**
     * Decides about a query that is expected to be late. It is accepted if the budget has a miss left, or with
     * `mayBeLate`. Of the others a few are accepted as probes: without them, wrong estimates would refuse everything
     * and never be corrected.
     */
    decideLate(mayBeLate: boolean): 'accept' | 'probe' | 'refuse' {
      if (left >= 1 || mayBeLate) return 'accept'
      if (left < 0) left += share
      refusedInRow++
      if (refusedInRow < PROBE_EVERY) return 'refuse'
      refusedInRow = 0
      return 'probe'
    },
    accepted(): void {
      refusedInRow = 0
      left = Math.min(2 * FIRST_MISSES, left + share)
    },
    /** An accepted query has missed the target, or is going to. */
    missed(): void {
      left = Math.max(-FIRST_MISSES, left - 1)
    },
  }
}

/** The router is not ready after refusing all requests for this time, ms; a pause of this length ends it. */
const REFUSING_AFTER_MS = 5_000

/**
 * Tracks for how long all requests have been refused. Once accepted requests are refused too, only an answer ends that:
 * servers that stand still look idle soon, and requests are accepted and wait for them in vain.
 */
function createRefusing(clock: Clock) {
  let sinceMs: number | undefined
  let lastMs = 0
  let waitsForAnswer = false
  const hasPaused = () => clock.now() - lastMs > REFUSING_AFTER_MS
  const end = () => {
    sinceMs = undefined
    waitsForAnswer = false
  }
  const refused = () => {
    if (hasPaused()) end()
    lastMs = clock.now()
    sinceMs ??= lastMs
  }
  return {
    accepted() {
      if (!waitsForAnswer) sinceMs = undefined
    },
    answered() {
      if (waitsForAnswer) end()
    },
    refused,
    refusedLater() {
      refused()
      waitsForAnswer = true
    },
    forMs() {
      if (sinceMs === undefined || hasPaused()) return 0
      const forMs = clock.now() - sinceMs
      return forMs >= REFUSING_AFTER_MS ? forMs : 0
    },
  }
}
