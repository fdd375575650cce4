import { KairosError } from '../../model/errors.ts'
import { readColumns, refusedCell } from '../io/csv-columns.ts'
import { parseDecimal } from '../io/decimal.ts'
import type { ForeignEnd, ForeignOptions, PushRow } from './trace-format.ts'

const COLUMNS = ['end_timestamp', 'duration'] as const

/**
 * The Azure Functions invocation trace of 2021 (Zhang et al., SOSP 2021): `app,func,end_timestamp,duration`,
 * in seconds; it arrives at its end minus its duration. It has no sizes: an invocation counts as `one` item,
 * or as many as its `duration` has milliseconds, rounded up and at least 1.
 */
export function readAzureFunctions(
  file: string,
  { size = 'one', ...reading }: ForeignOptions,
  push: PushRow,
): Promise<ForeignEnd> {
  if (size !== 'one' && size !== 'duration') {
    throw new KairosError('BAD_USAGE', `is "${size}"`, { field: 'size' }, 'expected one or duration')
  }
  return readColumns(file, { ...reading, columns: COLUMNS }, (cells, line) => {
    const [endMs, durationMs] = [parseDecimal(cells[0], 3), parseDecimal(cells[1], 3)]
    if (Number.isNaN(endMs)) throw refusedCell(file, line, COLUMNS[0], cells[0], 'a number of seconds')
    if (!(durationMs >= 0)) throw refusedCell(file, line, COLUMNS[1], cells[1], 'a number of seconds >= 0')
    push(endMs - durationMs, size === 'one' ? 1 : Math.max(1, Math.ceil(durationMs)), line, COLUMNS[1])
  })
}
