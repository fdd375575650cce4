/** What a worker and the thread that does its jobs tell each other. */
import type { WireJob } from './wire.ts'

/** What the thread is started with. */
export interface JobThreadSetting {
  readonly concurrency: number
  readonly traceRoot: string | undefined
}

/** To the thread: a job, and the content of jobs, or why there is none. */
export type ToThread =
  | { readonly kind: 'job'; readonly number: number; readonly data: WireJob }
  | { readonly kind: 'content'; readonly hash: string; readonly content: Uint8Array | Failure }

/** From the thread: what became of a job, and a hash whose content it needs. */
export type FromThread =
  | { readonly kind: 'done'; readonly number: number; readonly outcome: string | Failure }
  | { readonly kind: 'wanted'; readonly hash: string }

/** An error, of which only the message travels. */
export interface Failure {
  readonly message: string
}

export function failureOf(error: unknown): Failure {
  return { message: (error as Error).message }
}
