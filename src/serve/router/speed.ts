/**
 * How fast an instance really is: the ratio of what its queries took to what the table says, both summed with
 * exponential forgetting, so that a large query counts for more than the milliseconds of the way there.
 *
 * An estimate without fresh observations returns to the table. Otherwise an instance whose estimate keeps requests
 * away from it would never be observed again.
 */
export interface Speed {
  /** Sums of measured and expected times, ms. */
  measuredMs: number
  expectedMs: number
  /** Queries that the sums stand for; a fraction after a silence. */
  observations: number
  lastMs: number
  /** For how long there has been no other, ms; less where there was no hurry. */
  silentMs: number
  /** The same sums over the last observations in a row that were far below the estimate. */
  readonly faster: { measuredMs: number; expectedMs: number; observations: number }
}

/** What is left of a sum after each query: about the last twelve count. */
const KEEP = 0.92

/** So many queries the sums stand for at most. */
const MEMORY = 1 / (1 - KEEP)

/** The table is believed as much as this many queries, less with each one. */
const TRUST = 3

/** Fewer observations than this say nothing about a type. */
const FEW = 3

/**
 * An estimate is forgotten after a silence of so long, gradually during the given time, ms. Together they have to be
 * well below the five seconds in which a router serves at full rate again after a disturbance.
 */
const FORGET_AFTER_MS = 500
const FORGET_MS = 1_500

/** While all requests are served in time there is no hurry: silence counts so much. */
const NO_HURRY = 0.1

/** So many observations in a row below this share of the estimate: the instance has recovered, the rest is forgotten. */
const RECOVERED = 0.6
const RECOVERED_AFTER = 3

export function createSpeed(nowMs: number): Speed {
  const faster = { measuredMs: 0, expectedMs: 0, observations: 0 }
  return { measuredMs: 0, expectedMs: 0, observations: 0, lastMs: nowMs, silentMs: 0, faster }
}

/** The share of an estimate that still counts, 0 to 1. */
function freshness({ silentMs }: Speed): number {
  return Math.max(0, Math.min(1, 1 - (silentMs - FORGET_AFTER_MS) / FORGET_MS))
}

/** Some time has passed. */
export function age(speed: Speed, ms: number, inHurry: boolean): void {
  speed.silentMs += inHurry ? ms : NO_HURRY * ms
}

/** A query took `measuredMs` where the table says `expectedMs`. */
export function observe(speed: Speed, expectedMs: number, measuredMs: number, nowMs: number): void {
  const { faster } = speed
  if (measuredMs * speed.expectedMs < RECOVERED * expectedMs * speed.measuredMs) {
    faster.measuredMs += measuredMs
    faster.expectedMs += expectedMs
    faster.observations++
  } else Object.assign(faster, { measuredMs: 0, expectedMs: 0, observations: 0 })
  if (faster.observations === RECOVERED_AFTER) {
    Object.assign(speed, faster)
    Object.assign(faster, { measuredMs: 0, expectedMs: 0, observations: 0 })
  } else {
    const fresh = freshness(speed)
    speed.measuredMs = KEEP * fresh * speed.measuredMs + measuredMs
    speed.expectedMs = KEEP * fresh * speed.expectedMs + expectedMs
    speed.observations = fresh * Math.min(speed.observations, MEMORY) + 1
  }
  speed.lastMs = nowMs
  speed.silentMs = 0
}

/**
 * How many times as long as the table says an instance takes.
 *
 * @param usual the factor of its type, which counts where the instance itself has said little or not lately
 */
export function factorOf(speed: Speed, usual: number): number {
  const fresh = freshness(speed)
  if (speed.observations === 0 || fresh === 0) return usual
  const typical = speed.expectedMs / Math.min(speed.observations, MEMORY)
  const prior = TRUST * typical * KEEP ** (2 * speed.observations)
  const factor = (speed.measuredMs + prior * usual) / (speed.expectedMs + prior)
  return usual * (factor / usual) ** fresh
}

/**
 * The factor of a type: the median of its instances, so that one that is out of order does not count; 1 where none
 * has been observed lately.
 */
export function usualFactor(speeds: readonly Speed[]): number {
  const factors = speeds
    .filter((speed) => speed.observations >= FEW && freshness(speed) > 0)
    .map((speed) => (speed.measuredMs / speed.expectedMs) ** freshness(speed))
    .sort((a, b) => a - b)
  if (factors.length === 0) return 1
  const middle = factors.length >> 1
  return factors.length % 2 === 1 ? factors[middle] : (factors[middle - 1] + factors[middle]) / 2
}
