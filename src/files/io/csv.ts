/**
 * The one reader of CSV files. It reads in pieces, so that a file of any length needs bounded memory, and it knows the
 * line of every row.
 *
 * Only a quoted cell can contain a delimiter or a line end. So text without a quote is split at line ends and
 * delimiters, and csv-parse reads the stretch from the line of the first quote to the line of the last one of each
 * piece. Splitting a trace of a million rows takes a fifth of the time of a parser, and most traces have no quote.
 */
import type { CsvError } from 'csv-parse/sync'
import { counted } from '../../model/counted.ts'
import { KairosError, refuseUsage } from '../../model/errors.ts'
import { beginsAsJson } from './json-words.ts'
import { emptyFile, heldText, LONGEST_LINE, longLine, openText, splitLines } from './lines.ts'
import type { OpenOptions } from './open-file.ts'

export interface CsvOptions extends OpenOptions {
  /** The text of the file, where it has been read already. */
  readonly text?: string | undefined
  /** One character; a comma by default. */
  readonly delimiter?: string | undefined
  /** Whether the command that reads the file has the flags `--delimiter` and `--header`: then errors name them. */
  readonly takesDelimiter?: boolean | undefined
  /** The names of the columns, where the file has no header line. */
  readonly header?: readonly string[] | undefined
  /** Rows before the header, of any width, which are skipped. */
  readonly skipRows?: number | undefined
  /** Whether a row after the header ends the table: it and all further rows are not read. */
  readonly isEnd?: ((cells: readonly string[]) => boolean) | undefined
}

/** Receives the cells of a row, with the spaces around them, and the line on which the row starts. */
export type TakeRow = (cells: readonly string[], line: number) => void

/** How a file ended. */
export interface CsvEnd {
  /** The line of the last row. */
  readonly line: number
  /** Whether the last line has no line end: the file may have been cut inside it. */
  readonly endsInsideLine: boolean
}

/**
 * Reads a CSV file with a header line, or with the header that is given. Skips blank lines, and rows whose cells are
 * all blank, as spreadsheets write them at the end; other rows have the width of the header.
 *
 * @param takeHeader receives the names of the columns, without spaces around them, and returns what takes the rows
 * @throws KairosError NO_FILE; BAD_FILE with line and cure where the file is not CSV or a row has another number of
 * cells; TOO_LARGE; the reason of an aborted signal; whatever the callbacks throw
 */
