/** Slots that take longer than expected: when one is overdue, and what its answer says of its server then. */
import { dot } from '../../../model/dot.ts'
import { binProbabilities, type Workload } from '../../../model/workload/workload.ts'
import type { Clock } from '../../clock.ts'
import type { Slot } from './attempt.ts'

/** A slot is overdue after this many times the time that it was expected to take. */
const OVERDUE_FACTOR = 2

/**
 * It is not overdue before it is late by this share of the target. Overhead of a few ms a call is several times what
 * the table says of a small request.
 */
const OVERDUE_SHARE = 0.2

/** How many earlier queries count in a slowdown: about as many as in the kernel. */
const EARLIER_QUERIES = 12

/** When busy slots are overdue, ms on a clock that stops in stalls: a stall makes no slot overdue. */
export function createOverdue(clock: Clock, qosMs: number) {
  /** No busy slot is overdue before: reading all slots of a large fleet takes as long as a decision. */
  let earliestMs = Infinity
  const runningMs = () => clock.now() - clock.stalledMs()
  return {
    /**
     * When a slot is overdue that is busy from now on.
     *
     * @param longestMs the longest time of the latency table: a slot is not overdue before
     */
    expect(expectedMs: number, longestMs: number): number {
      const afterMs = Math.max(OVERDUE_FACTOR * expectedMs, longestMs, expectedMs + OVERDUE_SHARE * qosMs)
      const overdueMs = runningMs() + afterMs
      earliestMs = Math.min(earliestMs, overdueMs)
      return overdueMs
    },
    /**
     * Calls `leave` for each busy slot that is overdue.
     *
     * @returns 0 if there was one, and otherwise how many ms it takes at least until one is overdue
     */
    forEach<Any extends Slot>(slots: Iterable<Any>, leave: (slot: Any) => void): number {
      const nowMs = runningMs()
      if (nowMs < earliestMs) return earliestMs - nowMs
      earliestMs = Infinity
      let hasLeft = false
      for (const slot of slots) {
        if (slot.batch === undefined && slot.held === undefined) continue
        if (slot.overdueMs > nowMs) earliestMs = Math.min(earliestMs, slot.overdueMs)
        else {
          leave(slot)
          hasLeft = true
        }
      }
      return hasLeft ? 0 : earliestMs - nowMs
    },
  }
}

/** How long a query of the mix takes on average by the latency table, ms, by type. */
export function meanQueryMs(workload: Workload): Float64Array {
  const { types, batchSizes, meanMs } = workload.latency
  const bins = batchSizes.length
  const shares = binProbabilities(workload)
  return Float64Array.from(types, (_, type) => dot(shares, meanMs.subarray(type * bins, (type + 1) * bins)))
}

/**
 * The slowdown of a slot after one more batch. A long batch counts for more than a short one, which says more of the
 * constant overhead of a call.
 *
 * @param queryMs what a query of the mix takes by the latency table
 */
export function slowdownAfter(slowdown: number, tookMs: number, tableMs: number, queryMs: number): number {
  const earlierMs = EARLIER_QUERIES * queryMs
  return (slowdown * earlierMs + tookMs) / (earlierMs + tableMs)
}
