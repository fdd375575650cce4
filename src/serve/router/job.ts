/** The types between the front, the pools and the backends. Times are ms on the clock of the router. */
import type { CallError } from '../grpc/client/client-call.ts'
import type { Headers } from '../grpc/headers.ts'
import type { Ending } from '../grpc/server/server-call.ts'
import type { ProtocolName } from '../protocols/registry.ts'

/** What a server gets of a request. */
export interface Payload {
  readonly protocol: ProtocolName
  /** The encoded request. */
  readonly request: Buffer
  /** Headers of the client for the server. */
  readonly headers?: Headers | undefined
  readonly batch: number
  /** The version of the model that a client of HTTP asks for; empty in other protocols, where the request says it. */
  readonly version?: string | undefined
}

/** A request of a client. */
export interface Job extends Payload {
  readonly arrivalMs: number
  /** Infinity without a deadline. */
  readonly deadlineMs: number
  /** Called exactly once, unless the client has cancelled. */
  settle(outcome: Outcome): void
}

/** What a client gets. */
export type Outcome = Answer | Refusal

/** An error of a server of HTTP, for a client of HTTP. */
interface HttpError {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

export interface Answer extends Pick<Ending, 'headers' | 'trailers'> {
  readonly kind: 'answer'
  readonly response: Buffer
}

export interface Refusal extends Ending {
  readonly kind: 'refusal'
  /** That of the last failure, if servers have failed the request. */
  readonly origin?: CallError['origin'] | undefined
  readonly http?: HttpError | undefined
}

/** The reply to a job: an answer, an error for the client (a refusal), or a failure: other servers may be tried. */
export type Reply = Answer | Refusal | Failure

export interface Failure extends Ending {
  readonly kind: 'failure'
  /** Who says so. If it is the server, the details may be its words; otherwise they are the router's own. */
  readonly origin: CallError['origin']
  /** Whether the failure of a joined request has been counted with another request of it. */
  readonly isShared?: true
  readonly http?: HttpError | undefined
}

/**
 * Whether the request may be the reason of a failure, and not the server. An error of a server may be right, a request
 * may be too large for it, which closes its connection then, and so may a response be for the router.
 */
export function mayBeOfRequest({ origin }: Failure): boolean {
  return origin === 'server' || origin === 'limit' || origin === 'unread'
}
