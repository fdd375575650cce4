import { checkGiven, type OptionNames, valueText } from '../model/checks.ts'
import { refuseLarge, refuseUsage } from '../model/errors.ts'
import { percentileOf } from '../model/results/latencies.ts'
import {
  CLOSE_CURE,
  checkBegin,
  checkTrace,
  cureOfLateBegin,
  type Trace,
  UNIX_FROM_MS,
} from '../model/trace/trace.ts'

/** The rate of a window, from the rates of its parts: their mean, their largest, or a percentile. */
export type RateStatistic = 'mean' | 'peak' | number

/** How the rates of windows are derived from a trace. */
export interface WindowOptions {
  /** The length of a window, seconds. */
  readonly windowS: number
  /** The length of the parts that a window is divided into, seconds; a tenth of the window unless given. */
  readonly partS?: number | undefined
  /** `peak` unless given. */
  readonly statistic?: RateStatistic | undefined
}

/** The most windows of a plan. */
export const MOST_WINDOWS = 1_000_000

/** The most parts of all windows: 80 MB. */
const MOST_PARTS = 10 * MOST_WINDOWS

const OPTIONS: OptionNames<WindowOptions> = { windowS: true, partS: true, statistic: true }

/** What to do with a trace that ends after more windows than are possible. */
export function cureOfManyWindows(trace: Trace): string {
  const longer = 'use longer windows'
  return trace.arrivalMs[0] < 1000 ? longer : `${longer}, or ${cureOfLateBegin(trace)}`
}

/**
 * The rates of the windows of a trace, queries per second. The first window starts at time 0. The last part ends with
 * the trace; if that leaves less than half a part, it is left out unless it is the first one, because so short a time
 * says little about a rate. A window without any part is left out too.
 *
 * @throws KairosError BAD_USAGE for lengths that are not above 0, parts longer than a window or a percentile outside
 *   0 to 100, TOO_LARGE beyond a million windows or for times since 1970, BAD_MODEL for a trace without queries
 */
export function ratesOfTrace(trace: Trace, options: WindowOptions): Float64Array {
  const { windowS, partS, statistic } = checkedOptions(options)
  checkTrace(trace)
  checkBegin(trace, UNIX_FROM_MS)
  const { arrivalMs } = trace
  const lastS = arrivalMs[arrivalMs.length - 1] / 1000
  const parts = Math.max(1, Math.round(windowS / partS))
  const partLengthS = windowS / parts
  // rounded lengths of parts and windows would put queries at their edges into the part before
  const windowMs = wholeMs(1000 * windowS)
  const partOf = (ms: number) => Math.floor((ms * parts) / windowMs)
  const full = partOf(arrivalMs[arrivalMs.length - 1])
  const restS = lastS - (full * windowS) / parts
  const counted = full === 0 || restS >= partLengthS / 2 ? full + 1 : full
  const windows = Math.ceil(counted / parts)
  if (windows > MOST_WINDOWS) {
    const problem = `the trace ends after ${lastS} s, that is ${windows} windows of ${windowS} s`
    refuseLarge('trace', problem, cureOfManyWindows(trace))
  }
  if (counted > MOST_PARTS)
    refuseUsage('partS', `is ${partS}`, `the trace has ${counted} parts, ${MOST_PARTS} at most are possible`)
  const counts = new Float64Array(counted)
  for (const ms of arrivalMs) {
    const part = partOf(ms)
    if (part < counted) counts[part]++
  }
  const rates = counts.map((count) => count / partLengthS)
  // the last query ends the time that it is counted in
  if (counted > full && restS > 0 && counts[full] > 1) rates[full] = (counts[full] - 1) / restS
  if (!rates.every(Number.isFinite)) refuseUsage('trace', 'has no rate', CLOSE_CURE)
  return Float64Array.from({ length: windows }, (_, w) =>
    statisticOf(rates.subarray(w * parts, (w + 1) * parts), statistic),
  )
}

function checkedOptions(options: WindowOptions) {
  checkGiven(options, OPTIONS)
  const { windowS, statistic = 'peak' } = options
  if (!(Number.isFinite(windowS) && windowS > 0))
    refuseUsage('windowS', `is ${valueText(windowS)}`, 'a number of seconds > 0 is expected')
  const { partS = windowS / 10 } = options
  if (!(typeof partS === 'number' && partS > 0 && partS <= windowS)) {
    const cure = 'a number of seconds above 0 and up to the length of the window is expected'
    refuseUsage('partS', `is ${valueText(partS)}`, cure)
  }
  const isPercentile = typeof statistic === 'number' && statistic >= 0 && statistic <= 100
  if (!isPercentile && statistic !== 'mean' && statistic !== 'peak') {
    const cure = 'mean, peak or a percentile from 0 to 100 is expected'
    refuseUsage('statistic', `is ${valueText(statistic)}`, cure)
  }
  return { windowS, partS, statistic }
}

/** Milliseconds, made whole where only rounding errors keep them from it: 4.03 s are 4030.0000000000005 ms. */
function wholeMs(value: number): number {
  const whole = Math.round(value)
  return Math.abs(value - whole) < 1e-12 * value ? whole : value
}

function statisticOf(rates: Float64Array, statistic: RateStatistic): number {
  if (statistic === 'mean') return rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  if (statistic === 'peak') return rates.reduce((most, rate) => Math.max(most, rate), 0)
  return percentileOf(rates.slice().sort(), statistic)
}
