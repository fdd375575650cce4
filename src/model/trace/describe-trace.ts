import { mean, quantileSorted, sampleVariance, standardDeviation } from 'simple-statistics'
import type { Dispersion, RateWindow, SizeStep, TraceDescription } from '../results/trace-description.ts'
import { checkTrace, rateOf, type Trace } from './trace.ts'

/** Windows of the rate over time: as many columns as fit a terminal. */
const RATE_WINDOWS = 60

/** Lengths of window for the index of dispersion: powers of ten to 10 s, then a minute and an hour. */
const DISPERSION_MS = [1, 10, 100, 1_000, 10_000, 60_000, 3_600_000]

/** With fewer windows, or fewer queries in a window on average, the variance of the counts is not estimated. */
const FEWEST_WINDOWS = 20
const FEWEST_QUERIES = 1

/** Most steps of the histogram. */
const SIZE_STEPS = 20

/** Describes a trace of at least one query (see `checkTrace`). */
export function describeTrace(trace: Trace): TraceDescription {
  checkTrace(trace)
  const { arrivalMs } = trace
  const queries = arrivalMs.length
  const durationMs = arrivalMs[queries - 1] - arrivalMs[0]
  const rate = rateOf(trace)
  const timed = !Number.isNaN(rate)
  const gaps = timed ? gapsOf(arrivalMs) : undefined
  const sorted = trace.batchSize.slice().sort()
  return {
    queries,
    durationMs,
    rate: timed ? rate : null,
    rateOverTime: timed ? rateOverTime(arrivalMs, durationMs) : [],
    gapMeanMs: gaps ? mean(list(gaps)) : null,
    gapCv: gaps ? standardDeviation(list(gaps)) / mean(list(gaps)) : null,
    indexOfDispersion: timed ? dispersions(arrivalMs, durationMs) : [],
    sizes: {
      min: sorted[0],
      mean: mean(list(sorted)),
      p50: quantileSorted(list(sorted), 0.5),
      p90: quantileSorted(list(sorted), 0.9),
      p99: quantileSorted(list(sorted), 0.99),
      max: sorted[queries - 1],
    },
    histogram: histogram(sorted),
  }
}

function gapsOf(arrivalMs: Float64Array): Float64Array {
  const gaps = new Float64Array(arrivalMs.length - 1)
  for (let i = 0; i < gaps.length; i++) gaps[i] = arrivalMs[i + 1] - arrivalMs[i]
  return gaps
}

function rateOverTime(arrivalMs: Float64Array, durationMs: number): RateWindow[] {
  const windows = Math.min(RATE_WINDOWS, arrivalMs.length)
  const lengthMs = durationMs / windows
  // the last window is closed on both sides: the last arrival belongs to it
  const counts = new Float64Array(windows)
  for (const at of arrivalMs) counts[Math.min(windows - 1, Math.floor((at - arrivalMs[0]) / lengthMs))]++
  return Array.from(counts, (queries, i) => ({
    fromMs: arrivalMs[0] + i * lengthMs,
    toMs: i === windows - 1 ? arrivalMs[arrivalMs.length - 1] : arrivalMs[0] + (i + 1) * lengthMs,
    queries,
    rate: (1000 * queries) / lengthMs,
  }))
}

function dispersions(arrivalMs: Float64Array, durationMs: number): Dispersion[] {
  const found: Dispersion[] = []
  for (const windowMs of DISPERSION_MS) {
    const windows = Math.floor(durationMs / windowMs)
    if (windows < FEWEST_WINDOWS || arrivalMs.length < FEWEST_QUERIES * windows) continue
    const counts = new Float64Array(windows)
    for (const at of arrivalMs) {
      // queries after the last whole window are not counted
      const window = Math.floor((at - arrivalMs[0]) / windowMs)
      if (window < windows) counts[window]++
    }
    found.push({ windowMs, windows, index: sampleVariance(list(counts)) / mean(list(counts)) })
  }
  return found
}

function histogram(sorted: Float64Array): SizeStep[] {
  const largest = sorted[sorted.length - 1]
  // sizes are whole numbers of items: with a step of half an item every other line would be empty
  const step = largest >= 1 ? Math.max(1, roundStep(largest / SIZE_STEPS)) : roundStep(largest / SIZE_STEPS)
  const steps: SizeStep[] = []
  let seen = 0
  for (let k = 1; seen < sorted.length; k++) {
    const upTo = k * step
    const before = seen
    while (seen < sorted.length && sorted[seen] <= upTo) seen++
    steps.push({ upTo, count: seen - before, share: (seen - before) / sorted.length })
  }
  return steps
}

/** The smallest 1, 2 or 5 times a power of ten that is not below `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step))
  return power * ([1, 2, 5].find((digit) => digit * power >= step) ?? 10)
}

// The library reads its lists by index only, so a million numbers need not be copied into an array.
function list(values: Float64Array): number[] {
  return values as unknown as number[]
}
