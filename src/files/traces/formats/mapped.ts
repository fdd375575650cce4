import { refusedCell, refusedNumber } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import { type ReadNamedRows, readCsvRows, readJsonRows } from '../../io/named-rows.ts'
import { checkUnit } from '../../io/units.ts'
import { createArrivalClock } from './clock.ts'
import type { ReadRows } from './format.ts'

/** Reads any CSV file with a header line, by the names of its columns. An empty size is NaN. */
export const readAnyCsv = readMapped(readCsvRows)

/** Reads a trace of this project. */
export const readKairos: ReadRows = (file, options, push) =>
  readAnyCsv(file, { ...options, map: { arrival: 'arrival_ms', size: 'batch_size' } }, push)

/** Reads lines of JSON objects, by the names of their fields. Numbers may be texts; a size of null or "" is NaN. */
export const readJsonLines = readMapped(readJsonRows)

function readMapped(readNamedRows: ReadNamedRows): ReadRows {
  return async (file, { map, unit = 'ms', ...reading }, push) => {
    const clock = createArrivalClock(unit)
    const { arrival, size } = map!
    if (unit !== 'iso') checkUnit(arrival, unit)
    const columns = size === undefined ? [arrival] : [arrival, size]
    const { endsInsideLine, leftOut } = await readNamedRows(file, columns, reading, (cells, line) => {
      const arrivalMs = clock.msOf(cells[0])
      if (Number.isNaN(arrivalMs)) throw refusedCell(file, line, arrival, cells[0], clock.expected(cells[0]))
      const isEmpty = size !== undefined && cells[1] === ''
      const batchSize = size === undefined ? 0 : isEmpty ? Number.NaN : parseDecimal(cells[1])
      if (!isEmpty && !(batchSize >= 0))
        throw refusedNumber(file, line, columns[1], cells[1], 'a batch size >= 0')
      push(arrivalMs, batchSize, line, size ?? 'size')
    })
    return { endsInsideLine, leftOut, origin: clock.origin(), likelyUnit: clock.likelyUnit() }
  }
}
