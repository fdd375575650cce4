import type { QueueOverTime, Verdict } from '../model/results/replay.ts'

/** The smallest overload that a growing queue must show, as a share of the arrival rate. */
const OVERLOAD = 0.0025

/** By how much the number of busy instances varies, as a multiple of the square root of all. */
const VARIATION = 4

/** A queue is long if more queries than this wait for each instance. */
const LONG_PER_INSTANCE = 2

/**
 * The number of waiting queries over time.
 *
 * @param arrivalMs n arrivals, never decreasing
 * @param startMs n starts, in any order
 * @param intervals the number of intervals of equal length from `fromMs` to `toMs`
 */
export function queueOverTime(
  arrivalMs: Float64Array,
  startMs: Float64Array,
  fromMs: number,
  toMs: number,
  intervals: number,
): QueueOverTime {
  const started = startMs.slice().sort()
  const queries = arrivalMs.length
  const edgesMs = Float64Array.from({ length: intervals + 1 }, (_, k) => {
    return k === intervals ? toMs : fromMs + (k / intervals) * (toMs - fromMs)
  })
  const mean = new Float64Array(intervals)
  const most = new Float64Array(intervals)
  let arrivals = 0
  let starts = 0
  let timeMs = fromMs
  // events at one time are simultaneous: a query that starts when it arrives has not waited
  const advance = (nowMs: number) => {
    while (arrivals < queries && arrivalMs[arrivals] <= nowMs) arrivals++
    while (starts < queries && started[starts] <= nowMs) starts++
    timeMs = nowMs
  }
  advance(fromMs)
  for (let k = 0; k < intervals; k++) {
    let area = 0
    most[k] = arrivals - starts
    while (timeMs < edgesMs[k + 1]) {
      const nextMs = Math.min(arrivalMs[arrivals] ?? Infinity, started[starts] ?? Infinity, edgesMs[k + 1])
      area += (arrivals - starts) * (nextMs - timeMs)
      advance(nextMs)
      most[k] = Math.max(most[k], arrivals - starts)
    }
    const lengthMs = edgesMs[k + 1] - edgesMs[k]
    mean[k] = lengthMs > 0 ? area / lengthMs : most[k]
  }
  return { edgesMs, mean, most }
}

/**
 * Judges the queue by its mean length in each quarter of the time in which queries arrive:
 *
 * - `overloaded`: it grows from quarter to quarter, so queries arrive faster than they are served (see `isGrowing`);
 * - `backlogged`: it does not grow, but is long in some quarter: more than two queries wait for each instance;
 * - `stable`: neither.
 */
export function verdictOf(arrivalMs: Float64Array, startMs: Float64Array, instances: number): Verdict {
  const firstMs = arrivalMs[0]
  const lastMs = arrivalMs[arrivalMs.length - 1]
  const { mean } = queueOverTime(arrivalMs, startMs, firstMs, lastMs, 4)
  if (isGrowing(mean, arrivalMs.length, instances)) return 'overloaded'
  return mean.some((length) => length > LONG_PER_INSTANCE * instances) ? 'backlogged' : 'stable'
}

/**
 * Whether a queue keeps growing from the second quarter on, by more than the number of busy instances varies (a few
 * times the square root of all) and by more than an overload of 0.25% would make it grow between these quarters.
 *
 * @param mean the mean length in each quarter of the time in which queries arrive
 */
export function isGrowing(
  [, second, third, fourth]: ArrayLike<number> & Iterable<number>,
  queries: number,
  instances: number,
): boolean {
  // at an overload of share d, d · queries wait at the end: from quarter 2 to 4 the mean queue grows by half of that
  const growth = Math.max(VARIATION * Math.sqrt(instances), (OVERLOAD * queries) / 2)
  return fourth > third && third > second && fourth - second > growth
}
