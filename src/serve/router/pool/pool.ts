import { createDispatcher } from '../../../dispatch/dispatcher.ts'
import type { Policy } from '../../../dispatch/policy.ts'
import type { FleetServer } from '../../../model/fleet/fleet.ts'
import { binOf } from '../../../model/workload/workload.ts'
import {
  createAdmission,
  DRAINING,
  noServer,
  type PoolLimits,
  type Rejection,
} from '../admission/admission.ts'
import { createLateness } from '../admission/lateness.ts'
import { createRefusedShare } from '../admission/refused-share.ts'
import { eventsTo, type PoolListener } from '../events.ts'
import type { Attempt, Request } from '../fleet/attempt.ts'
import { createFleet, type FleetOptions } from '../fleet/fleet.ts'
import { createPressure } from '../fleet/pressure.ts'
import type { Job } from '../job.ts'
import { createChanges } from './changes.ts'
import { createDecisions } from './decisions.ts'
import { createOutcomes } from './outcomes.ts'
import { createRequests } from './request.ts'
import { createServerWait } from './server-wait.ts'
import { createBatchStart } from './start-batch.ts'

/** With what the fleet of a pool needs from outside. */
interface PoolOptions
  extends Omit<
    FleetOptions,
    'dispatcher' | 'events' | 'pressure' | 'change' | 'decideNow' | 'onUp' | 'onOut'
  > {
  readonly policy: Policy
  readonly limits: PoolLimits
  readonly listeners: readonly PoolListener[]
  /** Largest joined request, bytes. */
  readonly maxMessageBytes: number
}

export type Pool = ReturnType<typeof createPool>

/** The share of the target that is kept for the way between client and router, which only the client sees. */
const CLIENT_SHARE = 0.015

/** The servers of one model, and the requests for it. */
export function createPool(options: PoolOptions) {
  const { workload, policy, limits, clock } = options
  const { latency, qosMs, model } = workload
  const dispatcher = createDispatcher({
    workload: { ...workload, qosMs: (1 - CLIENT_SHARE) * qosMs },
    types: latency.types,
    policy,
    learns: 'instances',
  })
  const pressure = createPressure(clock)
  const events = eventsTo(...options.listeners, pressure.listener)
  const refused = createRefusedShare(clock)
  const lateness = createLateness(workload, refused)
  const admission = createAdmission(workload, limits, clock, refused)
  const requests = createRequests(events.moved)
  const { apply: change, decideAgain } = createChanges(() => decide())
  const decideNow = () => change(() => undefined)
  const serverWait = createServerWait(clock, () => change(refuseWithoutServer))
  const fleet = createFleet({
    ...options,
    events,
    dispatcher,
    pressure,
    change,
    decideNow,
    onUp: (wasEmpty) => change(() => serverUp(wasEmpty)),
    onOut: (lost) => change(() => serverOut(lost)),
  })
  const parts = { ...options, events, fleet, requests }
  const outcomes = createOutcomes({ ...parts, change, enqueue, admission })
  const startBatch = createBatchStart(parts, options.maxMessageBytes, (attempt, reply) => {
    // otherwise the request has been given up on this server
    if (attempt.request.attempt === attempt) change(() => outcomes.replied(attempt, reply))
  })
  const decide = createDecisions({
    ...parts,
    longestWaitMs: admission.longestWaitMs,
    dispatcher,
    startBatch,
    enqueue,
    refuse,
    decideAgain,
    decideNow,
  })
  let draining = false

  function submit(job: Job): void {
    refreshSlowdowns()
    // requests that wait apart avoid the servers that are idle
    const isIdle = dispatcher.pending === 0 && dispatcher.idle > 0
    const obstacle = admission.obstacleTo(job, {
      draining,
      servers: fleet.size,
      up: fleet.up,
      mayWaitForServer: fleet.size > 0 && serverWait.isOpen(),
      waiting: requests.waiting.size,
    })
    if (obstacle) return void reject(job, obstacle)
    const bin = binOf(latency.batchSizes, job.batch)
    const expected =
      limits.admission === 'target' && fleet.slots.size > 0
        ? lateness.expected(job, bin, { requests: requests.waiting, slots: fleet.slots, nowMs: clock.now() })
        : undefined
    const rejection = admission.lateRejection(expected, isIdle)
    if (rejection) return void reject(job, rejection)
    if (expected) lateness.accepted(job, bin, expected)
    enqueue(requests.accept(job, bin, expected?.isLate ?? false))
  }

  /** Slowdowns return to the table sooner under pressure: a late request counts before they are brought up to date. */
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

  function serverUp(wasEmpty: boolean): void {
    serverWait.end()
    // what has waited for a server now waits for its turn
    if (wasEmpty) requests.restartWait(clock.now())
  }

  function serverOut(lost: readonly Attempt[]): void {
    admission.serverLost()
    if (fleet.up === 0) serverWait.restart()
    for (const attempt of lost) outcomes.lost(attempt)
    if (fleet.up === 0 && requests.waiting.size > 0) serverWait.wait()
  }

  function refuseWithoutServer(): void {
    for (const request of requests.waiting.values()) refuse(request, noServer(model, fleet.size))
  }

  function cancel(request: Request): void {
    const { attempt, state, number } = request
    events.abandoned()
    if (state === 'waiting') dispatcher.cancel(number)
    requests.cancel(request)
    if (attempt) {
      attempt.call?.cancel()
      outcomes.givenUp(attempt)
    }
  }

  function refuse(request: Request, { reason, ...outcome }: Rejection): void {
    if (request.state === 'waiting') dispatcher.cancel(request.number)
    events.refused(reason)
    if (reason === 'late' || reason === 'no-server') admission.refusedLater()
    requests.refuse(request, { ...outcome, kind: 'refusal' })
  }

  return {
    workload,
    /** Requests that wait. */
    get waiting() {
      return requests.waiting.size
    },
    /** Servers that get requests. */
    get up() {
      return fleet.up
    },
    /** For how long all requests have been refused, ms; 0 unless for a long time. */
    get refusingMs() {
      return admission.refusingMs()
    },
    servers: fleet.statuses,
    anyBackend: fleet.anyBackend,
    submit: (job: Job) => change(() => submit(job)),
    /** The client no longer waits for the outcome. */
    cancel(job: Job): void {
      const request = requests.of(job)
      if (request) change(() => cancel(request))
    },
    /** Replaces the servers. @throws KairosError BAD_MODEL for a type that the table lacks */
    setServers(servers: readonly FleetServer[]): void {
      // new servers get time to start
      if (fleet.up === 0) serverWait.restart()
      fleet.setServers(servers)
    },
    /** Accepts no more requests; resolves when all accepted ones have ended. */
    drain(): Promise<void> {
      draining = true
      return requests.emptied()
    },
    /** Refuses all requests, closes the connections to the servers, and returns how many requests it refused. */
    close(): number {
      draining = true
      serverWait.end()
      const open = requests.all()
      change(() => {
        for (const request of open) refuse(request, DRAINING)
        fleet.close()
      })
      outcomes.close()
      return open.length
    },
  }
}
