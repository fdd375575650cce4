import type { FleetSchedule } from '../model/fleet/plan.ts'
import type { Counts } from '../model/fleet/space.ts'
import type { ReplayedWindow } from '../model/results/plan-replay.ts'

/** The windows of a plan in a replay, and how many queries arrive in each. */
export interface ReplayWindows {
  readonly schedule: FleetSchedule
  /** The windows that have begun; a plan that is over goes on with further ones. */
  readonly opened: OpenedWindow[]
  /** By query that has arrived: its window. */
  readonly windowOf: Int32Array
}

/** A `ReplayedWindow` that is still counted. */
type OpenedWindow = { -readonly [Field in keyof ReplayedWindow]: ReplayedWindow[Field] }

/** No window has begun. @param queries all queries of the trace */
export function replayWindows(schedule: FleetSchedule, queries: number): ReplayWindows {
  return { schedule, opened: [], windowOf: new Int32Array(queries) }
}

/** When the window begins that is opened next, ms. */
export function nextWindowMs({ schedule, opened }: ReplayWindows): number {
  return opened.length * schedule.windowS * 1000
}

/** Opens the next window. @returns the counts of the plan for it; its last counts, or its first again, after its end */
export function openNext({ schedule, opened }: ReplayWindows): Counts {
  const { counts: plan, windowS, cyclic } = schedule
  const w = opened.length
  const counts = plan[cyclic ? w % plan.length : Math.min(w, plan.length - 1)]
  opened.push({ startS: w * windowS, counts, queries: 0, violations: 0 })
  return counts
}

/** A query arrives in the window that was opened last. */
export function countArrival({ opened, windowOf }: ReplayWindows, query: number): void {
  windowOf[query] = opened.length - 1
  opened[windowOf[query]].queries++
}

/** A query that has arrived is not served within QoS. */
export function countViolation({ opened, windowOf }: ReplayWindows, query: number): void {
  opened[windowOf[query]].violations++
}

/**
 * Ends the windows after the last event, and drops those after the plan in which no query arrives.
 *
 * @returns until when the instances are paid for, ms: a window of the plan to its end, what runs after the plan until
 *   the last query is served
 */
export function endWindows({ schedule, opened, windowOf }: ReplayWindows, lastMs: number): number {
  const { counts: plan, windowS, cyclic } = schedule
  const arrivedIn = 1 + (windowOf.at(-1) ?? -1)
  const planned = cyclic ? Math.max(plan.length, arrivedIn) : plan.length
  const endMs = Math.max(lastMs, Math.min(opened.length, planned) * windowS * 1000)
  opened.length = Math.min(opened.length, Math.max(planned, arrivedIn))
  return endMs
}
