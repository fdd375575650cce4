// The gaps between arrivals, for light load (light.ts).

import { Dispatcher } from '../layout/dispatcher'
import { smaller } from '../rank/extremes'

/** The weight of the last gap between arrivals in the means of their square roots is one over these. */
const FEW_GAPS: f64 = 64
const MANY_GAPS: f64 = 512

/**
 * Updates both means of the square roots of gaps. They are the same up to the first FEW_GAPS queries. A query that
 * arrived before the last known one is a retry, and does not count.
 */
export function learnGap(dispatcher: Dispatcher, arrival: f64): void {
  if (dispatcher.arrived == 0) {
    dispatcher.lastArrival = arrival
    return
  }
  if (arrival < dispatcher.lastArrival) return
  const root = Math.sqrt(arrival - dispatcher.lastArrival)
  const many = min(MANY_GAPS, max(FEW_GAPS, dispatcher.everArrived))
  dispatcher.rootGap += (root - dispatcher.rootGap) / FEW_GAPS
  dispatcher.longRootGap += (root - dispatcher.longRootGap) / many
  dispatcher.lastArrival = arrival
}

/**
 * The mean gap of the Poisson process whose gaps have square roots with the same mean m as those so far, ms: 4 m^2/pi.
 * Where arrivals come in bursts, which need each instance, it is far below the mean gap of all arrivals. Of two means
 * m the smaller one counts: that of the last gaps shows a rising rate soon, that of many does not take pauses between
 * bursts for light load.
 */
export function steadyGap(dispatcher: Dispatcher): f64 {
  const root = smaller(dispatcher.rootGap, dispatcher.longRootGap)
  return (4 / Math.PI) * root * root
}
