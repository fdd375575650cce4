/**
 * The end of a replay: whether nothing is left waiting for good. Where more than a few queries may be late, a
 * policy that lets late ones yield could starve the largest of them, and be in time with the others at any rate.
 */

/** What has arrived last is served within so many times QoS, or this share of the whole time. */
const DRAIN_QOS = 3
const DRAIN_SHARE = 0.005

/** How long serving may go on after the last arrival, milliseconds. */
export function drainLimitMs(spanMs: number, qosMs: number): number {
  return Math.max(DRAIN_QOS * qosMs, DRAIN_SHARE * spanMs)
}

/**
 * How far a replay may exceed what is possible in the long run, as a share: queries that arrive until its end
 * have until then, and until that limit, to be served.
 *
 * @param rate queries a second
 */
export function excessShare(queries: number, rate: number, qosMs: number): number {
  const spanMs = (1000 * queries) / rate
  return rate > 0 ? drainLimitMs(spanMs, qosMs) / spanMs : 0
}
