/**
 * How many times as long as the latency table says a server takes: the ratio of its measured and its expected service
 * times, both summed with exponential forgetting, so that a long query counts for more than the constant overhead of a
 * call. This is the only place where the router learns it; the dispatcher is told.
 *
 * Without fresh observations an estimate returns to the table. Otherwise a server that gets no requests because of its
 * estimate would never be observed again.
 */
export interface Observations {
  /** Sums of measured and expected service times, ms. */
  measuredMs: number
  expectedMs: number
  /** Queries in the sums; a fraction after a silence. */
  count: number
  /** The time of the last one, ms. */
  lastMs: number
  /** The same sums over the last observations in a row that were far below the estimate. */
  readonly faster: { measuredMs: number; expectedMs: number; count: number }
}

/** The share of a sum that is kept at each query: about the last twelve count. */
const KEEP = 0.92

/** Queries that the sums contain at most. */
const MEMORY = 1 / (1 - KEEP)

/** Prior weight of the table in queries; it falls with each observation. */
const PRIOR = 3

/** Fewer observations of a server are not used for its type. */
const LEAST_FOR_TYPE = 3

/**
 * An estimate is forgotten after a silence: not at all until the first time, and entirely after the second one more, ms.
 * The sum has to be well below the five seconds within which a router recovers from a disturbance.
 */
const FORGET_AFTER_MS = 500
const FORGET_MS = 1_500

/** After this many observations in a row below this share of the estimate, the server has recovered. */
const RECOVERED_AFTER = 3
const RECOVERED = 0.6

/** The dispatcher is told slowdowns on a grid of this ratio: equal slowdowns make its decisions cheaper. */
const GRID = 1.05

/** A change to less than this part of a step of the grid is not told. */
const TOLERANCE = 0.75

export function createObservations(nowMs: number): Observations {
  const faster = { measuredMs: 0, expectedMs: 0, count: 0 }
  return { measuredMs: 0, expectedMs: 0, count: 0, lastMs: nowMs, faster }
}

/** The weight of an estimate by its age, 0 to 1. */
function freshness({ lastMs }: Observations, nowMs: number): number {
  return Math.max(0, Math.min(1, 1 - (nowMs - lastMs - FORGET_AFTER_MS) / FORGET_MS))
}

/** Adds a query that took `measuredMs` where the table says `expectedMs`. */
export function observe(seen: Observations, expectedMs: number, measuredMs: number, nowMs: number): void {
  const { faster } = seen
  if (measuredMs * seen.expectedMs < RECOVERED * expectedMs * seen.measuredMs) {
    faster.measuredMs += measuredMs
    faster.expectedMs += expectedMs
    faster.count++
  } else Object.assign(faster, { measuredMs: 0, expectedMs: 0, count: 0 })
  if (faster.count === RECOVERED_AFTER) {
    // older observations are dropped
    Object.assign(seen, faster)
    Object.assign(faster, { measuredMs: 0, expectedMs: 0, count: 0 })
  } else {
    const fresh = freshness(seen, nowMs)
    seen.measuredMs = KEEP * fresh * seen.measuredMs + measuredMs
    seen.expectedMs = KEEP * fresh * seen.expectedMs + expectedMs
    seen.count = fresh * Math.min(seen.count, MEMORY) + 1
  }
  seen.lastMs = nowMs
}

/**
 * The slowdown of a server.
 *
 * @param usual the slowdown of its type, which counts where there are few observations or only old ones
 */
export function slowdownOf(seen: Observations, usual: number, nowMs: number): number {
  const fresh = freshness(seen, nowMs)
  if (seen.count === 0 || fresh === 0) return usual
  const typicalMs = seen.expectedMs / Math.min(seen.count, MEMORY)
  const priorMs = PRIOR * typicalMs * KEEP ** (2 * seen.count)
  const slowdown = (seen.measuredMs + priorMs * usual) / (seen.expectedMs + priorMs)
  return usual * (slowdown / usual) ** fresh
}

/**
 * The slowdown of a type: the median of its servers, so that a single one that is out of order has no influence; 1 if
 * none has fresh observations.
 */
export function usualSlowdown(servers: readonly Observations[], nowMs: number): number {
  const slowdowns = servers
    .filter((seen) => seen.count >= LEAST_FOR_TYPE && freshness(seen, nowMs) > 0)
    .map((seen) => (seen.measuredMs / seen.expectedMs) ** freshness(seen, nowMs))
    .sort((a, b) => a - b)
  if (slowdowns.length === 0) return 1
  const middle = slowdowns.length >> 1
  return slowdowns.length % 2 === 1 ? slowdowns[middle] : (slowdowns[middle - 1] + slowdowns[middle]) / 2
}

/** What the dispatcher is told of a slowdown, after it was told `before`. */
export function onGrid(slowdown: number, before: number): number {
  const steps = Math.log(slowdown) / Math.log(GRID)
  const stepsBefore = Math.log(before) / Math.log(GRID)
  return Math.abs(steps - stepsBefore) < TOLERANCE ? before : GRID ** Math.round(steps)
}
