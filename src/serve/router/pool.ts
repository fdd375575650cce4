import { status } from '@grpc/grpc-js'
import { batchesOf } from '../../dispatch/batches.ts'
import { createDispatcher } from '../../dispatch/dispatcher.ts'
import type { Policy } from '../../dispatch/policy.ts'
import type { FleetServer, SentBatches } from '../../model/fleet.ts'
import { binOf, type Workload } from '../../model/workload.ts'
import {
  createAdmission,
  DRAINING,
  longestWaitOf,
  noServer,
  type PoolLimits,
  type Rejection,
} from './admission.ts'
import type { Attempt, Member, Request } from './attempt.ts'
import { createChanges } from './changes.ts'
import type { Clock } from './clock.ts'
import type { PoolEvents } from './events.ts'
import { createFleet } from './fleet.ts'
import type { Answer, Backend, Failure, Job, Reply } from './job.ts'
import { createLateness } from './lateness.ts'
import { createPressure } from './pressure.ts'
import { createRefusedShare } from './refused-share.ts'
import { afterFailure, createRequests, statusText } from './request.ts'
import type { ServerStatus } from './server-status.ts'
import { createServerWait } from './server-wait.ts'
import { createSlotTable, type SlotTable } from './shared-slots.ts'
import { createBatchStart } from './start-batch.ts'

export interface PoolOptions {
  readonly workload: Workload
  readonly policy: Policy
  readonly limits: PoolLimits
  readonly clock: Clock
  readonly events: PoolEvents
  /** How servers that do not say get the requests of a batch; `parallel` unless given. */
  readonly sentBatches?: SentBatches | undefined
  /** Largest joined request, bytes; no limit unless given. */
  readonly maxMessageBytes?: number | undefined
  /** Where pools share servers: their table of slots. */
  readonly slotTable?: SlotTable | undefined
  openBackend(server: FleetServer): Backend
  /** See the options of a fleet. */
  backendGeneration?(): number
}

/** The servers of one model, and the requests for it. */
export interface Pool {
  readonly workload: Workload
  /** Requests that wait. */
  readonly waiting: number
  /** Servers that get requests. */
  readonly up: number
  /** For how long all requests have been refused, ms; 0 unless for a long time. */
  readonly refusingMs: number
  servers(): ServerStatus[]
  /** A server that is up, to ask it about the model. */
  anyBackend(): Backend | undefined
  submit(job: Job): void
  /** The client no longer waits for the outcome. */
  cancel(job: Job): void
  /** Replaces the servers. @throws KairosError BAD_MODEL for a type that the table lacks */
  setServers(servers: readonly FleetServer[]): void
  /** Accepts no more requests; resolves when all accepted ones have ended. */
  drain(): Promise<void>
  /** Refuses all requests and closes the connections to the servers. */
  close(): void
}

/** After a server was taken out, requests that are late for that reason are accepted for this time, ms. */
const LATE_BY_LOSS_MS = 2_000

/** The share of the target that is kept for the way between client and router, which only the client sees. */
const CLIENT_SHARE = 0.015

/** Timers may fire this much early, ms: a deadline counts as passed by then. */
const TIMER_MS = 2

