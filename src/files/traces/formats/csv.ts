import { readColumns, refusedCell } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import { createArrivalClock } from './clock.ts'
import type { ColumnMap, ReadRows } from './format.ts'
import { refusedOption } from './refused-option.ts'

/** Reads any CSV file with a header line, by the names of its columns. An empty size is NaN. */
export const readAnyCsv: ReadRows = async (
  file,
  { map, unit = 'ms', delimiter, takesDelimiter, signal, onProgress },
  push,
) => {
  const clock = createArrivalClock(unit)
  if (delimiter !== undefined && !/^[^"\r\n]$/.test(delimiter)) {
    throw refusedOption('delimiter', delimiter, 'expected one character')
  }
  const { arrival, size } = map!
  const columns = size === undefined ? [arrival] : [arrival, size]
  const reading = { columns, delimiter, takesDelimiter, signal, onProgress }
  const end = await readColumns(file, reading, (cells, line) => {
    const arrivalMs = clock.msOf(cells[0])
    if (Number.isNaN(arrivalMs)) throw refusedCell(file, line, arrival, cells[0], clock.expected(cells[0]))
    const isEmpty = size !== undefined && cells[1] === ''
    const batchSize = size === undefined ? 0 : isEmpty ? Number.NaN : parseDecimal(cells[1])
    if (!isEmpty && !(batchSize >= 0))
      throw refusedCell(file, line, columns[1], cells[1], 'a batch size >= 0')
    push(arrivalMs, batchSize, line, size ?? 'size')
  })
  return { ...end, origin: clock.origin(), likelyUnit: clock.likelyUnit() }
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
