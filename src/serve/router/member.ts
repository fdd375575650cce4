import type { status } from '@grpc/grpc-js'
import type { FleetServer } from '../../model/fleet.ts'
import type { Backend, Job } from './job.ts'
import type { Speed } from './speed.ts'

/** A job inside a pool. */
export interface Work {
  readonly job: Job
  /** Its number with the dispatcher. */
  readonly number: number
  readonly bin: number
  /** Whether it was accepted although it was going to be late. */
  readonly knownLate: boolean
  tries: number
  /** Since when it waits for its turn, ms: its arrival, when its last try failed, or when a first server came. */
  waitingMs: number
  /** Servers that have failed it. */
  readonly failedOn: Set<Member>
  /** Whether one of them did not answer in time. */
  hung: boolean
  /** Those that have answered with an error: their fault only if another one can serve it. */
  readonly doubts: Doubt[]
  /** Where it runs, if it does. */
  run?: Run | undefined
}

/** A server that has answered a job with an error. */
interface Doubt {
  readonly member: Member
  readonly code: status
  /** ms */
  readonly atMs: number
}

/** One try of a job on a server. */
export interface Run {
  readonly work: Work
  readonly member: Member
  readonly startMs: number
  /** What the table says that it takes, ms. */
  readonly tableMs: number
  call?: { cancel(): void } | undefined
}

/** A server of a pool. */
export interface Member {
  readonly server: FleetServer
  readonly backend: Backend
  /** Row of the latency table. */
  readonly type: number
  state: 'starting' | 'up' | 'ejected' | 'removed'
  /** Its number with the dispatcher, while it is up. */
  number: number | undefined
  /** What it is busy with; also a try that was given up, until it is likely to be over. */
  run: Run | undefined
  /** When it is expected to be idle, ms. */
  idleMs: number
  speed: Speed
  /** How many times as long as its table says it takes, and the grade that the dispatcher knows it in. */
  factor: number
  grade: number
  /** Failures without an answer between them. */
  failures: number
  /** Checks in a row that it missed, and what was wrong in the last. */
  missed: number
  trouble: string | undefined
  /** Since when it is out, and not before which time it returns unless it is needed, ms. */
  outSinceMs: number
  outUntilMs: number
  /** Ejections in a row, for ever longer pauses, and when it returned from the last. */
  ejections: number
  returnedMs: number
  /** Whether it was taken out for being slow the last time: then a single request that is far too slow is enough. */
  wasSlow: boolean
  /** Its last queries in a row that were far too slow. */
  slowInRow: number
  /** The next check. */
  check: { cancel(): void } | undefined
}

/** A server as others see it. */
export interface ServerStatus extends FleetServer {
  readonly state: Exclude<Member['state'], 'removed'>
  readonly inFlight: number
  /** How many times as long as its table says it takes. */
  readonly factor: number
}

export function statusOf({ server, state, run, factor }: Member): ServerStatus {
  return { ...server, state: state as ServerStatus['state'], inFlight: run ? 1 : 0, factor }
}
