/** What a method and its server know of a call. */
import type { Headers } from '../headers.ts'
import type { status } from '../status.ts'

/** A call of a client. */
export interface ServerCall {
  readonly path: string
  /** Headers of the client that are forwarded. */
  readonly headers: Headers | undefined
  /** Time until the deadline of the client when the call began, ms; Infinity without one. */
  readonly timeoutMs: number
  /** Sends one of several messages. */
  send(message: Buffer): void
  /** Sends the only message and ends the call with OK, after the client has sent all of its messages. */
  finish(message: Buffer, headers?: Headers, trailers?: Headers): void
  /** Ends the call, with OK unless there is a problem. Later calls do nothing. */
  end(ending?: Ending): void
  /** The method no longer needs this message; its bytes stop counting. When the call ends, none count. */
  release(message: Buffer): void
  /** Stops and resumes reading of messages. */
  pause(): void
  resume(): void
}

export interface Ending {
  readonly code: status
  readonly details: string
  readonly headers?: Headers | undefined
  readonly trailers?: Headers | undefined
}

/** The side of a method in one call. */
export interface CallHandler {
  message(message: Buffer): void
  /** The client sends no more messages. */
  ended(): void
  /** The client has cancelled or is gone, its deadline has passed, or its bytes are refused. Never after `end`. */
  cancelled(): void
}
