/**
 * The result of a range query of Prometheus, as `curl .../api/v1/query_range` saves it. Format: prometheus.io/docs.
 */
import { counted } from '../../model/counted.ts'
import { KairosError } from '../../model/errors.ts'
import { parseDecimal } from '../io/decimal.ts'
import { type JsonObject, listOf, objectOf, parseObject } from '../io/json-values.ts'
import { textOfTime } from '../io/timestamp.ts'

const QUERY = 'query /api/v1/query_range with start, end and step, and save its answer'
const FILL = 'in the query, sum(…) or vector(0) makes 0 of a time without requests'
const AS_CSV =
  'write it as CSV with the columns start_s,rate_qps: seconds since the first time, and sums divided by the seconds of the period'

/** The end of the year 9999, ms: the last that a date in ISO 8601 can have. */
const LATEST_MS = 253_402_300_799_000

/**
 * The rates of a result with one series: the first value is that of the window from time 0 on.
 *
 * @throws KairosError BAD_FILE for another result, for values that are no rates, and for times at uneven distances
 */
export function ratesOfPrometheus(file: string, text: string) {
  const values = listOf(onlySeries(file, text).values) ?? []
  if (values.length === 0) throw refused(file, 'its series has no values', QUERY)
  const points = values.map((value) => pointOf(file, value))
  const timesMs = points.map(({ ms }) => ms)
  const windowMs = stepOf(file, timesMs)
  return {
    firstS: 0,
    windowS: windowMs === undefined ? undefined : windowMs / 1000,
    rateQps: Float64Array.from(points, ({ rate }) => rate),
    begin: timeOf(timesMs[0]),
  }
}

function onlySeries(file: string, text: string): JsonObject {
  const { status, errorType, error, data, MetricDataResults: ofCloudWatch } = answerOf(file, text)
  if (status === 'error') {
    const problem = `is an error of Prometheus: ${shown(`${errorType}: ${error}`)}`
    throw refused(file, problem, 'correct the query, and save its answer again')
  }
  const { resultType, result } = objectOf(data) ?? {}
  if (ofCloudWatch !== undefined) throw refused(file, 'is an answer of CloudWatch', AS_CSV)
  if (status !== 'success' || typeof resultType !== 'string') throw otherJson(file)
  if (resultType !== 'matrix')
    throw refused(file, `is the result of one instant (${shown(resultType)})`, QUERY)
  const series = listOf(result) ?? []
  if (series.length === 0) {
    const cure = 'is the name in the query right, and were there samples at this time?'
    throw refused(file, 'has no series', cure)
  }
  if (series.length > 1) {
    const labels = series.slice(0, 3).map((each) => shown(JSON.stringify(objectOf(each)?.metric)))
    const problem = `has ${series.length} series: ${labels.join(', ')}${series.length > 3 ? ', …' : ''}`
    throw refused(file, problem, 'add them up in the query by sum(…), or choose one by its labels')
  }
  return objectOf(series[0]) ?? {}
}

function answerOf(file: string, text: string): JsonObject {
  try {
    return parseObject(file, text)
  } catch (cause) {
    throw otherJson(file, cause)
  }
}

function pointOf(file: string, value: unknown): { readonly ms: number; readonly rate: number } {
  const [seconds, text] = listOf(value) ?? []
  const ms = typeof seconds === 'number' ? Math.round(1000 * seconds) : Number.NaN
  if (!(ms >= 0 && ms <= LATEST_MS)) {
    throw refused(file, `has the time ${shown(seconds)}`, 'expected seconds since 1970')
  }
  const rate = parseDecimal(String(text))
  if (rate >= 0) return { ms, rate }
  const cure =
    text === 'NaN' ? 'in the query, (…) >= 0 or vector(0) makes 0 of it' : 'rate(…) of a counter is one'
  const expected = `expected a number of queries per second >= 0; ${cure}`
  throw refused(file, `is ${shown(text)} at ${timeOf(ms)}`, expected)
}

/** The distance of the times, ms; undefined where there is one time. */
function stepOf(file: string, timesMs: readonly number[]): number | undefined {
  const distances = timesMs.slice(1).map((ms, i) => ms - timesMs[i])
  const stepMs = distances.reduce((least, distance) => Math.min(least, distance), Infinity)
  const other = distances.findIndex((distance) => distance !== stepMs || distance <= 0)
  if (other < 0) return distances.length > 0 ? stepMs : undefined
  const [from, to] = [timesMs[other], timesMs[other + 1]].map(timeOf)
  if (stepMs <= 0) {
    const at = distances.indexOf(stepMs)
    const problem = `has ${timeOf(timesMs[at + 1])} after ${timeOf(timesMs[at])}`
    throw refused(file, problem, 'expected times that increase: save one answer in a file')
  }
  const distanceMs = distances[other]
  if (distanceMs % stepMs === 0) {
    const missing = distanceMs / stepMs - 1
    const problem = `lacks ${counted(missing, 'value')} between ${from} and ${to}, at a step of ${stepMs / 1000} s`
    throw refused(file, problem, `${FILL}; or choose a time without gaps`)
  }
  const problem = `has steps of ${stepMs / 1000} s and, from ${from} to ${to}, of ${distanceMs / 1000} s`
  throw refused(file, problem, `expected one step: ${QUERY}`)
}

const timeOf = (ms: number) => textOfTime({ seconds: 0, nanoseconds: 0 }, ms)

/** A value in quotes, short and without control characters. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return JSON.stringify(text === undefined ? 'nothing' : text.slice(0, 120))
}

function otherJson(file: string, cause?: unknown): KairosError {
  const cure =
    'expected CSV with the columns start_s,rate_qps, or the whole answer of a range query of Prometheus (/api/v1/query_range)'
  return new KairosError('BAD_FILE', 'is no rate curve', { file }, cure, { cause })
}

function refused(file: string, problem: string, cure: string): KairosError {
  return new KairosError('BAD_FILE', problem, { file }, cure)
}
