import { checkGiven, type OptionNames } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
import type { OnProgress } from '../../model/progress.ts'
import { checkTrace, type Trace } from '../../model/trace/trace.ts'
import { readColumns, refusedNumber } from '../io/csv-columns.ts'
import { parseDecimal } from '../io/decimal.ts'
import type { ReadOptions } from '../io/open-file.ts'
import { rowPieces } from '../io/row-pieces.ts'
import { writeAtomically } from '../io/write.ts'
import { keepTrace, keptTrace, openTraceCache } from './trace-cache.ts'
import { createTraceColumns } from './trace-columns.ts'

/** Options of `readTrace`. */
export interface ReadTraceOptions extends ReadOptions {
  /** Whether the cache folder of the user is used, to read columns from it and to store them; true by default. */
  readonly cache?: boolean | undefined
  /** The largest batch size that the latency table serves. */
  readonly maxBatchSize?: number | undefined
  /** Receives a sentence if the last line has no line end: the file may have been cut inside its last number. */
  readonly onNote?: ((note: string) => void) | undefined
}

export const READ_TRACE_OPTIONS: OptionNames<ReadTraceOptions> = {
  cache: 'flag',
  maxBatchSize: true,
  onNote: true,
  signal: true,
  onProgress: true,
}

const COLUMNS = ['arrival_ms', 'batch_size'] as const

/**
 * Reads `arrival_ms,batch_size`, sorted by arrival, into columns of 16 bytes per query. The columns of long files are
 * stored in the cache folder of the user, and read from there in milliseconds while the file is unchanged. The last
 * line need not have a line end, but must be whole.
 *
 * @throws KairosError NO_FILE; BAD_FILE with line, field and cure; TOO_LARGE; the reason of an aborted signal
 */
export async function readTrace(path: string, options: ReadTraceOptions = {}): Promise<Trace> {
  checkGiven(options, READ_TRACE_OPTIONS)
  const { cache = true, maxBatchSize = Infinity, onNote, ...reading } = options
  const entry = cache ? await openTraceCache(path) : undefined
  const kept = entry && (await keptTrace(entry))
  // parsing finds the line of a size beyond the table
  if (kept?.batchSize.every((size) => size <= maxBatchSize)) return kept
  const { trace, openLine } = await parseTrace(path, maxBatchSize, reading)
  if (openLine !== undefined) {
    onNote?.(
      `${path} line ${openLine}: the last line has no line end: was the file cut inside its last number?`,
    )
  } else if (entry) await keepTrace(entry, trace)
  return trace
}

/** @returns the trace, and the number of its last line if that has no line end */
async function parseTrace(file: string, maxBatchSize: number, reading: ReadOptions) {
  const columns = createTraceColumns()
  let previous = 0
  let previousLine = 0
  const takeRow = (cells: readonly string[], line: number): void => {
    const arrivalMs = parseDecimal(cells[0])
    const batchSize = parseDecimal(cells[1])
    if (!(arrivalMs >= 0)) {
      throw refusedNumber(file, line, 'arrival_ms', cells[0], 'a number of milliseconds >= 0')
    }
    if (arrivalMs < previous) {
      const problem = `is ${cells[0]}, after ${previous} on line ${previousLine}`
      const cure = 'sort the trace by arrival'
      throw new KairosError('BAD_FILE', problem, { file, line, field: 'arrival_ms' }, cure)
    }
    if (!(batchSize > 0 && batchSize <= maxBatchSize)) {
      const upTo = Number.isFinite(maxBatchSize)
        ? ` and <= ${maxBatchSize}, the largest of the latency table`
        : ''
      throw refusedNumber(file, line, 'batch_size', cells[1], `a batch size > 0${upTo}`)
    }
    columns.push(arrivalMs, batchSize)
    previous = arrivalMs
    previousLine = line
  }
  const otherwise = 'convert other files by kairos-wasm trace convert, whose --help lists the formats'
  const format = { ...reading, columns: COLUMNS, otherwise }
  const { line, endsInsideLine } = await readColumns(file, format, takeRow)
  const trace = columns.finish()
  if (trace.arrivalMs.length === 0) {
    const cure = 'add lines of arrival_ms,batch_size'
    throw new KairosError('BAD_FILE', 'there is no query after the header', { file, line: line + 1 }, cure)
  }
  return { trace, openLine: endsInsideLine ? line : undefined }
}

/** Options of `writeTrace`. */
export interface WriteTraceOptions {
  readonly signal?: AbortSignal | undefined
  /** Receives the number of queries that are written, and of all queries. */
  readonly onProgress?: OnProgress | undefined
}

const WRITING: OptionNames<WriteTraceOptions> = { signal: true, onProgress: true }

/**
 * Writes `arrival_ms,batch_size`, each number with the digits that restore the same double. Writes the whole file or
 * nothing.
 *
 * @throws KairosError BAD_MODEL, TOO_LARGE for an invalid trace; NO_FILE if it is not written; the reason of an aborted
 * signal
 */
export async function writeTrace(path: string, trace: Trace, options: WriteTraceOptions = {}): Promise<void> {
  checkGiven(options, WRITING)
  checkTrace(trace)
  await writeAtomically(path, traceText(trace, options))
}

/** The text that `writeTrace` writes, in pieces. @throws the reason of an aborted signal */
export async function* traceText(
  { arrivalMs, batchSize }: Trace,
  options: WriteTraceOptions = {},
): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\n`
  yield* rowPieces(arrivalMs.length, (row) => `${arrivalMs[row]},${batchSize[row]}\n`, options)
}