export function createPool(options: PoolOptions): Pool {
  const { workload, policy, limits, clock } = options
  const { latency, qosMs, model } = workload
  const dispatcher = createDispatcher({
    workload: { ...workload, qosMs: (1 - CLIENT_SHARE) * qosMs },
    types: latency.types,
    policy,
    learns: 'instances',
  })
  const pressure = createPressure(clock)
  const events = pressure.watch(options.events)
  const refused = createRefusedShare(clock)
  const lateness = createLateness(workload, refused)
  const admission = createAdmission(workload, limits, clock, refused)
  const requests = createRequests((from, event) => events.moved?.(from, event))
  const { apply: change, decideAgain } = createChanges(decide)
  const serverWait = createServerWait(clock, () => change(refuseWithoutServer))
  const fleet = createFleet({
    ...options,
    events,
    dispatcher,
    pressure,
    healthIntervalMs: limits.healthIntervalMs,
    change,
    onUp: (wasEmpty) => change(() => serverUp(wasEmpty)),
    slotTable: options.slotTable ?? createSlotTable(),
    onOut: (lost) => change(() => serverOut(lost)),
  })
  const startBatch = createBatchStart({ ...options, events, fleet, requests }, (attempt, reply) => {
    // otherwise the request has been given up on this server
    if (attempt.request.attempt === attempt) change(() => replied(attempt, reply))
  })
  const longestWaitMs = limits.maxWaitMs ?? longestWaitOf(limits.admission, qosMs)
  let draining = false
  let lostServerMs = -Infinity

  function submit(job: Job): void {
    refreshSlowdowns()
    const isIdle = requests.waiting.size === 0 && dispatcher.idle > 0
    const obstacle = admission.obstacleTo(job, {
      draining,
      servers: fleet.size,
      up: fleet.up,
      mayWaitForServer: fleet.size > 0 && serverWait.isOpen(),
      waiting: requests.waiting.size,
      bytes: requests.bytes,
    })
    if (obstacle) return void reject(job, obstacle)
    const bin = binOf(latency.batchSizes, job.batch)
    const expected =
      limits.admission === 'target' && fleet.slots > 0
        ? lateness.expected(job, bin, { requests: requests.waiting.values(), fleet, nowMs: clock.now() })
        : undefined
    const isLateByLoss =
      expected && clock.now() - lostServerMs < LATE_BY_LOSS_MS && expected.latencyMs <= longestWaitMs
    const rejection = admission.lateRejection(expected, isIdle || isLateByLoss === true)
    if (rejection) return void reject(job, rejection)
    lateness.accepted()
    enqueue(requests.accept(job, bin, expected?.isLate ?? false))
  }

  function refreshSlowdowns(): void {
    const [oldest] = requests.waiting.values()
    if (oldest && clock.now() - oldest.job.arrivalMs > qosMs) pressure.noteLate()
    fleet.refresh()
  }

  function reject(job: Job, { code, reason, details }: Rejection): void {
    events.refused(reason)
    requests.reject(job, { kind: 'refusal', code, details })
  }

  /** Puts a waiting request into the dispatcher, in the place of its arrival. */
  function enqueue({ number, bin, job }: Request): void {
    dispatcher.arrive(number, bin, lateness.countedArrivalMs(job.arrivalMs))
    if (fleet.up === 0) serverWait.wait()
  }

  function decide(): void {
    refuseStarved()
    if (dispatcher.pending === 0 || dispatcher.idle === 0) return
    const nowMs = clock.now()
    const starts = dispatcher.decide(nowMs)
    events.decided(clock.now() - nowMs, starts.length)
    // all slots first: one that is set aside leaves the dispatcher
    const batches = batchesOf(starts)
    const slots = batches.map(({ instance }) => fleet.slotAt(instance))
    batches.forEach(({ queries }, i) => {
      const started = queries.map((query) => requests.waiting.get(query)!)
      for (const avoiding of startBatch(started, slots[i], nowMs)) waitAgain(avoiding)
    })
  }

  /**
   * Refuses requests that have waited too long: under overload, policies pass over some requests for ever. The time on
   * a server that failed does not count, nor that without any server.
   */
  function refuseStarved(): void {
    if (fleet.up === 0) return
    const nowMs = clock.now()
    for (const request of requests.waiting.values()) {
      const waitedMs = nowMs - request.waitingSinceMs
      if (waitedMs <= longestWaitMs) return
      const limit = `the target is ${qosMs} ms, and no request waits for more than ${longestWaitMs} ms`
      const details = `overloaded: waited for ${Math.round(waitedMs)} ms; ${limit}`
      refuse(request, { code: status.RESOURCE_EXHAUSTED, reason: 'late', details })
    }
  }

  /** A request avoids a server that has failed it, while there are others. */
  function waitAgain(request: Request): void {
    requests.restartWait(clock.now(), request)
    enqueue(request)
    decideAgain()
  }

  /** Applies a reply, first to the request, then to the server. The decisions come after both. */
  function replied(attempt: Attempt, reply: Reply): void {
    const { request } = attempt
    if (reply.kind === 'answer') answered(attempt, reply)
    else if (reply.kind === 'refusal') {
      events.refused('rejected')
      requests.refuse(request, reply)
      if (fleet.ended(attempt)) fleet.free(attempt.batch)
    } else {
      if (clock.now() >= request.job.deadlineMs - TIMER_MS) {
        const details = 'no server answered before the deadline'
        refuse(request, { code: status.DEADLINE_EXCEEDED, reason: 'deadline', details })
      } else failed(attempt, reply)
      // a server that fails at once must not look faster than one that serves
      endWhenIdle(attempt)
    }
  }

  function answered(attempt: Attempt, answer: Answer): void {
    const { request } = attempt
    const { member, startMs } = attempt.batch
    const { arrivalMs, batch } = request.job
    const nowMs = clock.now()
    const serviceMs = nowMs - startMs
    const latencyMs = nowMs - arrivalMs
    const late = latencyMs > qosMs
    const waitedMs = startMs - arrivalMs
    const { type } = member.server
    events.answered({ batch, waitedMs, latencyMs, late, type, serviceMs, attempts: request.attempts })
    requests.answer(request, answer)
    if (late && !request.knownLate) admission.missed()
    fleet.answered(attempt)
    // the request can be served: servers that answered it with an error were at fault
    for (const error of request.errors) {
      // unless they have answered another request since, or have been taken out
      if (error.atMs < error.member.health.lastAnswerMs) continue
      fleet.failed(error.member, 'broken', statusText(error.code))
    }
  }

  /** Details of a failure may repeat the content of a request: only its status is logged. */
  function failed({ request, batch: { member } }: Attempt, failure: Failure): void {
    const { code, fault } = failure
    // where a second server hangs, the request is the reason
    const serverFault = fault === 'hung' && request.hasHung ? 'broken' : fault
    retryOrRefuse(request, member, failure)
    if (fault !== 'answered' && !failure.isShared) fleet.failed(member, serverFault, statusText(code))
  }

  function retryOrRefuse(request: Request, member: Member, failure: Failure): void {
    const nowMs = clock.now()
    requests.noteFailure(request, member, failure, nowMs)
    const next = afterFailure(request, failure, fleet.hasOthers(request.failedOn))
    if (next.event === 'refuse') {
      events.refused(next.reason)
      requests.refuse(request, next.outcome)
      return
    }
    events.retried(member.server.address, statusText(next.code))
    requests.retry(request, nowMs)
    enqueue(request)
  }

  /**
   * Few servers stop working on a request that is given up: this one counts as busy until it is expected to be idle, or has
   * answered the rest of its batch.
   */
  function endWhenIdle(attempt: Attempt): void {
    if (!fleet.ended(attempt)) return
    const { batch } = attempt
    const leftMs = Math.max(0, batch.slot.idleMs - clock.now())
    clock.after(leftMs, () => change(() => fleet.free(batch)))
  }

  function serverUp(wasEmpty: boolean): void {
    serverWait.end()
    // what has waited for a server now waits for its turn
    if (wasEmpty) requests.restartWait(clock.now())
  }

  function serverOut(lost: readonly Attempt[]): void {
    lostServerMs = clock.now()
    if (fleet.up === 0) serverWait.restart()
    for (const attempt of lost) {
      const { request } = attempt
      const { member } = attempt.batch
      if (request.attempt !== attempt) continue
      const details = `${member.server.address} was taken out`
      const failure: Failure = { kind: 'failure', code: status.UNAVAILABLE, details, fault: 'gone' }
      retryOrRefuse(request, member, failure)
    }
    if (fleet.up === 0 && requests.waiting.size > 0) serverWait.wait()
  }

  function refuseWithoutServer(): void {
    if (fleet.up > 0) return
    for (const request of requests.waiting.values()) refuse(request, noServer(model, fleet.size))
  }

  function cancel(request: Request): void {
    const { attempt, state, number } = request
    events.abandoned()
    if (state === 'waiting') dispatcher.cancel(number)
    requests.cancel(request)
    if (attempt) {
      attempt.call?.cancel()
      endWhenIdle(attempt)
    }
  }

  function refuse(request: Request, { code, reason, details }: Rejection): void {
    if (request.state === 'waiting') dispatcher.cancel(request.number)
    events.refused(reason)
    requests.refuse(request, { kind: 'refusal', code, details })
  }

  return {
    workload,
    get waiting() {
      return requests.waiting.size
    },
    get up() {
      return fleet.up
    },
    get refusingMs() {
      return admission.refusingMs()
    },
    servers: fleet.statuses,
    anyBackend: () => fleet.anyUp()?.backend,
    submit: (job) => change(() => submit(job)),
    cancel(job) {
      const request = requests.of(job)
      if (request) change(() => cancel(request))
    },
    setServers(servers) {
      // new servers get time to start
      if (fleet.up === 0) serverWait.restart()
      fleet.setServers(servers)
    },
    drain() {
      draining = true
      return requests.emptied()
    },
    close() {
      draining = true
      serverWait.end()
      change(() => {
        for (const request of requests.all()) refuse(request, DRAINING)
        fleet.close()
      })
    },
  }
}
