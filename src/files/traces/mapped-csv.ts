import { KairosError } from '../../model/errors.ts'
import { readColumns, refusedCell } from '../io/csv-columns.ts'
import { parseDecimal } from '../io/decimal.ts'
import { millisecondsBetween, parseTimestamp, type Timestamp } from './timestamp.ts'
import {
  type ForeignEnd,
  type ForeignOptions,
  type PushRow,
  TIME_UNITS,
  type TimeUnit,
} from './trace-format.ts'

/** Which columns of a CSV file hold what; without sizes they have to be drawn. */
export interface ColumnMap {
  readonly arrival: string
  readonly size?: string | undefined
}

export interface MappedOptions extends ForeignOptions {
  readonly map: ColumnMap
  readonly unit?: TimeUnit | undefined
  readonly delimiter?: string | undefined
}

/** Powers of ten that make milliseconds of a unit. */
const SHIFTS = { ms: 0, s: 3, us: -3 }

const EXPECTED = { ms: 'a number of milliseconds', s: 'a number of seconds', us: 'a number of microseconds' }

/**
 * Reads `arrival=<column>,size=<column>`, in any order, the second optional.
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
  const known = pairs.every(([key, column]) => (key === 'arrival' || key === 'size') && column !== '')
  if (arrival === undefined || !known || map.size < pairs.length) {
    throw new KairosError(
      'BAD_USAGE',
      `is "${text}"`,
      { field: 'map' },
      'expected arrival=<column>,size=<column>',
    )
  }
  return { arrival, size: map.get('size') }
}

/** Any CSV file with a header line, by the names of its columns. */
export function readMappedCsv(file: string, options: MappedOptions, push: PushRow): Promise<ForeignEnd> {
  const { map, unit = 'ms', delimiter, signal, onProgress } = options
  if (!TIME_UNITS.includes(unit)) {
    throw new KairosError('BAD_USAGE', `is "${unit}"`, { field: 'unit' }, `expected ${TIME_UNITS.join(', ')}`)
  }
  if (delimiter !== undefined && !/^[^"\r\n]$/.test(delimiter)) {
    throw new KairosError('BAD_USAGE', `is "${delimiter}"`, { field: 'delimiter' }, 'expected one character')
  }
  const { arrival, size } = map
  const columns = size === undefined ? [arrival] : [arrival, size]
  const millisecondsOf = timeParser(unit)
  return readColumns(file, { columns, delimiter, signal, onProgress }, (cells, line) => {
    const arrivalMs = millisecondsOf(cells[0])
    if (Number.isNaN(arrivalMs)) {
      const expected = unit === 'iso' ? 'a time like 2024-05-10T00:00:00.5Z' : EXPECTED[unit]
      throw refusedCell(file, line, arrival, cells[0], expected)
    }
    const batchSize = size === undefined ? 0 : parseDecimal(cells[1])
    if (!(batchSize >= 0)) throw refusedCell(file, line, columns[1], cells[1], 'a batch size >= 0')
    push(arrivalMs, batchSize, line, size ?? 'size')
  })
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
