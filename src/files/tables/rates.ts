import { KairosError } from '../../model/errors.ts'
import { readText } from '../io/text.ts'
import { parseTimestamp } from '../io/timestamp.ts'
import { ratesOfPrometheus } from './prometheus.ts'
import { columnOf, MOST_BYTES, numberAt, readTable, refused } from './table.ts'

const HEADER = 'start_s,rate_qps'
const SECONDS = 'a number of seconds'
const SINCE_FIRST = 'the seconds since the first window; plan takes the date of that one by --begin'
const TAKES_TRACE = 'plan takes a trace by --trace'
const OF_EXPORTS =
  'in an export of another tool, write dates as seconds since the first window, and divide counts by the seconds of a window'

/** Rates of windows of one length. */
export interface RateCurve {
  /** The start of the first window, seconds. */
  readonly firstS: number
  /** Seconds from one window to the next; undefined for a single window. */
  readonly windowS: number | undefined
  readonly rateQps: Float64Array
  /** Forecast rates, where the file has a column forecast_qps. */
  readonly forecastQps?: Float64Array
  /** The instant of time 0, such as 2026-11-18T09:30:00Z, where the file says it. */
  readonly begin?: string
}

/** Start times may be rounded: windows may differ by this share of their length. */
const UNEVEN = 1e-6

/**
 * Reads `start_s,rate_qps`, with `forecast_qps` if there is such a column: one line per window, at even distances. Or
 * the JSON of a range query of Prometheus with one series: each value is the rate of the window from its time on.
 *
 * @throws KairosError NO_FILE; BAD_FILE with line and field, or time, for rates below 0 and uneven or falling starts
 */
export async function readRates(path: string): Promise<RateCurve> {
  const text = await readText(path, MOST_BYTES)
  if (/^\s*[{[]/.test(text)) return ratesOfPrometheus(path, text)
  const table = await readTable(path, { text })
  const isTrace = table.header.includes('arrival_ms')
  const startColumn = columnOf(table, 'start_s', `${HEADER}; ${isTrace ? TAKES_TRACE : OF_EXPORTS}`)
  const rateColumn = columnOf(table, 'rate_qps', HEADER)
  const forecastColumn = table.header.indexOf('forecast_qps')
  const rateQps = new Float64Array(table.rows.length)
  const forecastQps = new Float64Array(table.rows.length)
  const isRate = (rate: number) => rate >= 0
  let firstS = 0
  let previousS = 0
  let windowS: number | undefined
  table.rows.forEach((row, w) => {
    const expected = parseTimestamp(row.cells[startColumn]) === undefined ? SECONDS : SINCE_FIRST
    const startS = numberAt(table, row, startColumn, () => true, expected)
    rateQps[w] = numberAt(table, row, rateColumn, isRate, 'a number of queries per second >= 0')
    if (forecastColumn >= 0) {
      forecastQps[w] = numberAt(table, row, forecastColumn, isRate, 'a number of queries per second >= 0')
    }
    if (w === 0) firstS = startS
    else {
      if (startS <= previousS) {
        throw refused(table, row, startColumn, `${startS} follows ${previousS}`, 'starts that increase')
      }
      windowS ??= startS - firstS
      if (Math.abs(startS - firstS - w * windowS) > UNEVEN * w * windowS) {
        const problem = `starts ${startS - previousS} s after the window before, others ${windowS} s`
        throw refused(table, row, startColumn, problem, 'windows of one length: add the missing ones')
      }
    }
    previousS = startS
  })
  return { firstS, windowS, rateQps, ...(forecastColumn >= 0 && { forecastQps }) }
}

/** Checks that a curve has windows of a known length. @throws KairosError BAD_FILE */
export function windowLength({ windowS }: RateCurve, file: string): number {
  if (windowS !== undefined) return windowS
  const problem = 'has a single window, so its length is unknown'
  const cure = 'add a second window, or give the length in seconds with --window'
  throw new KairosError('BAD_FILE', problem, { file, field: 'start_s' }, cure)
}
