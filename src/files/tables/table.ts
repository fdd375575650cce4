import { KairosError } from '../../model/errors.ts'
import { type CsvOptions, readCsv } from '../io/csv.ts'
import { positionOf, refusedCell, refusedNumber } from '../io/csv-columns.ts'
import { parseDecimal } from '../io/decimal.ts'

/** A CSV file that is small enough to be held whole. */
export interface Table {
  readonly file: string
  readonly header: readonly string[]
  readonly headerLine: number
  readonly rows: readonly TableRow[]
}

export interface TableRow {
  /** The line of the file, from 1. */
  readonly line: number
  /** As many cells as the header has columns. */
  readonly cells: readonly string[]
}

/** Sixteen types and ten thousand bins of twenty quantiles fit. */
export const MOST_BYTES = 32 << 20
const MOST_ROWS = 1 << 20

/**
 * Reads a table: a CSV file with a header and at least one row.
 *
 * The last line need not have a line end, because tables are often edited by hand. It must have all of its cells and
 * each must be valid, so a cut is accepted only inside the last number.
 *
 * @throws KairosError NO_FILE; BAD_FILE with line and cure; TOO_LARGE
 */
export async function readTable(
  file: string,
  { isEnd, text }: Pick<CsvOptions, 'isEnd' | 'text'> = {},
): Promise<Table> {
  let header: readonly string[] = []
  let headerLine = 1
  const rows: TableRow[] = []
  await readCsv(file, { mostBytes: MOST_BYTES, isEnd, text }, (names, line) => {
    header = names
    headerLine = line
    // refuses a column that occurs twice
    for (const name of names) positionOf(name, names, { file, line }, '')
    return (cells, at) => {
      if (rows.length === MOST_ROWS) {
        const problem = `has more than ${MOST_ROWS} rows`
        throw new KairosError('TOO_LARGE', problem, { file }, 'is this the right file?')
      }
      rows.push({ line: at, cells: cells.map((cell) => cell.trim()) })
    }
  })
  if (rows.length === 0) {
    const place = { file, line: headerLine + 1 }
    throw new KairosError('BAD_FILE', 'there is no row after the header', place, 'add the data')
  }
  return { file, header, headerLine, rows }
}

/** The position of a column. @throws KairosError BAD_FILE where it is missing, with an example of a header */
export function columnOf({ file, header, headerLine }: Table, name: string, example: string): number {
  return positionOf(name, header, { file, line: headerLine }, `a header looks like ${example}`)
}

/** The instance type in a cell. @throws KairosError BAD_FILE where it is empty */
export function typeAt(table: Table, row: TableRow, column: number): string {
  const expected = 'the name of an instance type'
  const cell = row.cells[column]
  // a terminal would execute control characters
  if (/\p{Cc}/u.test(cell)) throw refused(table, row, column, 'contains control characters', expected)
  if (cell === '') throw refusedCell(table.file, row.line, table.header[column], cell, expected)
  return cell
}

/** The number in a cell. @throws KairosError BAD_FILE where it is not a finite number that passes `isValid` */
export function numberAt(
  table: Table,
  row: TableRow,
  column: number,
  isValid: (value: number) => boolean,
  expected: string,
): number {
  const cell = row.cells[column]
  const value = parseDecimal(cell)
  if (Number.isNaN(value) || !isValid(value)) {
    throw refusedNumber(table.file, row.line, table.header[column], cell, expected)
  }
  return value
}

/** The error for a cell with a problem of its own. */
export function refused(
  { file, header }: Table,
  { line }: TableRow,
  column: number,
  problem: string,
  expected: string,
): KairosError {
  return new KairosError('BAD_FILE', problem, { file, line, field: header[column] }, `expected ${expected}`)
}
