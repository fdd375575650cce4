import type { Workload } from '../../../model/workload/workload.ts'
import { LARGE_FLEET_SLOTS, type Request, type Slot } from '../fleet/attempt.ts'
import type { Slots } from '../fleet/slots.ts'
import type { Job } from '../job.ts'
import { createPlanner, type Place, type Plan } from './plan.ts'

/** The share of the target that is kept in reserve, as in the published matching. */
const MARGIN = 0.02

/**
 * Extra margin under overload: this share of the target, times the share of requests refused. A shorter queue still
 * keeps the servers busy and absorbs delays of router and clients.
 */
const OVERLOAD_MARGIN = 0.35

/** The same for decisions: policies finish requests just before they are late, so they count as older by this share. */
const OVERLOAD_AGE = 0.1

/** The plan of a large fleet is made anew after this share of the target, and after this time at most, ms. */
const RENEWED_SHARE = 0.02
const RENEWED_MS = 50

/** The expected latency of one more query. */
export interface ExpectedLatency {
  /** From its arrival, ms; Infinity without a server. */
  readonly latencyMs: number
  /** The largest latency that counts as in time, ms. */
  readonly limitMs: number
  readonly isLate: boolean
  /** Where it is planned. */
  readonly place: Place | undefined
}

/** What a job would wait for. */
interface Waiting {
  /** The requests that wait already, which may be read twice. */
  readonly requests: ReadonlyMap<number, Request>
  /** Those of the servers that are up. */
  readonly slots: Pick<Slots, 'all' | 'size'>
  readonly nowMs: number
}

/**
 * The expected latency of jobs behind the requests that wait, on the servers that are up.
 *
 * @param refused the share of the requests that is refused for lateness
 */
export function createLateness(workload: Workload, refused: { readonly share: number }) {
  const { qosMs, batching } = workload
  const limitMs = (1 - MARGIN) * qosMs
  const planOf = createPlanner(workload, limitMs)
  const renewedMs = Math.min(RENEWED_MS, RENEWED_SHARE * limitMs)
  /** The plan of a large fleet, which each accepted request continues: a request costs the same with 1,000 servers. */
  let kept: Plan | undefined
  let keptSinceMs = -Infinity

  function placeOf({ arrivalMs }: Job, bin: number, before: Waiting): Place | undefined {
    const { requests, slots, nowMs } = before
    if (slots.size > LARGE_FLEET_SLOTS) {
      if (kept === undefined || nowMs - keptSinceMs > renewedMs) {
        kept = planOf({ groups: byType(slots.all()), waiting: requests.values(), joins: true, nowMs })
        keptSinceMs = nowMs
      }
      return kept.place(bin, arrivalMs, nowMs)
    }
    kept = undefined
    const groups = Array.from(slots.all(), (slot) => [slot])
    const place = (joins: boolean) =>
      planOf({ groups, waiting: requests.values(), joins, nowMs }).place(bin, arrivalMs, nowMs)
    const alone = place(false)
    // batches do not always help: the better of two plans counts
    const joined = batching ? place(true) : undefined
    return joined && alone && joined.doneMs < alone.doneMs ? joined : alone
  }

  return {
    expected(job: Job, bin: number, before: Waiting): ExpectedLatency {
      const place = placeOf(job, bin, before)
      const latencyMs = (place?.doneMs ?? Infinity) - job.arrivalMs
      const promisedMs = limitMs - OVERLOAD_MARGIN * refused.share * qosMs
      return { latencyMs, limitMs: promisedMs, isLate: latencyMs > promisedMs, place }
    },
    /** A job has been accepted with that expectation. */
    accepted({ arrivalMs }: Job, bin: number, { place }: ExpectedLatency): void {
      if (place) kept?.take(place, bin, arrivalMs)
    },
    /** The arrival of a request for decisions: earlier while many are refused. */
    countedArrivalMs: (arrivalMs: number) => arrivalMs - OVERLOAD_AGE * refused.share * qosMs,
  }
}

function byType(slots: Iterable<Slot>): Iterable<Slot[]> {
  const groups = new Map<number, Slot[]>()
  for (const slot of slots) {
    const group = groups.get(slot.member.type)
    if (group) group.push(slot)
    else groups.set(slot.member.type, [slot])
  }
  return groups.values()
}
