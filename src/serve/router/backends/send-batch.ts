/** How the requests of a batch reach their server: at the same moment, or joined into one. */
import type { status } from '../../grpc/status.ts'
import { mayBeOfRequest, type Payload, type Reply } from '../job.ts'
import type { Backend } from './backend.ts'
import type { JoinLimit, JoinLimits } from './join-limit.ts'
import { dividedAnswer, type Joinable, joinable, joinedRequest } from './join-requests.ts'

/** A request of a batch. */
interface SentRequest {
  readonly payload: Payload
  readonly waitedMs: number
  /** The time limit if it is sent now, ms: a request that is sent again may have less left. */
  timeoutMs(): number
  /** Whether it may be joined with others; one that has failed may be the reason, and is sent alone. */
  readonly mayJoin: boolean
  /** Called once, after `send` has returned, unless the request is cancelled. */
  replied(reply: Reply): void
}

interface SentBatch {
  /** Undefined: no requests are joined. */
  readonly joinLimits: JoinLimits | undefined
  /** Largest joined request, bytes. */
  readonly maxBytes: number
  /** So many requests are joined. They count once, also if they are joined again in halves. */
  joined(requests: number): void
  /** Requests that were joined are sent again, in parts. */
  repeated(): void
}

interface BatchRequest extends SentRequest {
  readonly joinable: Joinable | undefined
  isOver: boolean
  call?: { cancel(): void } | undefined
}

/** A joined request that the server has refused. */
interface RefusedJoin {
  readonly limit: JoinLimit
  /** Undefined: its answer could not be divided. */
  readonly code: status | undefined
  readonly items: number
  /** Requests of it that have not been answered yet. A cancelled one stays open: it may have been the reason. */
  open: number
  /** Whether one of them fails alone: it may have been the reason. */
  isExplained: boolean
}

/**
 * Sends the requests of a batch. A joined request that the server refuses is sent again in halves, and those that it
 * refuses too one by one, so that a bad one does not fail its neighbours. An answer that cannot be divided is dropped.
 *
 * @returns for each request what cancels it: the others of a joined one are answered
 */
export function sendBatch(
  backend: Backend,
  requests: readonly SentRequest[],
  { joinLimits, maxBytes, joined, repeated }: SentBatch,
): { cancel(): void }[] {
  if (requests.length === 1) {
    const [{ payload, waitedMs, timeoutMs, replied }] = requests
    return [backend.send(payload, waitedMs, timeoutMs(), replied)]
  }
  const sent = requests.map((request): BatchRequest => {
    const mayJoin = joinLimits !== undefined && request.mayJoin && backend.speaks(request.payload.protocol)
    return { ...request, joinable: mayJoin ? joinable(request.payload) : undefined, isOver: false }
  })

  /** @param refusal of the joined request of which this one was a part */
  function sendAlone(request: BatchRequest, refusal?: RefusedJoin): void {
    const { payload, waitedMs, timeoutMs } = request
    request.call = backend.send(payload, waitedMs, timeoutMs(), (reply) => end(request, reply, refusal))
  }

  /** @param refusal of the request of which this one is a half */
  function sendJoined(all: readonly BatchRequest[], refusal?: RefusedJoin): void {
    const group = all.filter(({ isOver }) => !isOver)
    if (group.length < 2) {
      for (const request of group) sendAlone(request, refusal)
      return
    }
    const parts = group.map((request) => request.joinable!)
    const payload = joinedRequest(parts)
    const limit = joinLimits!(parts[0].part.key)
    if (refusal === undefined) joined(group.length)
    const longest = (of: (request: BatchRequest) => number) => Math.max(...group.map(of))
    const call = backend.send(
      payload,
      longest(({ waitedMs }) => waitedMs),
      longest(({ timeoutMs }) => timeoutMs()),
      (reply) => {
        const answers = reply.kind === 'answer' ? dividedAnswer(parts, reply) : undefined
        if (answers !== undefined) {
          limit.answered(payload.batch)
          group.forEach((request, i) => {
            end(request, answers[i], refusal)
          })
        } else if (reply.kind === 'failure' && !mayBeOfRequest(reply)) {
          // one failure of the server, which counts against it once
          const open = group.filter(({ isOver }) => !isOver)
          open.forEach((request, i) => {
            end(request, i === 0 ? reply : { ...reply, isShared: true }, refusal)
          })
        } else {
          repeated()
          sendAgain(group, payload.batch, reply, refusal, limit)
        }
      },
    )
    // the call is cancelled once none of its requests waits for it
    for (const request of group) {
      request.call = { cancel: () => group.every(({ isOver }) => isOver) && call.cancel() }
    }
  }

  /** In halves the first time, unless it was the answer that could not be used; then one by one. */
  function sendAgain(
    group: readonly BatchRequest[],
    items: number,
    reply: Reply,
    before: RefusedJoin | undefined,
    limit: JoinLimit,
  ): void {
    const open = group.filter(({ isOver }) => !isOver)
    const code = reply.kind === 'answer' ? undefined : reply.code
    const refusal = before ?? { limit, code, items, open: group.length, isExplained: false }
    if (before === undefined && reply.kind !== 'answer') {
      const half = Math.ceil(open.length / 2)
      sendJoined(open.slice(0, half), refusal)
      sendJoined(open.slice(half), refusal)
    } else {
      for (const request of open) sendAlone(request, refusal)
    }
  }

  function end(request: BatchRequest, reply: Reply, refusal: RefusedJoin | undefined): void {
    if (request.isOver) return
    request.isOver = true
    if (refusal) {
      refusal.isExplained ||= reply.kind !== 'answer'
      if (--refusal.open === 0 && !refusal.isExplained) refusal.limit.refused(refusal.items, refusal.code)
    }
    request.replied(reply)
  }

  for (const group of groupsOf(sent, joinLimits, maxBytes)) sendJoined(group)
  return sent.map((request) => ({
    cancel() {
      if (request.isOver) return
      request.isOver = true
      request.call?.cancel()
    },
  }))
}

/** Requests that can be joined, as many as the limits allow, and the others alone. */
function groupsOf(
  requests: readonly BatchRequest[],
  joinLimits: JoinLimits | undefined,
  mostBytes: number,
): BatchRequest[][] {
  const groups: BatchRequest[][] = []
  const last = new Map<string, { group: BatchRequest[]; items: number; bytes: number; limit?: JoinLimit }>()
  for (const request of requests) {
    const { joinable: own, payload } = request
    const known = own && last.get(own.key)
    const items = (known?.items ?? 0) + (own?.part.items ?? 0)
    const bytes = (known?.bytes ?? 0) + payload.request.length
    if (known) known.limit ??= joinLimits!(own.part.key)
    if (known?.limit && items <= known.limit.most() && bytes <= mostBytes) {
      known.group.push(request)
      Object.assign(known, { items, bytes })
      continue
    }
    const group = [request]
    groups.push(group)
    if (own) last.set(own.key, { group, items: own.part.items, bytes: payload.request.length })
  }
  return groups
}
