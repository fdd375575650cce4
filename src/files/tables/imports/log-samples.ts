/** What the importers of logs share: a line for each request, of which the size and the latency are read. */

import { counted } from '../../../model/counted.ts'
import { KairosError } from '../../../model/errors.ts'
import { groupDigits } from '../../../model/group-digits.ts'
import { MEAN_MS } from '../../../model/workload/latency-table.ts'
import { expectedOfDates, parseDifferenceOfDates } from '../../io/column-difference.ts'
import { refusedCell } from '../../io/csv-columns.ts'
import { expectedNumber, parseDecimal, WITH_UNIT } from '../../io/decimal.ts'
import type { NamedRowsEnd } from '../../io/named-rows.ts'
import { append, emptyColumn, type NumberColumn, numbersOf } from '../../io/number-column.ts'
import { parseTimestamp } from '../../io/timestamp.ts'
import { EXPECTED_NUMBER, SHIFTS, type TimeUnit } from '../../io/units.ts'
import { type ImportedRows, type ImportRequest, rowOfSamples, unknownConcurrency } from './latency-format.ts'
import { tooManyLatencies } from './latency-limit.ts'

/** The most rows that a log becomes: thousands of batch sizes of each type. */
const MOST_ROWS = 100_000

/** Latencies of single requests. */
export interface LogSamples {
  /** By instance type, undefined where the file does not name it, and batch size. */
  readonly byType: Map<string | undefined, Map<number, NumberColumn>>
  requests: number
  rows: number
}

export const noSamples = (): LogSamples => ({ byType: new Map(), requests: 0, rows: 0 })

/** @throws KairosError TOO_LARGE */
export function addSample(
  { file, mostLatencies }: ImportRequest,
  samples: LogSamples,
  type: string | undefined,
  batchSize: number,
  ms: number,
): void {
  if (samples.requests++ === mostLatencies) throw tooManyLatencies(file)
  const bins = samples.byType.get(type) ?? new Map<number, NumberColumn>()
  samples.byType.set(type, bins)
  let latencies = bins.get(batchSize)
  if (latencies === undefined) {
    if (samples.rows++ === MOST_ROWS) throw tooManyRows(file)
    latencies = emptyColumn()
    bins.set(batchSize, latencies)
  }
  append(latencies, ms)
}

function tooManyRows(file: string): KairosError {
  const problem = `has more than ${groupDigits(MOST_ROWS)} batch sizes, those of each type counted`
  return new KairosError('TOO_LARGE', problem, { file }, 'round them up by --bins, or name the right columns')
}

/** The batch size of a cell, rounded up to a bin where there are bins. @throws KairosError BAD_FILE */
export function batchSizeOf(
  { file, log: { bins } = {} }: ImportRequest,
  line: number,
  field: string,
  cell: string,
): number {
  const size = parseDecimal(cell)
  if (!(size > 0)) {
    const expected = `${expectedNumber('a number of items > 0', cell)}; ${leaveOut(field, '>0')}`
    throw refusedCell(file, line, field, cell, expected)
  }
  if (bins === undefined) return size
  const bin = bins.find((each) => each >= size)
  if (bin !== undefined) return bin
  const largest = bins[bins.length - 1]
  const expected = `at most ${largest}, the largest of --bins: add a bin, or ${leaveOut(field, `<=${largest}`)}`
  throw refusedCell(file, line, field, cell, expected)
}

/** The latency of a cell, ms. @throws KairosError BAD_FILE */
export function latencyOf(
  file: string,
  line: number,
  field: string,
  cell: string,
  unit: TimeUnit,
  expected?: string,
): number {
  const ms = unit === 'iso' ? parseDifferenceOfDates(cell, 3) : parseDecimal(cell, SHIFTS[unit])
  if (MEAN_MS.isValid(ms)) return ms
  throw refusedCell(file, line, field, cell, expected ?? cureOfLatency(field, unit, cell))
}

/** The instance type of a cell. @throws KairosError BAD_FILE */
export function typeOf(file: string, line: number, field: string, cell: string): string {
  if (cell !== '' && !/\p{Cc}/u.test(cell)) return cell
  throw refusedCell(file, line, field, cell, `the name of an instance type; ${leaveOut(field, '!=')}`)
}

/** $upstream_response_time of nginx, for a request that several servers were tried for. */
const SEVERAL_TIMES = /^(?:\d+\.\d+|-)(?: ?[,:] (?:\d+\.\d+|-))+$/

const DATES = 'two dates whose difference is the latency: --map latency=<end>-<start>'

