/** What follows the outcome of an attempt: first for its request, then for its server. */
import { status, statusText } from '../../grpc/status.ts'
import type { Admission } from '../admission/admission.ts'
import type { Attempt, Batch, Member, Request } from '../fleet/attempt.ts'
import { type Answer, type Failure, mayBeOfRequest, type Reply } from '../job.ts'
import { afterFailure, type PoolParts } from './request.ts'

interface OutcomesOptions extends PoolParts {
  /** Applies a change; decisions come after it. */
  change(work: () => void): void
  /** Puts a request that waits again into the dispatcher. */
  enqueue(request: Request): void
  readonly admission: Pick<Admission, 'answered' | 'missed'>
}

/** Timers may fire this much early, ms: a deadline counts as passed by then. */
const TIMER_MS = 2

/**
 * A server's details of an error may repeat the content of a request: only the status and these words are logged. The
 * router's own details of an invalid reply, and of a limit that is exceeded, are logged too.
 */
const WHY: Readonly<Record<Failure['origin'], string>> = {
  connection: 'its connection failed',
  deadline: 'it did not reply in time',
  invalid: 'its reply is invalid',
  server: 'it answered with an error',
  limit: 'a limit is exceeded',
  unread: 'it closed the connection before it had read the request',
}

/** The most characters logged of the router's details, which may quote a content type or an encoding. */
const MOST_DETAILS = 200

const detailsOf = ({ origin, details }: Failure) =>
  origin === 'invalid' || origin === 'limit' ? details.slice(0, MOST_DETAILS) : undefined

function reasonOf(failure: Failure, details: string | undefined): string {
  const reason = `${statusText(failure.code)}: ${WHY[failure.origin]}`
  return details === undefined ? reason : `${reason}: ${details}`
}

/** The outcomes of attempts. Each is a change of the pool, or a part of one: decisions come after it. */
export function createOutcomes(options: OutcomesOptions) {
  const { workload, clock, events, fleet, requests, change, enqueue, admission } = options
  const { qosMs } = workload
  /** Of servers that count as busy without a request. */
  const timers = new Set<{ cancel(): void }>()

  /** The server of an attempt has replied. */
  function replied(attempt: Attempt, reply: Reply): void {
    const { request } = attempt
    // an error of the request shows, too, that servers do not stand still
    if (reply.kind === 'answer' || (reply.kind === 'failure' && mayBeOfRequest(reply))) admission.answered()
    if (reply.kind === 'answer') answered(attempt, reply)
    else if (reply.kind === 'refusal') {
      events.refused('rejected')
      requests.refuse(request, reply)
      if (fleet.ended(attempt)) fleet.free(attempt.batch)
    } else if (clock.now() >= request.job.deadlineMs - TIMER_MS) {
      const details = 'no server answered before the deadline'
      events.refused('deadline')
      requests.refuse(request, { kind: 'refusal', code: status.DEADLINE_EXCEEDED, details })
      givenUp(attempt)
    } else {
      failed(attempt, reply)
      // a server that fails at once must not look faster than one that serves
      if (fleet.ended(attempt)) freeWhenIdle(attempt.batch)
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
    const { address, type } = member.server
    const { attempts } = request
    events.answered({ batch, waitedMs, latencyMs, late, address, type, serviceMs, attempts })
    requests.answer(request, answer)
    if (late && !request.knownLate) admission.missed()
    fleet.answered(attempt)
    // the request can be served: servers that answered it with an error were at fault
    for (const error of request.errors) {
      // unless they have answered another request since, or have been taken out
      if (error.atMs < error.member.health.lastAnswerMs) continue
      fleet.failed(error.member, 'invalid', reasonOf(error.failure, detailsOf(error.failure)))
    }
  }

  function failed(attempt: Attempt, failure: Failure): void {
    const { request, batch } = attempt
    const isHung = failure.origin === 'deadline'
    // where a second server hangs, the request is the reason
    const origin = isHung && request.hasHung ? 'invalid' : failure.origin
    const details = isHung ? hangOf(batch) : detailsOf(failure)
    retryOrRefuse(request, batch.member, failure, details)
    if (!mayBeOfRequest(failure) && !failure.isShared) {
      fleet.failed(batch.member, origin, reasonOf(failure, details))
    }
  }

  /** How long a server that hangs has had, and what its latency table says: the table may be wrong. */
  function hangOf({ startMs, stalledMs, longestMs }: Batch): string {
    const hadMs = clock.now() - startMs - (clock.stalledMs() - stalledMs)
    return `it had ${Math.round(hadMs)} ms, and needs at most ${longestMs.toFixed(1)} ms by its latency table`
  }

  function retryOrRefuse(
    request: Request,
    member: Member,
    failure: Failure,
    details: string | undefined,
  ): void {
    const nowMs = clock.now()
    requests.noteFailure(request, member, failure, nowMs)
    const next = afterFailure(request, failure, fleet.hasOthers(request.failedOn))
    if (next.event === 'refuse') {
      events.refused(next.reason)
      requests.refuse(request, next.outcome)
      return
    }
    events.retried(member.server.address, statusText(next.code), WHY[failure.origin], details)
    requests.retry(request, nowMs)
    enqueue(request)
  }

  /** The client of an attempt no longer waits. */
  function givenUp(attempt: Attempt): void {
    if (fleet.givenUp(attempt)) freeWhenIdle(attempt.batch)
  }

  /** Few servers stop working on requests that are given up: this one counts as busy until its expected finish. */
  function freeWhenIdle(batch: Batch): void {
    const leftMs = Math.max(0, batch.slot.idleMs - clock.now())
    const timer = clock.after(leftMs, () => {
      timers.delete(timer)
      change(() => fleet.free(batch))
    })
    timers.add(timer)
  }

  return {
    replied,
    /** The server of an attempt was taken out: the request is tried again, or refused. */
    lost(attempt: Attempt): void {
      const { request } = attempt
      const { member } = attempt.batch
      // the failure that took the server out has been handled already
      if (request.attempt !== attempt) return
      const details = `${member.server.address} was taken out`
      const failure: Failure = { kind: 'failure', code: status.UNAVAILABLE, details, origin: 'connection' }
      retryOrRefuse(request, member, failure, 'it was taken out')
    },
    givenUp,
    /** Waits for no server to be idle. */
    close(): void {
      for (const timer of timers) timer.cancel()
    },
  }
}
