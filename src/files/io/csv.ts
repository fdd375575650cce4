import { KairosError, type Place } from '../../model/errors.ts'
import { lineAt, readText } from './text.ts'

/** A CSV file with a header line. */
export interface Csv {
  readonly file: string
  readonly header: readonly string[]
  /** The lines behind the header that are not blank, each with as many cells as the header. */
  readonly rows: readonly CsvRow[]
}

export interface CsvRow {
  /** Line of the file, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** Tables are small: sixteen types and ten thousand bins of twenty knots fit. Traces have a reader of their own. */
const MOST_BYTES = 32 << 20

/**
 * Reads a CSV file: comma-separated, a header line, spaces around cells dropped, blank lines skipped.
 *
 * @throws KairosError NO_FILE; BAD_FILE where it is empty or a line has another number of cells
 */
export async function readCsv(file: string): Promise<Csv> {
  const [head, ...rows] = await splitRows(file, await readText(file, MOST_BYTES))
  const header = head.cells
  header.forEach((name, i) => {
    if (header.indexOf(name) === i) return
    refuse({ file, line: head.line, field: name }, 'the column is there twice', 'remove one of them')
  })
  for (const { line, cells } of rows) {
    if (cells.length === header.length) continue
    const few = cells.length < header.length
    refuse(
      { file, line },
      `has ${cells.length} of the ${header.length} columns`,
      few ? 'the line is cut off or lacks a comma' : 'remove the extra commas, or quote the cell',
    )
  }
  if (rows.length === 0) {
    refuse({ file, line: head.line + 1 }, 'there is no line behind the header', 'add the data')
  }
  return { file, header, rows }
}

/** The position of a column. @throws KairosError BAD_FILE where it is missing, with what a header looks like */
export function columnOf({ file, header }: Csv, name: string, example: string): number {
  const at = header.indexOf(name)
  if (at < 0) {
    refuse({ file, line: 1, field: name }, 'the column is missing', `a header looks like ${example}`)
  }
  return at
}

/** The text of a cell that must not be empty. */
export function textAt(csv: Csv, row: CsvRow, column: number, expected: string): string {
  const cell = row.cells[column]
  if (cell === '') refuseCell(csv, row, column, 'is empty', expected)
  // a terminal would obey them
  if (/\p{Cc}/u.test(cell)) refuseCell(csv, row, column, 'holds control characters', expected)
  return cell
}

/** The number of a cell, finite and such that `isRight`. */
export function numberAt(
  csv: Csv,
  row: CsvRow,
  column: number,
  isRight: (value: number) => boolean,
  expected: string,
): number {
  const cell = row.cells[column]
  // Number() also takes '', hexadecimal and 'Infinity'
  const value = cell === '' || /[^-+.\deE]/.test(cell) ? Number.NaN : Number(cell)
  if (!(Number.isFinite(value) && isRight(value))) {
    refuseCell(csv, row, column, cell === '' ? 'is empty' : `is "${cell}"`, expected)
  }
  return value
}

/** Throws BAD_FILE for a cell. */
export function refuseCell(csv: Csv, row: CsvRow, column: number, problem: string, expected: string): never {
  const { file, header } = csv
  return refuse({ file, line: row.line, field: header[column] }, problem, `expected ${expected}`)
}

/** One line of a CSV file, cells quoted where they need it. */
export function csvLine(cells: readonly (string | number)[]): string {
  const quoted = cells.map((cell) => {
    const text = String(cell)
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  })
  return `${quoted.join(',')}\n`
}

function refuse(place: Place, problem: string, cure: string): never {
  throw new KairosError('BAD_FILE', problem, place, cure)
}

/** Splits by hand where no cell is quoted: a twentieth of the time, and the parser is not even loaded. */
async function splitRows(file: string, text: string): Promise<CsvRow[]> {
  const rows: CsvRow[] = []
  let line = 1
  if (!text.includes('"')) {
    for (const cells of text.split(/\r\n|\n|\r/)) {
      if (cells.trim() !== '') rows.push({ line, cells: cells.split(',').map((cell) => cell.trim()) })
      line++
    }
    return rows
  }
  const { parseString } = await import('fast-csv')
  const parsed = parseString<string[], string[]>(text, { headers: false, trim: true, ignoreEmpty: false })
  try {
    for await (const cells of parsed as AsyncIterable<string[]>) {
      if (cells.some((cell) => cell !== '')) rows.push({ line, cells })
      line += 1 + cells.reduce((breaks, cell) => breaks + cell.split(/\r\n|\n|\r/).length - 1, 0)
    }
  } catch {
    const place = { file, line: lineAt(text, strayQuote(text)) }
    const problem = 'a quoted cell does not end where it should'
    refuse(place, problem, 'close it; a quote inside of it is written twice')
  }
  return rows
}

/** Where the first quoted cell begins that does not end, or not at the end of its cell. */
function strayQuote(text: string): number {
  for (const { index, 0: cell, 1: closing } of text.matchAll(/"[^"]*("?)/g)) {
    const behind = text.slice(index + cell.length, index + cell.length + 1)
    if (closing === '' || !/^[",\s]?$/.test(behind)) return index
  }
  return text.length
}
