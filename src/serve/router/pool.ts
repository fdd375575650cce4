import { status } from '@grpc/grpc-js'
import { createDispatcher } from '../../dispatch/dispatcher.ts'
import type { Policy } from '../../dispatch/policy.ts'
import type { FleetServer } from '../../model/fleet.ts'
import { quantileMs } from '../../model/latency-table.ts'
import { binOf, type Workload } from '../../model/workload.ts'
import { createAccepted } from './accepted.ts'
import { createMissBudget, type PlannedQuery } from './admission.ts'
import type { PoolEvents, RefusalReason } from './events.ts'
import { createFleet } from './fleet.ts'
import { gradedWorkload, gradeOf } from './grades.ts'
import type { Backend, Clock, Job, Outcome, Reply } from './job.ts'
import { createLateness } from './lateness.ts'
import { type Member, type Run, type ServerStatus, statusOf, type Work } from './member.ts'
import { DRAINING, noServer, type Obstacle, obstacleTo, type PoolLimits } from './obstacle.ts'
import { createPatience } from './patience.ts'
import { createPressure } from './pressure.ts'
import { createRefusing } from './refusing.ts'
import { createRoster } from './roster.ts'
import { afterFailure, type Failure } from './tries.ts'

export interface PoolOptions {
  readonly workload: Workload
  readonly policy: Policy
  readonly limits: PoolLimits
  readonly clock: Clock
  readonly events: PoolEvents
  openBackend(server: FleetServer): Backend
}

/** The servers of one model, and the requests that wait for them. */
export interface Pool {
  readonly workload: Workload
  readonly waiting: number
  /** Servers that can serve. */
  readonly up: number
  /** For how long all requests have been refused, ms; 0 unless it is so. */
  readonly refusingMs: number
  servers(): ServerStatus[]
  /** A server that can serve, for questions about the model. */
  anyBackend(): Backend | undefined
  submit(job: Job): void
  /** Nobody waits for the answer any more. */
  abandon(job: Job): void
  /** From now on these servers and no others. @throws KairosError BAD_MODEL for a type that the table lacks */
  setServers(servers: readonly FleetServer[]): void
  /** Takes no more requests; resolves when none is left. */
  drain(): Promise<void>
  /** Refuses what is left, and lets go of the servers. */
  close(): void
}

/** A server does not answer any more after this many times its slowest, and a while, ms. */
const OVERDUE = 3
const OVERDUE_MS = 500

/** A server that is known to be slow gets more time, up to this, ms: one that hangs has to be found out soon. */
const SLOW_OVERDUE_MS = 3_000

/** How long a server steps aside that a request does not want, ms. */
const AVOID_MS = 20

/** A request that has waited this many times its target in one go is refused, where targets count. */
const SHED = 2

/**
 * The share of the target that is left for the way between client and router, which only the client sees: under
 * overload many answers are due just in time.
 */
const WAY = 0.015

/** Estimates of speed are brought up to date so often, ms. */
const REFRESH_MS = 100

/** A deadline counts as passed so much earlier, as timers are: ms. */
const TIMER_MS = 2

