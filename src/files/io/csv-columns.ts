import { KairosError, type Place } from '../../model/errors.ts'
import { type CsvEnd, type CsvOptions, cureOfComments, cureOfHeader, readCsv } from './csv.ts'
import { expectedNumber } from './decimal.ts'

interface ColumnOptions extends CsvOptions {
  /** The columns to read, or what chooses them by the names of all columns of the file. */
  readonly columns: readonly string[] | ((names: readonly string[]) => readonly string[])
  readonly optional?: readonly string[]
  /** What to do with a file of another format. */
  readonly otherwise?: string
}

/**
 * Reads some columns of a CSV file; others may stand between them.
 *
 * @param optional columns that may be missing: their cells are empty then
 * @param onRow receives the cells of `columns` and then those of `optional`, in their order, without spaces around
 * them, and the line of the row. The array is reused for the next row.
 * @throws KairosError as `readCsv`; BAD_FILE where a column is missing or occurs twice
 */
export function readColumns(
  file: string,
  { columns: chosen, optional = [], otherwise, ...reading }: ColumnOptions,
  onRow: (cells: readonly string[], line: number) => void,
): Promise<CsvEnd> {
  return readCsv(file, reading, (names, line) => {
    const columns = typeof chosen === 'function' ? chosen(names) : chosen
    const isGiven = reading.header !== undefined
    const subject = isGiven ? '--header' : 'the header'
    const unnamed =
      isGiven || !reading.takesDelimiter ? undefined : 'a file without a header line needs --header'
    const named = `${subject} must name ${[...new Set(columns)].join(',')}; it names ${shortened(names.join(','))}`
    const cure = [named, unnamed, otherwise].filter((part) => part !== undefined).join('; ')
    const all = [...columns, ...optional]
    const positions = all.map((column) => {
      if (optional.includes(column) && !names.includes(column)) return -1
      return positionOf(column, names, { file, line }, cure, reading.takesDelimiter)
    })
    const wanted = all.map(() => '')
    return (cells, at) => {
      for (let c = 0; c < positions.length; c++) if (positions[c] >= 0) wanted[c] = cells[positions[c]].trim()
      onRow(wanted, at)
    }
  })
}

/** The position of a column in a header. @throws KairosError BAD_FILE where it is missing or occurs twice */
export function positionOf(
  column: string,
  header: readonly string[],
  place: Place,
  cureIfMissing: string,
  takesDelimiter?: boolean,
): number {
  const position = header.indexOf(column)
  const at = { ...place, field: column }
  if (position < 0) {
    const comments = cureOfComments(header, true)
    const named = comments === undefined ? cureIfMissing : `${cureIfMissing}; ${comments}`
    const cure = cureOfHeader(header, takesDelimiter) ?? named
    throw new KairosError('BAD_FILE', 'the column is missing', at, cure)
  }
  if (header.includes(column, position + 1)) {
    if (column === '') {
      const cure = 'remove them, or the commas at the ends of the lines'
      throw new KairosError('BAD_FILE', 'has several columns without a name', place, cure)
    }
    throw new KairosError('BAD_FILE', 'the column is there twice', at, 'remove one of them')
  }
  return position
}

/** The error for a cell that is not what its column holds. */
export function refusedCell(
  file: string,
  line: number,
  field: string,
  cell: string,
  expected: string,
): KairosError {
  const place = { file, line, field }
  // the cell of a difference is that of its columns, with spaces around the minus
  if (cell === field || cell.replace(' - ', '-') === field) {
    const column = cell.replace(/ - .*/, '')
    const cure = `remove such lines, or, where the command takes it, add --where "${column}!=${column}"`
    return new KairosError('BAD_FILE', 'the header is there again, as in joined files', place, cure)
  }
  const problem = cell === '' ? 'is empty' : `is ${shortened(cell)}`
  return new KairosError('BAD_FILE', problem, place, `expected ${expected}`)
}

/** The error for a cell of a column of numbers. */
export function refusedNumber(...refused: Parameters<typeof refusedCell>): KairosError {
  const [file, line, field, cell, expected] = refused
  return refusedCell(file, line, field, cell, expectedNumber(expected, cell))
}

function shortened(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 57)}...` : text}"`
}
