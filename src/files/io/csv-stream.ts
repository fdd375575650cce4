import { KairosError, type Place } from '../../model/errors.ts'
import { linesOf, openText, type ReadOptions } from './text-stream.ts'

export interface CsvStreamOptions extends ReadOptions {
  /** Names of the columns that are asked for; others may stand between them. */
  readonly columns: readonly string[]
  /** One character, a comma unless given. */
  readonly delimiter?: string | undefined
}

/** How a file ended. */
export interface CsvEnd {
  /** Line of the last row that is not blank. */
  readonly line: number
  /** Whether the last line has no end: the file may have been cut inside it. */
  readonly endsOpen: boolean
}

/** So many bytes may pass without a row coming out of them. */
const LONGEST_ROW = 1 << 21

/**
 * Reads a CSV file of any length row by row, in bounded memory: a header line, spaces around cells dropped,
 * blank lines skipped. `onRow` gets the cells of the columns that are asked for, in the order in which they
 * are, and the line on which the row starts; the array is used again.
 *
 * @throws KairosError NO_FILE; BAD_FILE with line and cure where it is no CSV, a column is missing, or a row
 * has another number of cells; ABORTED; whatever `onRow` throws
 */
export async function streamCsv(
  file: string,
  { columns, delimiter = ',', ...reading }: CsvStreamOptions,
  onRow: (cells: readonly string[], line: number) => void,
): Promise<CsvEnd> {
  const [{ parse }, { pipeline }] = await Promise.all([import('fast-csv'), import('node:stream/promises')])
  const text = openText(file, reading)
  let positions: number[] | undefined
  let width = 0
  let line = 0
  let next = 1
  let bytes = 0
  const wanted: string[] = []
  async function* bounded(): AsyncGenerator<Buffer> {
    for await (const chunk of text.chunks) {
      bytes += chunk.length
      if (bytes > LONGEST_ROW) throw new Error('a row is too long')
      yield chunk
    }
  }
  try {
    await pipeline(
      bounded(),
      parse({ headers: false, ignoreEmpty: false, trim: true, delimiter }),
      async (rows: AsyncIterable<string[]>) => {
        for await (const cells of rows) {
          bytes = 0
          const start = next
          next += 1 + breaksIn(cells)
          if (cells.length <= 1 && (cells[0] ?? '') === '') continue
          line = start
          if (positions === undefined) {
            positions = positionsOf({ file, line }, cells, columns)
            width = cells.length
            continue
          }
          if (cells.length !== width) refuseWidth({ file, line }, cells.length, width)
          for (let c = 0; c < positions.length; c++) wanted[c] = cells[positions[c]]
          onRow(wanted, line)
        }
      },
    )
  } catch (error) {
    if (error instanceof KairosError) throw error
    throw await unparsed(file, delimiter, error as Error)
  }
  if (positions === undefined) {
    throw new KairosError('BAD_FILE', 'is empty', { file }, 'was it written to the end? Make it again')
  }
  return { line, endsOpen: text.endsOpen() }
}

/** A cell that is not what is expected. */
export function refusedCell(
  file: string,
  line: number,
  field: string,
  cell: string,
  expected: string,
): KairosError {
  const shown = cell.length > 60 ? `${cell.slice(0, 57)}...` : cell
  return new KairosError(
    'BAD_FILE',
    cell === '' ? 'is empty' : `is "${shown}"`,
    { file, line, field },
    `expected ${expected}`,
  )
}

function breaksIn(cells: readonly string[]): number {
  let breaks = 0
  for (const cell of cells) if (cell.includes('\n')) breaks += cell.split('\n').length - 1
  return breaks
}

function positionsOf(place: Place, header: readonly string[], columns: readonly string[]): number[] {
  return columns.map((field) => {
    const position = header.indexOf(field)
    if (position < 0) {
      const names = shortened(header.join(','))
      throw new KairosError(
        'BAD_FILE',
        'the column is missing',
        { ...place, field },
        `the header must name ${columns.join(',')}; it names ${names}`,
      )
    }
    if (header.indexOf(field, position + 1) >= 0) {
      throw new KairosError(
        'BAD_FILE',
        'the column is there twice',
        { ...place, field },
        'remove one of them',
      )
    }
    return position
  })
}

function refuseWidth(place: Place, cells: number, width: number): never {
  throw new KairosError(
    'BAD_FILE',
    `has ${cells} of the ${width} columns`,
    place,
    cells < width ? 'the line is cut off or lacks a comma' : 'remove the extra commas, or quote the cell',
  )
}

/** The parser says what is wrong with a row and not where: the first line that is none in itself is it. */
async function unparsed(file: string, delimiter: string, error: Error): Promise<KairosError> {
  const d = delimiter.replace(/[\\^$.*+?()[\]{}|]/, '\\$&')
  const cell = `[^\\S${d}]*(?:"(?:[^"]|"")*"[^\\S${d}]*|[^${d}"][^${d}]*)?`
  const row = new RegExp(`^${cell}(?:${d}${cell})*$`)
  let line = 0
  for await (const each of linesOf(openText(file), file)) {
    line++
    if (row.test(each)) continue
    return new KairosError(
      'BAD_FILE',
      'a quoted cell does not end',
      { file, line },
      'close the quote; inside a quoted cell it is written twice',
      { cause: error },
    )
  }
  return new KairosError('BAD_FILE', shortened(error.message), { file }, 'is this a CSV file?', {
    cause: error,
  })
}

function shortened(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}
