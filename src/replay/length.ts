/**
 * How long replays are, in units of QoS. At an overload of share d the first query is late after about 0.5 QoS / d, so late
 * queries do not show an overload below 0.5% in a replay of 100 QoS. The growth of the queue shows half of that (see
 * queue.ts).
 */

/** Chooses the number of queries by the fleet. */
export const AUTO = 'auto'

const LENGTH_QOS = 100

/** The fewest queries, so that the 1% that may be late are some hundred, and the most, so that a replay takes no second. */
const FEWEST = 20_000
const MOST = 200_000

/**
 * The number of queries of a replay that is long enough for a fleet.
 *
 * @param rate queries per second that the fleet can serve
 */
export function fewestFor(qosMs: number, rate: number): number {
  const queries = 1000 * Math.ceil((LENGTH_QOS * (qosMs / 1000) * rate) / 1000)
  return Math.min(MOST, Math.max(FEWEST, queries))
}
