/**
 * How long replays are, in units of QoS. At an overload of share d the first query is late after about 0.5 QoS / d, so
 * late queries do not show an overload below 0.5% in a replay of 100 QoS. The growth of the queue shows half of that
 * (see queue.ts).
 */

import { fewestQueries } from '../model/results/latencies.ts'
import type { Workload } from '../model/workload/workload.ts'

/** Chooses the number of queries by the fleet. */
export const AUTO = 'auto'

/** The time in which queries arrive at the rate of the fleet, in QoS. */
const LENGTH_QOS = 100

/** The fewest queries: at the 99th percentile 200 of them may be late. The most: a replay takes less than a second. */
const FEWEST = 20_000
const MOST = 200_000

/**
 * How many queries may be late, at least. Where two may be, a replay allows what makes 2.7 late on average: at the
 * 99.99th percentile 4% to 9% more than the long run does.
 */
const LATE = 20

/**
 * The number of queries of a replay that is long enough for a fleet, MOST at the most.
 *
 * @param rate queries per second that the fleet can serve
 */
export function enoughQueries(
  { qosMs, percentile }: Pick<Workload, 'qosMs' | 'percentile'>,
  rate: number,
): number {
  const queries = 1000 * Math.ceil((LENGTH_QOS * (qosMs / 1000) * rate) / 1000)
  const late = LATE * fewestQueries(percentile)
  return Math.min(MOST, Math.max(FEWEST, queries, late))
}
