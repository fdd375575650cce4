import type { Workload } from '../../../model/workload/workload.ts'
import type { Clock } from '../../clock.ts'
import { status } from '../../grpc/status.ts'
import type { PoolEvents, RefusalReason } from '../events.ts'
import type { Attempt, Member, Request } from '../fleet/attempt.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { type Failure, type Job, mayBeOfRequest, type Outcome } from '../job.ts'
import { REQUEST_MOVES, type RequestEvent, type RequestState } from '../request-states.ts'

/** What the parts of a pool have in common. */
export interface PoolParts {
  readonly workload: Workload
  readonly clock: Clock
  readonly events: PoolEvents
  readonly fleet: Fleet
  readonly requests: Requests
}

type Changing = { -readonly [Key in keyof Request]: Request[Key] } & {
  /** Its index among the accepted ones. */
  place: number
}

/** The request of a job, in the job. A map would keep ended ones: V8 collects former tables of a map late. */
const REQUEST = Symbol('request')
type AcceptedJob = Job & { [REQUEST]?: Request | undefined }

const NO_SERVERS: ReadonlySet<Member> = new Set()
const NO_ERRORS: Request['errors'] = []

export type Requests = ReturnType<typeof createRequests>

/** The accepted requests of a pool, from `accept` to their end. @param moved called with every move */
export function createRequests(moved: (from: RequestState, event: RequestEvent) => void) {
  const accepted: Changing[] = []
  const waiting = new Map<number, Changing>()
  let lastNumber = 0
  /** Called when none is left. */
  const emptied: (() => void)[] = []

  function move(request: Request, event: RequestEvent): void {
    const changing = request as Changing
    const from = request.state
    const next = REQUEST_MOVES[from][event]
    if (next === undefined) throw new Error(`a request that is ${from} got the event ${event}`)
    changing.state = next
    changing.attempt = undefined
    if (next === 'waiting') waiting.set(request.number, changing)
    else waiting.delete(request.number)
    moved(from, event)
  }

  /** Forgets a request that has ended. */
  function forget(request: Changing): void {
    ;(request.job as AcceptedJob)[REQUEST] = undefined
    const last = accepted.pop()!
    if (last !== request) {
      last.place = request.place
      accepted[last.place] = last
    }
    if (accepted.length === 0) for (const resolve of emptied.splice(0)) resolve()
  }

  function end(request: Request, event: 'answer' | 'refuse', outcome: Outcome): void {
    move(request, event)
    forget(request as Changing)
    request.job.settle(outcome)
  }

  return {
    /** Those that wait, in the order in which their current wait began. */
    waiting: waiting as ReadonlyMap<number, Request>,
    of: (job: Job): Request | undefined => (job as AcceptedJob)[REQUEST],
    all: (): Request[] => [...accepted],
    /** arrived -> waiting */
    accept(job: Job, bin: number, knownLate: boolean): Request {
      // numbers repeat after 2^31 requests, which are never in flight at once
      lastNumber = (lastNumber + 1) & 0x7fffffff
      const request: Changing = {
        job,
        number: lastNumber,
        bin,
        knownLate,
        state: 'arrived',
        attempt: undefined,
        attempts: 0,
        waitingSinceMs: job.arrivalMs,
        failedOn: NO_SERVERS,
        hasHung: false,
        errors: NO_ERRORS,
        place: accepted.length,
      }
      ;(job as AcceptedJob)[REQUEST] = request
      accepted.push(request)
      move(request, 'accept')
      return request
    },
    /** arrived -> refused: the job is never kept. */
    reject(job: Job, outcome: Outcome): void {
      moved('arrived', 'refuse')
      job.settle(outcome)
    },
    /** waiting -> running */
    start(request: Request, attempt: Attempt): void {
      move(request, 'start')
      const changing = request as Changing
      changing.attempt = attempt
      changing.attempts++
    },
    /** running -> waiting: a server has failed it. */
    retry(request: Request, nowMs: number): void {
      move(request, 'retry')
      ;(request as Changing).waitingSinceMs = nowMs
    },
    /** running -> answered */
    answer: (request: Request, outcome: Outcome) => end(request, 'answer', outcome),
    /** waiting or running -> refused */
    refuse: (request: Request, outcome: Outcome) => end(request, 'refuse', outcome),
    /** waiting or running -> cancelled: the client no longer waits. */
    cancel(request: Request): void {
      move(request, 'cancel')
      forget(request as Changing)
    },
    /** Records why an attempt failed. */
    noteFailure(request: Request, member: Member, failure: Failure, nowMs: number): void {
      const changing = request as Changing
      changing.failedOn = new Set([...request.failedOn, member])
      changing.hasHung ||= failure.origin === 'deadline'
      if (mayBeOfRequest(failure)) changing.errors = [...request.errors, { member, failure, atMs: nowMs }]
    },
    /** Begins the wait of all waiting ones again. */
    restartWait(nowMs: number): void {
      for (const request of waiting.values()) request.waitingSinceMs = nowMs
    },
    /** Resolves when none is left. */
    emptied: () =>
      new Promise<void>((resolve) => {
        if (accepted.length === 0) resolve()
        else emptied.push(resolve)
      }),
  }
}

/** Attempts of a request at most. */
const MOST_ATTEMPTS = 3

/** Statuses of a server that has not begun to serve: another one may. */
const NOT_BEGUN: readonly status[] = [status.UNAVAILABLE, status.RESOURCE_EXHAUSTED]

/** What follows a failed attempt. */
type AfterFailure =
  | { readonly event: 'retry'; readonly code: status }
  | { readonly event: 'refuse'; readonly reason: RefusalReason; readonly outcome: Outcome }

/**
 * Decides what follows a failed attempt that has been noted with the request. A server that answers with an error may
 * be right: the request is sent to one other server, and a second error goes to the client as it is.
 *
 * @param hasOthers whether a server is up that has not failed the request
 */
export function afterFailure(request: Request, failure: Failure, hasOthers: boolean): AfterFailure {
  const { code, origin } = failure
  const { attempts, errors, failedOn } = request
  const mayRetry = attempts < MOST_ATTEMPTS
  if (mayBeOfRequest(failure)) {
    const isConfirmed = errors.length > 1 && !NOT_BEGUN.includes(code)
    if (mayRetry && hasOthers && !isConfirmed) return { event: 'retry', code }
    return { event: 'refuse', reason: 'rejected', outcome: { ...failure, kind: 'refusal' } }
  }
  const clientCode = origin === 'invalid' ? code : status.UNAVAILABLE
  if (mayRetry) return { event: 'retry', code: clientCode }
  const servers =
    failedOn.size === 1 ? `one server failed ${attempts} times` : `${failedOn.size} servers failed`
  const details = `${servers}; the last time: ${failure.details}`
  return {
    event: 'refuse',
    reason: 'failed',
    outcome: { kind: 'refusal', code: clientCode, details, origin },
  }
}
