/**
 * How fast an instance really is: the ratio of what its queries took to what the table says, both summed with
 * exponential forgetting, so that a large query counts for more than the milliseconds of the way there.
 */
export interface Speed {
  /** Sums of measured and expected times, ms. */
  measuredMs: number
  expectedMs: number
  observations: number
  lastMs: number
}

/** What is left of a sum after each query: about the last twelve count. */
const KEEP = 0.92

/** The table is believed as much as this many queries, less with each one. */
const TRUST = 3

/** Fewer observations than this say nothing about a type. */
const FEW = 3

/** An instance that is not asked any more is forgotten at this rate, from this time on: it may have recovered. */
const FORGET_AFTER_MS = 10_000
const FORGET_MS = 20_000

export function createSpeed(nowMs: number): Speed {
  return { measuredMs: 0, expectedMs: 0, observations: 0, lastMs: nowMs }
}

/** A query took `measuredMs` where the table says `expectedMs`. */
export function observe(speed: Speed, expectedMs: number, measuredMs: number, nowMs: number): void {
  speed.measuredMs = KEEP * speed.measuredMs + measuredMs
  speed.expectedMs = KEEP * speed.expectedMs + expectedMs
  speed.observations++
  speed.lastMs = nowMs
}

/**
 * How many times as long as the table says an instance takes.
 *
 * @param usual the factor of its type, which counts where the instance itself has said little or long ago
 */
export function factorOf(speed: Speed, usual: number, nowMs: number): number {
  if (speed.observations === 0) return usual
  const typical = speed.expectedMs / Math.min(speed.observations, 1 / (1 - KEEP))
  const prior = TRUST * typical * KEEP ** (2 * speed.observations)
  const factor = (speed.measuredMs + prior * usual) / (speed.expectedMs + prior)
  const silentMs = nowMs - speed.lastMs - FORGET_AFTER_MS
  return silentMs > 0 ? usual + (factor - usual) * Math.exp(-silentMs / FORGET_MS) : factor
}

/** The factor of a type: the median of its instances, so that one that is out of order does not count; else 1. */
export function usualFactor(speeds: readonly Speed[]): number {
  const factors = speeds
    .filter(({ observations }) => observations >= FEW)
    .map(({ measuredMs, expectedMs }) => measuredMs / expectedMs)
    .sort((a, b) => a - b)
  if (factors.length === 0) return 1
  const middle = factors.length >> 1
  return factors.length % 2 === 1 ? factors[middle] : (factors[middle - 1] + factors[middle]) / 2
}
