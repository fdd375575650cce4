import { checkDoubles, checkWhole, valueText } from '../checks.ts'
import { refuseModel as refuse, refuseLarge, refuseUsage } from '../errors.ts'

/** Arrival times and batch sizes: two columns of the same length, one row per query. */
export interface Trace {
  /** N arrival times, ms from the start of the trace's own clock, never decreasing. */
  readonly arrivalMs: Float64Array
  /** N batch sizes, above 0. */
  readonly batchSize: Float64Array
}

/** The most queries of a trace: a gigabyte of columns. */
export const MAX_QUERIES = 2 ** 26

interface TraceLimits {
  /** The largest batch size that the latency table serves. */
  readonly maxBatchSize?: number | undefined
}

/**
 * Checks a trace. Every public function that takes one calls this; readers of files also report lines.
 *
 * @throws KairosError BAD_MODEL with the position and the cure; TOO_LARGE beyond MAX_QUERIES
 */
export function checkTrace(trace: Trace, { maxBatchSize = Infinity }: TraceLimits = {}): void {
  const { arrivalMs, batchSize } = trace ?? {}
  if (!arrivalMs || !batchSize) {
    refuse('trace', 'has no arrivals and batch sizes', 'readTrace reads one, and generateTrace makes one')
  }
  checkDoubles('arrivalMs', arrivalMs)
  checkDoubles('batchSize', batchSize)
  if (arrivalMs.length !== batchSize.length) {
    const problem = `has ${arrivalMs.length} arrivals and ${batchSize.length} batch sizes`
    refuse('trace', problem, 'give one of each')
  }
  if (arrivalMs.length === 0) refuse('trace', 'has no queries', 'at least one is expected')
  checkQueries(arrivalMs.length)
  let previous = 0
  for (let i = 0; i < arrivalMs.length; i++) {
    const at = arrivalMs[i]
    const size = batchSize[i]
    if (!(at >= 0 && at < Infinity)) {
      refuse(`arrivalMs[${i}]`, `is ${at}`, 'a number of milliseconds >= 0 is expected')
    }
    if (at < previous) refuse(`arrivalMs[${i}]`, `is ${at}, after ${previous}`, 'sort the trace by arrival')
    if (!(size > 0 && size < Infinity)) {
      refuse(`batchSize[${i}]`, `is ${size}`, 'a size > 0 is expected')
    }
    if (size > maxBatchSize) {
      refuse(`batchSize[${i}]`, `is ${size}`, `the latency table serves sizes up to ${maxBatchSize}`)
    }
    previous = at
  }
}

/** @throws KairosError BAD_USAGE unless it is a whole number >= 1; TOO_LARGE above MAX_QUERIES */
export function checkQueries(queries: number): void {
  checkWhole('queries', queries, 1)
  if (queries > MAX_QUERIES) {
    const cure = `at most ${MAX_QUERIES} are possible: cut the trace into windows`
    refuseLarge('queries', `the trace has ${queries} queries`, cure)
  }
}

/** What to do with a trace that begins late, as one whose times count from 1970. */
export function cureOfLateBegin({ arrivalMs }: Trace): string {
  const firstS = Math.floor(arrivalMs[0] / 1000)
  const command = `kairos-wasm trace convert kairos --window ${firstS}s.. makes that time 0`
  return `a trace that begins near time 0: its first query arrives after ${firstS} s; ${command}`
}

/** Times from here on count from 1970, ms: no trace lasts 31 years. */
export const UNIX_FROM_MS = 1e12

/** A trace rarely begins this long after its time 0, 11 days, but times since 1970 in a unit 1,000 times as long do. */
export const RARE_BEGIN_MS = 1e9

/** @throws KairosError TOO_LARGE where the first query arrives at `latestMs` or later */
export function checkBegin(trace: Trace, latestMs: number): void {
  const [firstMs] = trace.arrivalMs
  if (firstMs < latestMs) return
  const problem = `begins after ${Math.floor(firstMs / 86_400_000)} days`
  refuseLarge('trace', problem, `use ${cureOfLateBegin(trace)}`)
}

/**
 * The rate at which the queries of a trace arrive: one over the mean gap between them.
 *
 * @returns queries per second; NaN if all arrivals are at one time, or so close that no number is the rate
 */
export function rateOf({ arrivalMs }: Trace): number {
  const last = arrivalMs.length - 1
  const spanMs = arrivalMs[last] - arrivalMs[0]
  const rate = (1000 * last) / spanMs
  return Number.isFinite(rate) ? rate : Number.NaN
}

/** The cure of a trace whose rate is beyond the largest number. */
export const CLOSE_CURE = 'its arrivals are too close to each other: check the unit of their times'

/**
 * The trace with all times scaled so that its rate becomes `queriesPerSecond`.
 *
 * @throws KairosError BAD_USAGE for a rate that is not above 0, or a trace that has none
 */
export function scaleToRate(trace: Trace, queriesPerSecond: number): Trace {
  checkPositive('rate', queriesPerSecond, 'a number of queries per second > 0 is expected')
  const rate = rateOf(trace)
  if (Number.isNaN(rate)) {
    const isOneTime = trace.arrivalMs[0] === trace.arrivalMs[trace.arrivalMs.length - 1]
    const cure = isOneTime ? 'at least two of its arrivals must differ' : CLOSE_CURE
    refuseUsage('rate', 'the trace has no rate to scale', cure)
  }
  return stretch(trace, rate / queriesPerSecond, 'rate')
}

/**
 * The trace with all times divided by `factor`.
 *
 * @throws KairosError BAD_USAGE for a factor that is not above 0
 */
export function speedUp(trace: Trace, factor: number): Trace {
  checkPositive('speed', factor, 'a factor > 0 is expected')
  return stretch(trace, 1 / factor, 'speed')
}

function stretch({ arrivalMs, batchSize }: Trace, factor: number, field: string): Trace {
  const stretched = arrivalMs.map((at) => at * factor)
  if (!Number.isFinite(stretched.at(-1) ?? 0)) {
    refuseUsage(field, 'puts arrivals beyond the largest number', 'a value nearer to 1 is expected')
  }
  return { arrivalMs: stretched, batchSize: batchSize.slice() }
}

function checkPositive(field: string, value: number, cure: string): void {
  if (!(Number.isFinite(value) && value > 0)) refuseUsage(field, `is ${valueText(value)}`, cure)
}
