import type { Metadata, status } from '@grpc/grpc-js'
import type { ProtocolName } from '../protocols/registry.ts'

/** Metadata of a server's response, for the client. */
interface ResponseMetadata {
  readonly headers?: Metadata | undefined
  readonly trailers?: Metadata | undefined
}

interface Answer extends ResponseMetadata {
  readonly kind: 'answer'
  readonly response: Buffer
}

interface Refusal extends ResponseMetadata {
  readonly kind: 'refusal'
  readonly code: status
  readonly details: string
}

/** What a client gets, exactly once. */
export type Outcome = Answer | Refusal

/**
 * What went wrong where a request was not served: the server is `gone` (it cannot be reached), `hung` (it did not
 * answer in time) or `broken` (what came is no answer), or it has `answered` with an error, which may be the
 * request's fault as well as its own.
 */
export type Fault = 'gone' | 'hung' | 'broken' | 'answered'

/** A request of a client, from its arrival to its outcome. Times are ms on the clock of the router. */
export interface Job {
  readonly protocol: ProtocolName
  /** As it came over the wire. */
  readonly request: Buffer
  readonly metadata?: Metadata | undefined
  readonly batch: number
  readonly arrivalMs: number
  /** When nobody waits for the answer any more; Infinity without a deadline. */
  readonly deadlineMs: number
  settle(outcome: Outcome): void
}

/** What a server made of a job. */
export type Reply =
  | Answer
  /** The request's own fault: another server would say the same. */
  | Refusal
  /** Another server may do better. */
  | (Omit<Refusal, 'kind'> & { readonly kind: 'failure'; readonly fault: Fault })

/** One live server, whatever it speaks. */
export interface Backend {
  /**
   * Passes a job on.
   *
   * @param waitedMs how long it has waited here
   * @param timeoutMs after which the server counts as gone
   * @param replied called once, unless it is cancelled
   */
  send(job: Job, waitedMs: number, timeoutMs: number, replied: (reply: Reply) => void): { cancel(): void }
  /** What keeps the server from serving; undefined if nothing does. */
  check(timeoutMs: number): Promise<string | undefined>
  close(): void
}

/** Time as the router sees it; a test brings its own. */
export interface Clock {
  /** ms, never decreasing. */
  now(): number
  after(ms: number, work: () => void): { cancel(): void }
}
