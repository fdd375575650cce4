import type { QueueOverTime, Verdict } from '../model/results/replay.ts'

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
 * Judges the queue by its mean length in each quarter of the time in which queries arrive. A queue is long if more
 * queries wait than a dispatcher looks at: two for each instance.
 *
 * - `stable`: it is long in no quarter;
 * - `overloaded`: it is long in the last quarter and grew from the second to the third and from the third to the last:
 *   queries arrive faster than they are served;
 * - `backlogged`: it is long in some quarter, but does not keep growing.
 */
export function verdictOf(arrivalMs: Float64Array, startMs: Float64Array, instances: number): Verdict {
  const firstMs = arrivalMs[0]
  const lastMs = arrivalMs[arrivalMs.length - 1]
  const [first, second, third, fourth] = queueOverTime(arrivalMs, startMs, firstMs, lastMs, 4).mean
  const long = 2 * instances
  if (Math.max(first, second, third, fourth) <= long) return 'stable'
  return fourth > long && fourth > third && third > second ? 'overloaded' : 'backlogged'
}
