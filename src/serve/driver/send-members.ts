/** How the queries of a batch reach their server: at the same moment, or joined into one request. */
import type { CallFailure } from '../grpc/client/remote-method.ts'
import { status } from '../grpc/status.ts'
import type { Outcome, SendBatch } from './batch-sender.ts'

/** Statuses of a call whose server cannot be reached, or no longer answers. */
const UNREACHABLE: readonly status[] = [status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED]

export function isUnreachable({ code }: CallFailure): boolean {
  return UNREACHABLE.includes(code)
}

export interface SentMembers {
  /** The size of each query. */
  readonly sizes: readonly number[]
  /** How long each has waited, ms. */
  readonly waitedMs: readonly number[]
  readonly timeoutMs: number
  /** Whether they are joined into one request. */
  readonly areJoined: boolean
  /** Queries have ended together, named by their positions. Each ends once. */
  ended(members: readonly number[], outcome: Outcome): void
  /** The server has refused a joined request, which is sent again in parts. */
  refused(items: number, error: CallFailure): void
}

/**
 * Sends the queries of a batch. All inputs are zeros, so a joined request is one of the sum of the sizes. If a server
 * answers it with an error, it is sent again in halves, and those that fail too one by one.
 */
export function sendMembers(
  send: SendBatch,
  { sizes, waitedMs, timeoutMs, areJoined, ended, refused }: SentMembers,
): { cancel(): void } {
  const calls = new Set<{ cancel(): void }>()

  function sendPart(members: readonly number[], again: (members: readonly number[]) => void): void {
    const items = members.reduce((sum, member) => sum + sizes[member], 0)
    const longestMs = Math.max(...members.map((member) => waitedMs[member]))
    const call = send(items, longestMs, timeoutMs, (outcome) => {
      calls.delete(call)
      if (typeof outcome === 'number' || members.length === 1 || isUnreachable(outcome)) {
        ended(members, outcome)
      } else {
        refused(items, outcome)
        again(members)
      }
    })
    calls.add(call)
  }
  const oneByOne = (members: readonly number[]) => {
    for (const member of members) sendPart([member], oneByOne)
  }
  const inHalves = (members: readonly number[]) => {
    const half = Math.ceil(members.length / 2)
    sendPart(members.slice(0, half), oneByOne)
    sendPart(members.slice(half), oneByOne)
  }

  const all = Array.from(sizes.keys())
  if (areJoined) sendPart(all, inHalves)
  else oneByOne(all)
  return {
    cancel() {
      for (const call of calls) call.cancel()
    },
  }
}
