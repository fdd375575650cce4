import { status } from '@grpc/grpc-js'
import type { RefusalReason } from './events.ts'
import type { Outcome, Reply } from './job.ts'
import type { Member, Work } from './member.ts'

/** A request is tried on so many servers. */
const MOST_TRIES = 3

/** Statuses by which a server says that it has not even begun: another one can. */
const NOT_NOW = new Set([status.UNAVAILABLE, status.RESOURCE_EXHAUSTED])

/** A reply that is no answer, and not the request's own fault for sure. */
export type Failure = Reply & { readonly kind: 'failure' }

/** What becomes of a request that a server has failed: another try, or an end that its client is told. */
export type AfterFailure =
  | { readonly kind: 'again'; readonly code: status }
  | { readonly kind: 'end'; readonly reason: RefusalReason; readonly outcome: Outcome }

/**
 * Decides it, and notes the failure with the request. Where a server has answered with an error, the request itself
 * may be at fault: a second one is asked, and its words are as good as any.
 *
 * @param hasOthers whether there is a server that has not failed it
 */
export function afterFailure(
  work: Work,
  member: Member,
  failure: Failure,
  hasOthers: boolean,
  nowMs: number,
): AfterFailure {
  const { code, fault } = failure
  const more = work.tries < MOST_TRIES
  work.failedOn.add(member)
  if (fault === 'answered') {
    const second = work.doubts.length > 0 && !NOT_NOW.has(code)
    work.doubts.push({ member, code, atMs: nowMs })
    if (more && hasOthers && !second) return { kind: 'again', code }
    return { kind: 'end', reason: 'rejected', outcome: { ...failure, kind: 'refusal' } }
  }
  work.hung ||= fault === 'hung'
  const told = fault === 'broken' ? code : status.UNAVAILABLE
  if (more) return { kind: 'again', code: told }
  const { size } = work.failedOn
  const who = size === 1 ? `one server failed ${work.tries} times` : `${size} servers failed`
  const details = `${who}; the last time: ${failure.details}`
  return { kind: 'end', reason: 'failed', outcome: { kind: 'refusal', code: told, details } }
}
