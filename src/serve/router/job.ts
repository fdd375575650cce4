import type { Metadata, status } from '@grpc/grpc-js'

export type Protocol = 'scheduler' | 'inference'

/** What a client gets, exactly once. */
export type Outcome =
  | { readonly kind: 'answer'; readonly response: Buffer }
  | { readonly kind: 'refusal'; readonly code: status; readonly details: string }

/** A request of a client, from its arrival to its outcome. Times are ms on the clock of the router. */
export interface Job {
  readonly protocol: Protocol
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
  | { readonly kind: 'answer'; readonly response: Buffer }
  /** The request's own fault: another server would say the same. */
  | { readonly kind: 'refusal'; readonly code: status; readonly details: string }
  /** The server's fault: another one may do better. `gone`: it cannot be reached, or does not answer. */
  | { readonly kind: 'failure'; readonly code: status; readonly details: string; readonly gone: boolean }

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
