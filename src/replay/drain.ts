/**
 * Limits on what may still wait when a replay ends. Without them a policy that starves the largest queries could keep
 * the percentile at any rate.
 */

import type { Workload } from '../model/workload/workload.ts'
import { parkedShare } from './parked.ts'

/** The last query must start within so many times QoS, or this share of the whole time, after the last arrival. */
const DRAIN_QOS = 3
const DRAIN_SHARE = 0.005

/** How long after the last arrival queries may start, ms. How long they take does not count: they no longer wait. */
export function drainLimitMs(spanMs: number, qosMs: number): number {
  return Math.max(DRAIN_QOS * qosMs, DRAIN_SHARE * spanMs)
}

/** With batches: the share of all items that may wait after the last arrival, unless they arrive within one QoS. */
const BACKLOG_SHARE = 0.002

/** How many items may wait after the last arrival, of `size` that arrive in `spanMs`. */
export function backlogLimit(size: number, spanMs: number, qosMs: number): number {
  return size * Math.max(BACKLOG_SHARE, spanMs > 0 ? qosMs / spanMs : 1)
}

/**
 * By what share a replay may exceed the long-run throughput: by the queries that it does not finish before the last
 * arrival. Those that wait then have waited up to QoS, or are parked. Those that are being served are taken to end
 * within QoS. A service of many times QoS, which only late queries have, may exceed the throughput by as much more.
 *
 * @param rate queries per second
 */
export function excessShare(
  queries: number,
  rate: number,
  { qosMs, percentile }: Pick<Workload, 'qosMs' | 'percentile'>,
): number {
  const spanMs = (1000 * queries) / rate
  return rate > 0 ? qosMs / spanMs + parkedShare(percentile) : 0
}
