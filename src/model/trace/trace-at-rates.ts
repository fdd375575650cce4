import { refuseLarge, refuseUsage } from '../errors.ts'
import type { Mix } from '../workload/workload.ts'
import { generateTrace } from './generate-trace.ts'
import { MAX_QUERIES, type Trace } from './trace.ts'

/** What `traceAtRates` draws a trace from. */
export interface RatesRecipe {
  /** Queries per second by window. */
  readonly rateQps: readonly number[]
  /** The length of a window, seconds. */
  readonly windowS: number
  readonly seed: number
  readonly mix: Mix
}

/** So many standard deviations more queries than expected are drawn: in no practical case are they too few. */
const SPARE_DEVIATIONS = 8

/**
 * Draws Poisson arrivals whose rate is that of each window, and no arrival after the last one. Arrivals at one query a
 * second are moved to the time at which as many queries are expected.
 *
 * @throws KairosError BAD_USAGE where fewer than one query is expected; TOO_LARGE for more than 2^26 queries
 */
export function traceAtRates({ rateQps, windowS, seed, mix }: RatesRecipe): Trace {
  const expected = rateQps.reduce((sum, rate) => sum + rate * windowS, 0)
  if (expected < 1) {
    refuseUsage('rateQps', `expect ${expected} queries in all windows`, 'give higher rates')
  }
  const queries = Math.ceil(expected + SPARE_DEVIATIONS * Math.sqrt(expected) + SPARE_DEVIATIONS)
  if (queries > MAX_QUERIES) {
    const problem = `may be ${queries} queries in all windows`
    const cure = `at most ${MAX_QUERIES} are possible: give lower rates, or a trace of some of the time`
    refuseLarge('rateQps', problem, cure)
  }
  const { arrivalMs, batchSize } = generateTrace({ arrivals: 'poisson', rate: 1, queries, seed, mix })
  let kept = 0
  let before = 0
  for (const [w, rate] of rateQps.entries()) {
    const upTo = before + rate * windowS
    const endMs = (w + 1) * windowS * 1000
    for (; kept < queries && arrivalMs[kept] < upTo * 1000; kept++) {
      const sinceMs = (arrivalMs[kept] - before * 1000) / rate
      // rounding must not move an arrival behind the next window
      arrivalMs[kept] = Math.min(w * windowS * 1000 + sinceMs, endMs)
    }
    before = upTo
  }
  return { arrivalMs: arrivalMs.subarray(0, kept), batchSize: batchSize.subarray(0, kept) }
}
