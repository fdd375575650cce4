import { KairosError } from '../../../model/errors.ts'
import { readColumns, refusedCell } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import { type ColumnMap, type ReadRows, TIME_UNITS, type TimeUnit } from './format.ts'
import { millisecondsBetween, parseTimestamp, type Timestamp } from './timestamp.ts'

/** The powers of ten that turn a unit into milliseconds. */
const SHIFTS = { ms: 0, s: 3, us: -3 }

const EXPECTED = {
  ms: 'a number of milliseconds',
  s: 'a number of seconds',
  us: 'a number of microseconds',
  iso: 'a time like 2024-05-10T00:00:00.5Z',
}

/** Reads any CSV file with a header line, by the names of its columns. */
export const readAnyCsv: ReadRows = (file, { map, unit = 'ms', delimiter, signal, onProgress }, push) => {
  if (!TIME_UNITS.includes(unit)) throw refusedOption('unit', unit, `expected ${TIME_UNITS.join(', ')}`)
  if (delimiter !== undefined && !/^[^"\r\n]$/.test(delimiter)) {
    throw refusedOption('delimiter', delimiter, 'expected one character')
  }
  const { arrival, size } = map!
  const columns = size === undefined ? [arrival] : [arrival, size]
  const millisecondsOf = timeParser(unit)
  return readColumns(file, { columns, delimiter, signal, onProgress }, (cells, line) => {
    const arrivalMs = millisecondsOf(cells[0])
    if (Number.isNaN(arrivalMs)) throw refusedCell(file, line, arrival, cells[0], EXPECTED[unit])
    const batchSize = size === undefined ? 0 : parseDecimal(cells[1])
    if (!(batchSize >= 0)) throw refusedCell(file, line, columns[1], cells[1], 'a batch size >= 0')
    push(arrivalMs, batchSize, line, size ?? 'size')
  })
}

/**
 * Parses `arrival=<column>,size=<column>`, in any order, the second one optional.
 *
 * @throws KairosError BAD_USAGE
 */
export function parseColumnMap(text: string): ColumnMap {
  const pairs = text.split(/,(?=(?:arrival|size)=)/).map((pair) => {
    const equals = pair.indexOf('=')
    return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()] as const
  })
  const map = new Map(pairs)
  const arrival = map.get('arrival')
  const isKnown = pairs.every(([key, column]) => (key === 'arrival' || key === 'size') && column !== '')
  if (arrival === undefined || !isKnown || map.size < pairs.length) {
    throw refusedOption('map', text, 'expected arrival=<column>,size=<column>')
  }
  return { arrival, size: map.get('size') }
}

function timeParser(unit: TimeUnit): (text: string) => number {
  if (unit !== 'iso') return (text) => parseDecimal(text, SHIFTS[unit])
  let origin: Timestamp | undefined
  return (text) => {
    const time = parseTimestamp(text)
    if (!time) return Number.NaN
    origin ??= time
    return millisecondsBetween(origin, time)
  }
}

function refusedOption(field: string, value: string, cure: string): KairosError {
  return new KairosError('BAD_USAGE', `is "${value}"`, { field }, cure)
}