export async function readCsv(
  file: string,
  {
    delimiter = ',',
    takesDelimiter = false,
    header: given,
    skipRows = 0,
    isEnd,
    text,
    ...reading
  }: CsvOptions,
  takeHeader: (names: readonly string[], line: number) => TakeRow,
): Promise<CsvEnd> {
  if (!/^[^"\r\n]$/.test(delimiter)) refuseUsage('delimiter', `is "${delimiter}"`, 'expected one character')
  let header: readonly string[] = given ?? []
  let take = given && takeHeader(given, 1)
  let lastLine = 0
  let skipped = 0
  let hasEnded = false
  const takeCells: TakeRow = (cells, line) => {
    if (hasEnded || isBlank(cells)) return
    if (skipped < skipRows) {
      skipped++
      return
    }
    hasEnded = take !== undefined && isEnd?.(cells) === true
    if (hasEnded) return
    if (lastLine === 0 && given?.join() === cells.map((cell) => cell.trim()).join()) {
      throw new KairosError('BAD_FILE', 'names the columns', { file, line }, 'leave --header out')
    }
    lastLine = line
    if (take === undefined) {
      header = cells.map((cell) => cell.trim())
      take = takeHeader(header, line)
      return
    }
    if (given !== undefined && cells.length !== given.length) {
      const problem = `has ${counted(cells.length, 'column')}, and --header names ${given.length}`
      const usual = cells.length === 1 ? NO_DELIMITER : 'name each column, in order'
      const cure = cureOfComments(cells, false) ?? cureOfKinds(cells, delimiter) ?? usual
      throw new KairosError('BAD_FILE', problem, { file, line }, cure)
    }
    if (cells.length !== header.length) throw wrongWidth(file, line, cells, header, delimiter)
    take(cells, line)
  }
  const { pieces, endsInsideLine } = text === undefined ? openText(file, reading) : heldText(text)
  const reader = { file, delimiter, takesDelimiter, take: takeCells, line: 1, isJson: false }
  let rest = ''
  for await (const piece of pieces) {
    if (lastLine === 0 && rest === '') reader.isJson = beginsAsJson(piece)
    rest = await takeText(reader, rest + piece, false)
    if (rest.length <= LONGEST_LINE) continue
    throw rest.includes('"') ? unclosedQuote(reader) : longLine(file, reader.line)
  }
  await takeText(reader, rest, true)
  if (take === undefined && skipped === 0) throw emptyFile(file)
  if (take === undefined) {
    const cure = 'is this a file of the format, and was it written to the end?'
    throw new KairosError('BAD_FILE', `has no header after ${skipRows} rows about the file`, { file }, cure)
  }
  return { line: lastLine, endsInsideLine: endsInsideLine() }
}

function isBlank(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === '')
}

interface Reader {
  readonly file: string
  readonly delimiter: string
  readonly takesDelimiter: boolean
  readonly take: TakeRow
  /** The line of the next row. */
  line: number
  /** Whether the text begins as JSON does. */
  readonly isJson: boolean
}

/**
 * Takes the complete rows of a text, and all rows of the last one.
 *
 * @returns the text from the first incomplete row on; empty for the last text
 */
async function takeText(reader: Reader, text: string, isLast: boolean): Promise<string> {
  const firstQuote = text.indexOf('"')
  if (firstQuote < 0) return takePlain(reader, text, isLast)
  const start = startOfLine(text, firstQuote)
  takePlain(reader, text.slice(0, start), true)
  const end = isLast ? text.length : endOfLine(text, text.lastIndexOf('"'))
  const open = await takeQuoted(reader, text.slice(start, end), isLast)
  return open === '' ? takePlain(reader, text.slice(end), isLast) : open + text.slice(end)
}

function takePlain(reader: Reader, text: string, isLast: boolean): string {
  const lines = splitLines(text)
  const open = lines.pop()!
  for (const each of lines) reader.take(each.split(reader.delimiter), reader.line++)
  if (!isLast) return open
  if (open !== '') reader.take(open.split(reader.delimiter), reader.line++)
  return ''
}

async function takeQuoted(reader: Reader, text: string, isLast: boolean): Promise<string> {
  const { records, error } = await parseRecords(text, reader.delimiter)
  const firstLine = reader.line
  for (const cells of records) {
    const { line } = reader
    // csv-parse counts lines too (info.lines), but a CRLF inside a quoted cell twice
    reader.line += 1 + lineEndsIn(cells)
    reader.take(cells, line)
  }
  if (error === undefined) return ''
  // the cell may be closed in the next piece
  if (error.code === 'CSV_QUOTE_NOT_CLOSED' && !isLast) return fromLine(text, reader.line - firstLine)
  throw wrongQuote(reader, fromLine(text, reader.line - firstLine), error)
}

/** The records of a text up to the first one that is not valid, and what is wrong with that one. */
async function parseRecords(
  text: string,
  delimiter: string,
): Promise<{ readonly records: string[][]; readonly error?: CsvError }> {
  const { CsvError, parse } = await import('csv-parse/sync')
  const options = {
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    // spaces around quotes
    ltrim: true,
    rtrim: true,
    // a quote inside an unquoted cell is a character like any other
    relax_quotes: true,
    // the caller skips blank lines and checks the width
    relax_column_count: true,
  }
  try {
    return { records: parse(text, options) }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const records: string[][] = []
    // parsing takes four times as long with the callback, so it only finds which records come before the error
    const on_record = (cells: string[]) => {
      records.push(cells)
      return null
    }
    try {
      parse(text, { ...options, on_record })
    } catch {
      // the same error
    }
    return { records, error }
  }
}

const LINE_END = /\r\n|\n|\r(?!$)/g

function startOfLine(text: string, position: number): number {
  return 1 + Math.max(text.lastIndexOf('\n', position), text.lastIndexOf('\r', position))
}

/** The position after the line end of the line that holds `position`; the start of that line if it has no line end. */
function endOfLine(text: string, position: number): number {
  LINE_END.lastIndex = position
  return LINE_END.test(text) ? LINE_END.lastIndex : startOfLine(text, position)
}

/** A text without its first lines. */
function fromLine(text: string, lines: number): string {
  LINE_END.lastIndex = 0
  for (let line = 0; line < lines; line++) LINE_END.test(text)
  return text.slice(LINE_END.lastIndex)
}

function lineEndsIn(cells: readonly string[]): number {
  let ends = 0
  for (const cell of cells) if (/[\r\n]/.test(cell)) ends += cell.split(/\r\n|\n|\r/).length - 1
  return ends
}

/**
 * How summaries begin: of wrk and wrk2, of HdrHistogram (outputPercentileDistribution, and its log of intervals), of
 * hey, oha and ghz, of vegeta, of ab, of h2load, of trtexec, and of benchmark_app of OpenVINO.
 */
const SUMMARY =
  /^(Running \S+ test @|Value\s+Percentile\s+TotalCount|#\[(Histogram log|StartTime|BaseTime)|Summary:|Requests\s+\[total|This is ApacheBench|starting benchmark\.\.\.|&&&& RUNNING TensorRT|Command line parameters)/

const LOG_REQUESTS =
  'this is a summary, without single requests: log each request, as by hey -o csv or exportTimes of trtexec, or measure by kairos-wasm measure; percentiles in ms can be written as a row of a latency table, as kairos-wasm schema latency says'

const XML =
  'this is XML: write it as CSV; JMeter does so with jmeter.save.saveservice.output_format=csv in its properties'

const SEPARATOR_LINE = 'remove the line sep= above the header: only spreadsheets read it'

const JSON_LINES =
  "this is JSON, not CSV: write it as CSV, or read lines of objects by the format jsonl of trace convert and import; jq -c '.[]' writes a list as such lines"

/** What to do with lines of comments, which CSV does not have. numpy.savetxt puts # before a header. */
export function cureOfComments([first]: readonly string[], isHeader: boolean): string | undefined {
  if (!first.startsWith('#')) return undefined
  const cure = "if lines that begin with # are comments, remove them, such as by grep -v '^#'"
  return isHeader ? `${cure}; if the header does, remove only its #` : cure
}

/**
 * What to do with JSON, XML, a header of a summary, or columns with another separator, which some spreadsheets write.
 */
export function cureOfHeader(header: readonly string[], takesDelimiter = false): string | undefined {
  if (beginsAsJson(header[0])) return JSON_LINES
  if (header[0].startsWith('<?xml')) return XML
  if (/^sep=/i.test(header[0])) return SEPARATOR_LINE
  if (SUMMARY.test(header.join(' ').trim())) return LOG_REQUESTS
  const [separator] = (header.length === 1 && header[0].match(takesDelimiter ? /[;\t,]/ : /[;\t]/)) || []
  return separator === undefined ? undefined : cureOf(separator, takesDelimiter)
}

function cureOf(separator: string, takesDelimiter: boolean): string {
  if (separator === ',') return 'leave --delimiter out: the header has commas'
  if (takesDelimiter) return `add --delimiter ${separator === ';' ? '";"' : 'tab'}`
  const named = separator === ';' ? 'semicolons' : 'tabs'
  return `separate columns by commas instead of ${named}, and write numbers with a decimal point`
}

const NO_DELIMITER = 'name what stands between the columns, such as --delimiter " ", ";" or tab'

const DELIMITER_NAMES = new Map([
  [',', 'comma'],
  [';', 'semicolon'],
  ['\t', 'tab'],
])

function wrongWidth(
  file: string,
  line: number,
  row: readonly string[],
  header: readonly string[],
  delimiter: string,
): KairosError {
  const width = header.length
  const cells = row.length
  const name = DELIMITER_NAMES.get(delimiter) ?? 'delimiter'
  const [problem, usual] =
    cells < width
      ? [`has ${cells} of the ${width} columns`, `the line is cut off or lacks a ${name}`]
      : [`has ${cells} columns, not ${width}`, `remove the extra ${name}s, or quote the cell`]
  const comments = cureOfComments(header, true)
  const own = cureOfHeader(header) ?? cureOfComments(row, false) ?? cureOfKinds(row, delimiter)
  const cure = own ?? (comments === undefined ? usual : `${usual}; ${comments}`)
  return new KairosError('BAD_FILE', problem, { file, line }, cure)
}

/**
 * What to do with simulation.log of Gatling (LogFileDataWriter), whose first cell is the kind of a row, and with
 * variables of nginx (ngx_http_upstream_module) such as $upstream_response_time, which hold `0.010, 0.020` for several
 * servers, or `0.010 : 0.020`.
 */
function cureOfKinds(row: readonly string[], delimiter: string): string | undefined {
  if (delimiter === '\t' && /^(RUN|USER|GROUP|REQUEST|ASSERTION)$/.test(row[0]))
    return "if this is Gatling's simulation.log, keep its rows of requests: grep ^REQUEST simulation.log"
  if (delimiter !== ' ' || !row.some((cell, i) => /^([\d.]+|-),$/.test(cell) || (i > 0 && cell === ':')))
    return undefined
  return "nginx logs a time for each server that was tried: put quotes around such variables in its log_format, or remove these lines, such as by grep -vE '[0-9-](,| :) '"
}

/** @param text from the row on that is not valid */
function wrongQuote(reader: Reader, text: string, cause: Error): KairosError {
  const [, separator] = (reader.delimiter === ',' && /^[^\S\r\n]*"[^"\r\n]*" *([;\t])/.exec(text)) || []
  if (separator === undefined) return unclosedQuote(reader, cause)
  const problem = `a ${separator === ';' ? 'semicolon' : 'tab'} follows a quoted cell`
  const cure = cureOf(separator, reader.takesDelimiter)
  return new KairosError('BAD_FILE', problem, { file: reader.file, line: reader.line }, cure, { cause })
}

function unclosedQuote({ file, line, isJson }: Reader, cause?: Error): KairosError {
  const cure = isJson ? JSON_LINES : 'close the quote; inside a quoted cell, write a quote twice'
  return new KairosError('BAD_FILE', 'a quoted cell does not end', { file, line }, cure, { cause })
}