function cureOfLatency(field: string, unit: TimeUnit, cell: string): string {
  const ofDates = parseDifferenceOfDates(cell)
  const dated = Number.isNaN(ofDates) ? DATES : 'a difference of two dates > 0'
  const number = unit === 'ms' ? MEAN_MS.expected : unit === 'iso' ? dated : `${EXPECTED_NUMBER[unit]} > 0`
  const value = unit === 'iso' ? ofDates : parseDecimal(cell)
  if (SEVERAL_TIMES.test(cell))
    return `${number}, not one for each server that was tried; ${leaveOut(field, '>0')}`
  const dates = expectedOfDates(cell)
  const isTooFine = unit === 'iso' && /\.\d{10}/.test(cell)
  if (dates !== undefined && !isTooFine) return dates
  if (unit === 'iso' && cell.includes(' - '))
    return 'two dates like 2026-11-30T12:00:00.123Z, with up to nine decimals of a second'
  if (unit !== 'iso' && !Number.isNaN(ofDates)) return `${number}; for dates, --unit iso`
  if (unit === 'iso' && !Number.isNaN(parseDecimal(cell)))
    return `${DATES}; for numbers, --unit ms, s, us or ns`
  if (parseTimestamp(cell) !== undefined) return `${DATES}, with --unit iso`
  if (unit !== 'iso' && WITH_UNIT.test(cell))
    return `${number}, without a unit: write all times in ${unit} as numbers`
  const plain = expectedNumber(number, cell)
  if (unit !== 'iso' && plain !== number) return plain
  const cure = `${number}; leave out requests that failed, such as by --where status=200`
  if (value < 0 && field.includes('-')) {
    return `${cure}, or ${leaveOut(field, '>0')}; a difference names the later time first: latency=end-start`
  }
  if (value !== 0) return `${cure}, or ${leaveOut(field, '>0')}`
  // without the fastest requests the table is slower than the server
  return `${cure}; if the log rounds short times to 0, log more digits, or measure by kairos-wasm measure: --where "${field}>0" leaves out the fastest requests`
}

/** How to leave out the other rows. */
function leaveOut(field: string, condition: string): string {
  return `leave such rows out by --where "${field}${condition}"`
}

/** Columns that say whether a request failed. */
const OUTCOME =
  /^(http_?|grpc_?|response_?)?(status|code|error|ok|success|failed|result|outcome)([-_]?code)?$/i

/** Columns that name the instance type. */
const TYPE = /^(instance|machine|node)[-_ ]?type$/i

/** Columns of tables of percentiles, as ab -e and HdrHistogram write them. */
const PERCENTILE = /^(percentage served|1\/\(1-percentile\))$/i

/** The name of a field without those of the objects that it is in. */
const lastPart = (name: string) => name.slice(name.lastIndexOf('.') + 1)

/** The rows of a table. @throws KairosError BAD_FILE where there are no samples, or those of percentiles */
export function rowsOfLog(request: ImportRequest, samples: LogSamples, end: NamedRowsEnd): ImportedRows {
  const { file, log: { where = [], map } = {} } = request
  const { header, rows, leftOut, called, endsInsideLine } = end
  if (header.some((name) => PERCENTILE.test(name))) {
    const problem = 'has a line for each percentile, not for each request'
    const cure = 'log each request, as ab -g FILE does, or measure by kairos-wasm measure'
    throw new KairosError('BAD_FILE', problem, { file }, cure)
  }
  if (samples.requests === 0) {
    const isFiltered = leftOut > 0
    const problem = isFiltered
      ? `has ${counted(rows, 'row')}, and --where leaves out all of them`
      : 'has no latency'
    const cure = isFiltered ? 'is each condition right?' : 'add the data'
    throw new KairosError('BAD_FILE', problem, { file }, cure)
  }
  const notes = [...unknownConcurrency(request).notes]
  if (endsInsideLine)
    notes.push(`${file}: the last line has no line end: was the file cut inside its last number?`)
  if (leftOut > 0)
    notes.push(`${file}: --where leaves out ${groupDigits(leftOut)} of ${groupDigits(rows)} rows`)
  const outcomes = header.filter((name) => OUTCOME.test(lastPart(name)))
  if (outcomes.length > 0 && where.length === 0) {
    const cure = `leave out requests that failed by --where, such as --where ${outcomes[0]}=...`
    const unread =
      outcomes.length === 1 ? `${called} ${outcomes[0]} is` : `${called}s ${outcomes.join(', ')} are`
    notes.push(`${file}: the ${unread} not read; ${cure}`)
  }
  const unread = header.find(
    (name) => TYPE.test(lastPart(name)) && where.every((each) => !each.startsWith(name)),
  )
  if (unread !== undefined && map?.type === undefined) {
    const cure = `if it names several types, add type=${unread} to --map in place of --type`
    notes.push(`${file}: the ${called} ${unread} is not read; ${cure}`)
  }
  const rowsOfTypes = [...samples.byType].flatMap(([type, bins]) => {
    const sizes = [...bins.keys()].sort((a, b) => a - b)
    return sizes.map((size) => ({ ...rowOfSamples(file, size, numbersOf(bins.get(size)!)), type }))
  })
  return { rows: rowsOfTypes, notes }
}