export function createPool(options: PoolOptions): Pool {
  const { workload, policy, limits, clock, events } = options
  const { latency, qosMs } = workload
  const bins = latency.batchSizes.length
  const graded = gradedWorkload({ ...workload, qosMs: (1 - WAY) * qosMs })
  const dispatcher = createDispatcher({
    workload: graded.workload,
    types: graded.types,
    policy,
    // grades say how fast each instance is
    learns: 'nothing',
  })
  const latenessOf = createLateness(workload)
  const budget = createMissBudget(workload.percentile)
  const refusing = createRefusing(clock)
  const pressure = createPressure(clock)
  const roster = createRoster(dispatcher, clock)
  const accepted = createAccepted()
  const waiting = new Map<number, Work>()
  const patience = createPatience(clock, giveUp)
  const fleet = createFleet({
    ...options,
    pressure,
    healthIntervalMs: limits.healthIntervalMs,
    putIn,
    takeOut,
  })
  let nextNumber = 0
  let draining = false
  let refreshMs = 0

  function submit(job: Job): void {
    refreshSpeeds()
    const refusal = draining ? DRAINING : obstacle(job)
    if (refusal) {
      events.refused(refusal.reason)
      if (refusal.reason === 'no-server' || refusal.reason === 'queue-full') {
        refusing.refused()
        pressure.note()
      }
      job.settle({ kind: 'refusal', code: refusal.code, details: refusal.details })
      return
    }
    const bin = binOf(latency.batchSizes, job.batch)
    const expected =
      // without a server nothing is known: the request waits for one
      limits.admission === 'all' || roster.size === 0
        ? undefined
        : latenessOf({ bin, arrivalMs: job.arrivalMs }, queued(), roster.members(), clock.now())
    const knownLate = expected?.isLate ?? false
    const late = knownLate ? budget.takesLate(waiting.size === 0 && dispatcher.idle > 0) : 'accept'
    if (expected && late === 'refuse') {
      events.refused('late')
      refusing.refused()
      pressure.note()
      const most = `up to ${Math.floor(expected.promisedMs)} ms can be promised for a target of ${qosMs} ms`
      const details = `would take about ${Math.ceil(expected.latencyMs)} ms; ${most}`
      job.settle({ kind: 'refusal', code: status.RESOURCE_EXHAUSTED, details })
      return
    }
    if (late === 'accept') refusing.accepted()
    budget.accepted()
    if (knownLate) budget.missed()
    const waitingMs = job.arrivalMs
    const number = newNumber()
    const failedOn = new Set<Member>()
    const work: Work = { job, number, bin, knownLate, tries: 0, waitingMs, failedOn, hung: false, doubts: [] }
    accepted.add(work)
    enqueue(work)
    decide()
  }

  /** Estimates age while nothing is observed; an instance that stays idle changes its grade all the same. */
  function refreshSpeeds(): void {
    const nowMs = clock.now()
    if (nowMs < refreshMs) return
    refreshMs = nowMs + REFRESH_MS
    const [oldest] = waiting.values()
    if (oldest && nowMs - oldest.job.arrivalMs > qosMs) pressure.note()
    fleet.refresh()
    roster.regrade()
  }

  function obstacle(job: Job): Obstacle | undefined {
    const members = fleet.members.size
    const { bytes } = accepted
    const hopeful = members > 0 && patience.leftMs() > 0
    return obstacleTo(job, {
      workload,
      limits,
      members,
      up: roster.size,
      hopeful,
      waiting: waiting.size,
      bytes,
    })
  }

  function newNumber(): number {
    // so many requests are never in flight at once
    nextNumber = (nextNumber + 1) & 0x7fffffff
    return nextNumber
  }

  function enqueue(work: Work): void {
    waiting.set(work.number, work)
    dispatcher.arrive(work.number, work.bin, work.job.arrivalMs)
    if (roster.size === 0) patience.wait()
  }

  function queued(): PlannedQuery[] {
    return Array.from(waiting.values(), ({ bin, job }) => ({ bin, arrivalMs: job.arrivalMs }))
  }

  /**
   * What the dispatcher passes over for good, as it does with large requests when it has too many, is told so.
   * The time that a server took before it failed does not count, nor that without any.
   */
  function shed(): void {
    // without a server they wait for one
    if (roster.size === 0) return
    const nowMs = clock.now()
    // in the order in which they began to wait
    for (const work of waiting.values()) {
      const waitedMs = nowMs - work.waitingMs
      if (waitedMs <= SHED * qosMs) return
      dispatcher.cancel(work.number)
      const details = `has waited for ${Math.round(waitedMs)} ms, the target is ${qosMs} ms: too much is asked`
      refuse(work, 'late', status.RESOURCE_EXHAUSTED, details)
    }
  }

  function decide(): void {
    if (limits.admission === 'target') shed()
    if (dispatcher.pending === 0 || dispatcher.idle === 0) return
    const nowMs = clock.now()
    const starts = dispatcher.decide(nowMs)
    events.decided(clock.now() - nowMs, starts.length)
    let avoided = false
    for (const { query, instance } of starts) {
      const work = waiting.get(query)!
      const member = roster.at(instance)
      if (work.failedOn.has(member) && roster.hasOthers(work.failedOn)) {
        avoided = true
        avoid(work, member)
      } else begin(work, member, nowMs)
    }
    if (avoided) decide()
  }

  /** A server that has failed a request is not asked again while there are others: it steps aside for a moment. */
  function avoid(work: Work, member: Member): void {
    roster.leave(member)
    clock.after(AVOID_MS, () => {
      if (member.state !== 'up' || member.number !== undefined) return
      roster.join(member)
      decide()
    })
    work.waitingMs = clock.now()
    enqueue(work)
  }

  function begin(work: Work, member: Member, nowMs: number): void {
    waiting.delete(work.number)
    work.tries++
    const row = member.type * bins + work.bin
    const run: Run = { work, member, startMs: nowMs, tableMs: latency.meanMs[row] }
    work.run = run
    member.run = run
    member.idleMs = nowMs + member.factor * run.tableMs
    const longestMs = OVERDUE * quantileMs(latency, row, 1)
    const slowestMs = Math.max(longestMs, Math.min(member.factor * longestMs, SLOW_OVERDUE_MS))
    const overdueMs = slowestMs + OVERDUE_MS
    const timeoutMs = Math.min(overdueMs, work.job.deadlineMs - nowMs)
    const waitedMs = Math.max(0, nowMs - work.job.arrivalMs)
    run.call = member.backend.send(work.job, waitedMs, timeoutMs, (reply) => replied(run, reply))
  }

  function replied(run: Run, reply: Reply): void {
    const { work, member } = run
    // given up meanwhile
    if (work.run !== run) return
    work.run = undefined
    const nowMs = clock.now()
    if (reply.kind === 'failure' && nowMs >= work.job.deadlineMs - TIMER_MS) {
      refuse(work, 'deadline', status.DEADLINE_EXCEEDED, 'no server answered in time')
      hold(run)
      return
    }
    if (reply.kind === 'failure') {
      // a server that fails at once is no faster than one that serves
      hold(run)
      failed(work, member, reply)
    } else {
      if (reply.kind === 'answer') succeeded(run, reply, nowMs)
      else {
        events.refused('rejected')
        settle(work, reply)
      }
      release(run)
    }
    decide()
  }

  /** What a server says may repeat the request: only the status of a failure is logged. */
  function failed(work: Work, member: Member, reply: Failure): void {
    const { code, fault } = reply
    if (fault !== 'answered') {
      // a request that a second server is too slow for is the slow one
      fleet.failed(member, fault === 'hung' && work.hung ? 'broken' : fault, status[code])
    }
    retry(work, member, reply)
  }

  function succeeded(run: Run, answer: Reply & { kind: 'answer' }, nowMs: number): void {
    const { work, member, startMs, tableMs } = run
    const { arrivalMs, batch } = work.job
    const serviceMs = nowMs - startMs
    const latencyMs = nowMs - arrivalMs
    const late = latencyMs > qosMs
    if (late) pressure.note()
    if (late && !work.knownLate) budget.missed()
    const { type } = member.server
    const waitedMs = startMs - arrivalMs
    events.answered({ batch, waitedMs, latencyMs, late, type, serviceMs, tries: work.tries })
    settle(work, answer)
    fleet.observed(member, tableMs, serviceMs)
    for (const doubt of work.doubts) {
      // what a server did before its last answer, or before it was taken out, is forgiven
      if (doubt.atMs >= doubt.member.speed.lastMs) fleet.failed(doubt.member, 'broken', status[doubt.code])
    }
  }

  /** Once more elsewhere, in its old place; or the end. */
  function retry(work: Work, member: Member, failure: Failure): void {
    const others = roster.hasOthers(new Set([...work.failedOn, member]))
    const next = afterFailure(work, member, failure, others, clock.now())
    if (next.kind === 'end') {
      events.refused(next.reason)
      if (next.reason === 'failed') pressure.note()
      settle(work, next.outcome)
      return
    }
    work.waitingMs = clock.now()
    events.retried(member.server.address, status[next.code])
    enqueue(work)
  }

  /** The server of a try is free again, unless it left meanwhile. */
  function release(run: Run): void {
    const { member } = run
    if (member.run !== run) return
    member.run = undefined
    if (member.number === undefined) {
      if (member.state === 'removed') member.backend.close()
      return
    }
    roster.free(member)
  }

  function putIn(member: Member): void {
    patience.end()
    member.idleMs = clock.now()
    // what has waited for a first server begins to wait for its turn
    if (roster.size === 0) for (const work of waiting.values()) work.waitingMs = member.idleMs
    member.grade = gradeOf(member.factor, 0)
    roster.join(member)
    decide()
  }

  function takeOut(member: Member, lost: boolean): void {
    roster.leave(member)
    if (roster.size === 0) patience.begin()
    const { run } = member
    if (lost && run) {
      member.run = undefined
      run.call?.cancel()
      const { work } = run
      if (work.run === run) {
        work.run = undefined
        const details = `${member.server.address} was taken out`
        retry(work, member, { kind: 'failure', code: status.UNAVAILABLE, details, fault: 'gone' })
      }
    }
    if (roster.size === 0 && waiting.size > 0) patience.wait()
    decide()
  }

  /** No server has returned: what waits is told so. */
  function giveUp(): void {
    if (roster.size > 0) return
    const { code, reason, details } = noServer(workload.model, fleet.members.size)
    for (const work of [...waiting.values()]) {
      dispatcher.cancel(work.number)
      refuse(work, reason, code, details)
    }
  }

  function abandon(job: Job): void {
    const work = accepted.of(job)
    if (!work) return
    events.abandoned()
    waiting.delete(work.number)
    accepted.drop(work)
    const { run } = work
    if (!run) {
      dispatcher.cancel(work.number)
      return
    }
    work.run = undefined
    run.call?.cancel()
    hold(run)
  }

  /** Few servers stop what nobody waits for: this one counts as busy until it is likely to be done. */
  function hold(run: Run): void {
    clock.after(Math.max(0, run.member.idleMs - clock.now()), () => {
      release(run)
      decide()
    })
  }

  function refuse(work: Work, reason: RefusalReason, code: status, details: string): void {
    events.refused(reason)
    pressure.note()
    settle(work, { kind: 'refusal', code, details })
  }

  function settle(work: Work, outcome: Outcome): void {
    waiting.delete(work.number)
    accepted.settle(work, outcome)
  }

  return {
    workload,
    get waiting() {
      return waiting.size
    },
    get up() {
      return roster.size
    },
    get refusingMs() {
      return refusing.forMs()
    },
    servers: () => Array.from(fleet.members.values(), statusOf),
    anyBackend: () => [...roster.members()][0]?.backend,
    submit,
    abandon,
    setServers(servers) {
      // who is new gets a moment to answer
      if (roster.size === 0) patience.begin()
      fleet.setServers(servers)
    },
    drain() {
      draining = true
      return accepted.emptied()
    },
    close() {
      draining = true
      patience.end()
      for (const work of accepted.all()) {
        const { run } = work
        work.run = undefined
        if (run) {
          run.member.run = undefined
          run.call?.cancel()
        } else dispatcher.cancel(work.number)
        refuse(work, DRAINING.reason, DRAINING.code, DRAINING.details)
      }
      fleet.close()
    },
  }
}
