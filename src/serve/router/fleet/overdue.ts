/** Slots that take longer than expected: when one is overdue, and what its answer says of its server then. */
import { dot } from '../../../model/dot.ts'
import { binProbabilities, type Workload } from '../../../model/workload/workload.ts'

/** A slot is overdue after this many times the time that it was expected to take. */
const OVERDUE_FACTOR = 2

/**
 * It is not overdue before it is late by this share of the target. Overhead of a few ms a call is several times what
 * the table says of a small request.
 */
const OVERDUE_SHARE = 0.2

/** How many earlier queries count in a slowdown: about as many as in the kernel. */
const EARLIER_QUERIES = 12

/**
 * After how long a slot is overdue, ms.
 *
 * @param longestMs the longest time of the latency table: a slot is not overdue before
 */
export function overdueAfterMs(expectedMs: number, longestMs: number, qosMs: number): number {
  return Math.max(OVERDUE_FACTOR * expectedMs, longestMs, expectedMs + OVERDUE_SHARE * qosMs)
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
