/** An attempt to serve a request on a server, alone or in a batch. Times are ms on the clock of the router. */
import type { FleetServer } from '../../../model/fleet/fleet.ts'
import type { Backend } from '../backends/backend.ts'
import type { JoinLimits } from '../backends/join-limit.ts'
import type { Failure, Job } from '../job.ts'
import type { RequestState } from '../request-states.ts'
import type { Health } from './health.ts'

/** A job inside a pool. Only `createRequests` changes it. */
export interface Request {
  readonly job: Job
  /** Its number in the dispatcher. */
  readonly number: number
  readonly bin: number
  /** Whether it was accepted although it was expected to be late. */
  readonly knownLate: boolean
  readonly state: RequestState
  /** The attempt that runs; undefined in all states but `running`. */
  readonly attempt: Attempt | undefined
  /** Attempts so far. */
  readonly attempts: number
  /** The start of its current wait: its arrival, its last failure, or the first server after there was none. */
  readonly waitingSinceMs: number
  /** The servers that have failed it. */
  readonly failedOn: ReadonlySet<Member>
  /** Whether one of them hung. */
  readonly hasHung: boolean
  /** Servers that answered it with an error. The server is at fault only if another one can serve the request. */
  readonly errors: readonly ServerError[]
}

interface ServerError {
  readonly member: Member
  readonly failure: Failure
  readonly atMs: number
}

/** One attempt to serve a request on a server. */
export interface Attempt {
  readonly request: Request
  readonly batch: Batch
  call?: { cancel(): void } | undefined
}

/** The requests that start together on a slot: one, unless the workload has batching. Only `batch.ts` changes it. */
export interface Batch {
  readonly member: Member
  readonly slot: Slot
  readonly startMs: number
  /** For how long the event loop had stood still by then, ms. */
  readonly stalledMs: number
  /** The mean of the latency table for their total, ms. */
  readonly tableMs: number
  /** The longest time by the latency table, ms: of their total, or of one after another if that is longer. */
  readonly longestMs: number
  /** The attempts that have not ended. */
  readonly open: readonly Attempt[]
  /**
   * Whether its duration is a valid service-time sample: all of its requests are sent together and answered on the
   * first attempt, and the event loop stalls for no more than a tenth of it.
   */
  readonly isWhole: boolean
  /** Whether some of its requests were tried again there. */
  readonly isRepeated: boolean
}

/** A server of a pool. Only `createServerStates` changes it. */
export interface Member {
  readonly server: FleetServer
  readonly backend: Backend
  /** The index of its type in the latency table. */
  readonly type: number
  /** How many items of joined requests it takes; undefined if its requests are not joined. */
  readonly joinLimits: JoinLimits | undefined
  readonly state: 'starting' | 'up' | 'ejected' | 'removed'
  readonly health: Health
}

/** A fleet with more slots is a large one: what takes time in each is done less often, or for a type at a time. */
export const LARGE_FLEET_SLOTS = 64

/** A slot of a server. Only `createSlots` changes it. */
export interface Slot {
  readonly member: Member
  /** Its number in the dispatcher; undefined while it gets no requests. */
  readonly instance: number | undefined
  /** The batch that occupies it. If its requests are given up, it stays until the slot is expected to be idle. */
  readonly batch: Batch | undefined
  /** Why it gets no requests: requests of other pools occupy it, or its server is set aside. */
  readonly held: 'shared' | 'aside' | undefined
  /** When it is expected to be idle. */
  readonly idleMs: number
  /** When it is overdue if it is still busy, on a clock that stops in stalls, ms. */
  readonly overdueMs: number
  /** How many times as long as the latency table says it takes, as the dispatcher has learned; 1 while it is not up. */
  readonly slowdown: number
}
