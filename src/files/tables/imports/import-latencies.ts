import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { KairosError, refuseUsage } from '../../../model/errors.ts'
import { meanProblem } from '../../../model/workload/derived-quantiles.ts'
import { MEAN_MS, QUANTILE_MS } from '../../../model/workload/latency-table.ts'
import type { ReadOptions } from '../../io/open-file.ts'
import { writeAtomically } from '../../io/write.ts'
import { binsOf, KNOT } from '../latency-table.ts'
import { readTable, type Table } from '../table.ts'
import {
  type ImportedRow,
  type ImportRequest,
  type ReadLatencies,
  type SampledRow,
  summarised,
} from './latency-format.ts'
import { MOST_LATENCIES } from './latency-limit.ts'

export interface ImportSource {
  readonly file: string
  readonly batchSize?: number | undefined
}

export interface ImportLatenciesOptions extends ReadOptions, Pick<ImportRequest, 'name' | 'log'> {
  readonly read: ReadLatencies
  readonly sources: readonly ImportSource[]
  /** Undefined where a column of a log names it: `log.map.type`. */
  readonly type?: string | undefined
  /** Requests in flight during the measurement; undefined: 1, unless a file says otherwise. */
  readonly concurrency?: number | undefined
  /** A latency table whose other rows stay; without it nothing is written. */
  readonly out?: string | undefined
  /** Leaves out of `out` the columns that the imported rows do not have, instead of refusing these. */
  readonly commonColumns?: boolean | undefined
  /** The most latencies of single requests, of all files together. */
  readonly mostLatencies?: number | undefined
}

export interface ImportedLatencies {
  readonly text: string
  /** The imported rows, one for each batch size of a type. */
  readonly rows: number
  /** The instance types of these rows. */
  readonly types: readonly string[]
  readonly notes: readonly string[]
}

/**
 * Makes rows of a latency table from files of another format.
 *
 * @throws KairosError where a file cannot become rows, or these lack columns; the reason of an aborted signal
 */
export async function importLatencies(options: ImportLatenciesOptions): Promise<ImportedLatencies> {
  const { read, sources, concurrency, name, log, out, commonColumns, onProgress, signal } = options
  const type = typeOf(options)
  checkNamedOnce(sources)
  const measured = new Map<string, Measured>()
  const notes: string[] = []
  let taken = concurrency
  let left = options.mostLatencies ?? MOST_LATENCIES
  for (const source of sources) {
    signal?.throwIfAborted()
    const imported = await read({
      ...source,
      concurrency: concurrency ?? 1,
      name,
      log,
      mostLatencies: left,
      onProgress,
      signal,
    })
    left -= imported.rows.reduce((sum, row) => sum + (isSampled(row) ? row.latenciesMs[0].length : 0), 0)
    taken ??= imported.concurrency
    for (const row of imported.rows) addRow(measured, source.file, row)
    notes.push(...imported.notes)
  }
  const all = [...measured.values()]
  const joined = all.filter(({ files }) => files.length > 1)
  if (joined.length > 0) {
    const bins = joined.map(({ row, files }) => `${binOf(row)} (${files.length} files)`)
    notes.push(`joined from several files: batch sizes ${listed(bins)}`)
  }
  const summaries = all.map(({ row, files }) => {
    const statistics = isSampled(row) ? summarised(row) : row
    checkRow(files[0], statistics)
    return statistics
  })
  notes.push(...fewSamples(summaries))
  const rows = summaries.map((row): TypedRow => ({ ...row, type: row.type ?? type! }))
  const older = out !== undefined && (await hasContent(out)) ? await readTable(out) : undefined
  const offered = headerOf(rows, taken !== undefined || older?.header.includes(CONCURRENCY) === true)
  const header = older === undefined ? offered : sharedHeader(older, offered, commonColumns)
  const lacking = offered.filter((column) => !header.includes(column))
  if (lacking.length > 0) notes.push(`left out ${lacking.join()}, which ${out} does not have`)
  const dropped = older?.header.filter((column) => !header.includes(column)) ?? []
  if (dropped.length > 0)
    notes.push(`removed ${dropped.join()} from ${out}, which the imported rows do not have`)
  const kept = older === undefined ? [] : otherRows(older, rows)
  // files of one batch size are often imported one after the other
  if (type === undefined || rows.length > 1) notes.push(...missingBins([...kept, ...rows], type))
  const lines = [
    ...kept.map(({ cells }) => header.map((name) => cells[older!.header.indexOf(name)] ?? '')),
    ...rows.map((row) => cellsOf(row, taken, header)),
  ]
  const { writeToString } = await import('fast-csv')
  const text = await writeToString([header, ...lines], { includeEndRowDelimiter: true })
  if (out !== undefined) await writeAtomically(out, text)
  return { text, rows: rows.length, types: [...new Set(rows.map((row) => row.type))], notes }
}

/** A file has the requests of one batch size, or says the size of each. @throws KairosError BAD_USAGE */
function checkNamedOnce(sources: readonly ImportSource[]): void {
  const paths = sources.map(({ file }) => resolve(file))
  const twice = sources.find((_, i) => paths.indexOf(paths[i]) < i)
  if (twice) {
    throw new KairosError('BAD_USAGE', 'is named twice', { file: twice.file }, 'name each file once')
  }
}

type TypedRow = ImportedRow & { readonly type: string }

/** Fewer samples say little about a tail. */
const FEW = 30

const TABLE_ALREADY =
  'if the file has means and quantiles instead of requests, it is a latency table once its columns are named as kairos-wasm schema latency says'

/** A note where rows have few samples. */
function fewSamples(rows: readonly ImportedRow[]): string[] {
  const few = rows.filter(({ samples = FEW }) => samples < FEW)
  if (few.length === 0) return []
  const bins = few.map((row) => `${binOf(row)} (${row.samples})`)
  const note = `fewer than ${FEW} samples, so that the tail is a guess: batch sizes ${listed(bins)}`
  const isTable = rows.length > 2 && rows.every(({ samples }) => samples === 1)
  return [isTable ? `${note}; ${TABLE_ALREADY}` : note]
}

/** Which row of a table it is. */
const keyOf = (type: string | undefined, batchSize: number) => `${batchSize} ${type ?? ''}`

/** The batch size in a message, after the type where the file names it. */
const binOf = ({ type, batchSize }: ImportedRow | SampledRow) =>
  type === undefined ? `${batchSize}` : `${type} ${batchSize}`

/** The first items of a list that may be long. */
function listed(items: readonly string[], most = 20): string {
  const more = items.length - most
  return more > 0 ? `${items.slice(0, most).join(', ')} and ${more} more` : items.join(', ')
}

/** A note where a type of a table, or the one that is imported, lacks batch sizes that another type has. */
function missingBins(
  rows: readonly { readonly type: string; readonly batchSize: number }[],
  imported?: string,
): string[] {
  const sizes = [...new Set(rows.map(({ batchSize }) => batchSize))].sort((a, b) => a - b)
  const present = new Set(rows.map(({ type, batchSize }) => keyOf(type, batchSize)))
  const types = imported === undefined ? [...new Set(rows.map(({ type }) => type))] : [imported]
  const lacking = types.flatMap((type) => {
    const missing = sizes.filter((size) => !present.has(keyOf(type, size)))
    if (missing.length === 0) return []
    return [`${type} lacks batch size${missing.length > 1 ? 's' : ''} ${listed(missing.map(String), 5)}`]
  })
  if (lacking.length === 0) return []
  const cure =
    imported === undefined
      ? 'round sizes up by --bins, import more requests, measure them by kairos-wasm measure, leave types out by --where'
      : 'measure them by kairos-wasm measure, import more requests, round those of a log up by --bins'
  return [
    `every type of a latency table needs every batch size: ${listed(lacking)}; ${cure}, or add rows with times of at least 200 latency targets where a type cannot serve a size`,
  ]
}

/** A row, and the files that it is from. */
interface Measured {
  row: ImportedRow | SampledRow
  readonly files: string[]
}

/** Adds a row; single latencies of a batch size that another file has too are joined. @throws KairosError BAD_USAGE */
function addRow(measured: Map<string, Measured>, file: string, row: ImportedRow | SampledRow): void {
  const key = keyOf(row.type, row.batchSize)
  const same = measured.get(key)
  if (same === undefined) {
    measured.set(key, { row, files: [file] })
    return
  }
  if (!isSampled(row) || !isSampled(same.row)) {
    const problem = `has batch size ${row.batchSize}, which another file has`
    const cure = 'name each batch size once: statistics cannot be joined'
    throw new KairosError('BAD_USAGE', problem, { file }, cure)
  }
  same.row = { ...row, latenciesMs: [...same.row.latenciesMs, ...row.latenciesMs] }
  same.files.push(file)
}

function isSampled(row: ImportedRow | SampledRow): row is SampledRow {
  return 'latenciesMs' in row
}

/** The instance type as tables have it; undefined where the log names it. @throws KairosError BAD_USAGE */
function typeOf({ type, log }: ImportLatenciesOptions): string | undefined {
  const column = log?.map?.type
  if (column !== undefined) {
    if (type === undefined) return undefined
    refuseUsage('type', `is given, and the types are in "${column}" by --map`, 'leave one out')
  }
  if (type === undefined) {
    refuseUsage('type', 'is missing', 'name the instance type, or its column by --map type=<column>')
  }
  const name = type.trim()
  if (name !== '' && !/\p{Cc}/u.test(name)) return name
  const problem = name === '' ? 'is empty' : 'contains control characters'
  refuseUsage('type', problem, 'the name of an instance type is expected')
}

/** Whether a table may be in a file. A pipe or a device is only written to. */
async function hasContent(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined)
  return found?.isFile() === true && found.size > 0
}

/** Refuses what a latency table cannot contain. */
function checkRow(file: string, { batchSize, samples = 1, meanMs, quantiles }: ImportedRow): void {
  const refuse = (what: string, value: number, expected: string) => {
    throw new KairosError('BAD_FILE', `has ${what} ${value}`, { file }, `expected ${expected}`)
  }
  const isSize = Number.isFinite(batchSize) && batchSize > 0
  if (!isSize) refuse('the batch size', batchSize, 'a number of items > 0')
  if (!Number.isSafeInteger(samples) || samples < 0)
    refuse('the number of samples', samples, 'a whole number')
  // with the digits that the file keeps
  if (!MEAN_MS.isValid(Number(milliseconds(meanMs)))) refuse('the mean latency', meanMs, MEAN_MS.expected)
  for (const [percent, ms] of quantiles) {
    if (!(percent >= 0 && percent <= 100)) refuse('the percentile', percent, 'one from 0 to 100')
    if (!QUANTILE_MS.isValid(ms)) {
      refuse(`at percentile ${percent} the latency`, ms, QUANTILE_MS.expected)
    }
  }
  if ([...quantiles.keys()].every((percent) => percent <= 50)) {
    const cure = 'was it written to the end?'
    throw new KairosError('BAD_FILE', 'has no percentile of latency above the median', { file }, cure)
  }
  const levels = [...quantiles.keys()].map((percent) => percent / 100)
  const problem = meanProblem({ levels, values: [...quantiles.values()], meanMs })
  if (problem !== undefined) {
    const cure = 'expected a mean that fits its percentiles'
    throw new KairosError('BAD_FILE', `the mean latency ${problem}`, { file }, cure)
  }
}

const REQUIRED = ['instance_type', 'batch_size', 'mean_ms']
const CONCURRENCY = 'concurrency'

function headerOf(rows: readonly ImportedRow[], hasConcurrency: boolean): string[] {
  const percents = [...rows[0].quantiles.keys()]
  for (const { batchSize, quantiles } of rows) {
    if ([...quantiles.keys()].join() === percents.join()) continue
    const problem = `batch size ${batchSize} has other quantiles than ${rows[0].batchSize}`
    throw new KairosError('BAD_FILE', problem, {}, 'measure all with the same settings')
  }
  const counted = rows.every(({ samples }) => samples !== undefined)
  const about = [...(counted ? ['samples'] : []), ...(hasConcurrency ? [CONCURRENCY] : [])]
  const [type, batchSize, mean] = REQUIRED
  return [type, batchSize, ...about, mean, ...percents.map((percent) => `p${percent}_ms`)]
}

/**
 * The columns of a table, where the imported rows have them all or only common ones are asked for; and the concurrency,
 * where they say it.
 *
 * @throws KairosError BAD_FILE where the table has others, or no quantile above the median is common
 */
function sharedHeader(
  { header, file, headerLine }: Table,
  offered: readonly string[],
  commonColumns = false,
): string[] {
  const lacking = REQUIRED.filter((column) => !header.includes(column))
  if (lacking.length > 0) {
    const problem = `is no latency table: it has no ${lacking.join(', ')}`
    throw new KairosError('BAD_FILE', problem, { file, line: headerLine }, 'write to a new file')
  }
  const missing = header.filter((column) => !offered.includes(column))
  const both = header.filter((column) => offered.includes(column))
  const isEnough = both.some((column) => percentOf(column) > 50)
  if (missing.length === 0 || (commonColumns && isEnough)) {
    if (both.includes(CONCURRENCY) || !offered.includes(CONCURRENCY)) return both
    // before the mean, where a new table has it
    return both.flatMap((column) => (column === 'mean_ms' ? [CONCURRENCY, column] : [column]))
  }
  const cure = isEnough
    ? 'add --common-columns to remove these columns from the table, or write these rows to a new table'
    : 'write these rows to a new table: no quantile above the median is common'
  const problem = `has the columns ${missing.join()}, which the imported rows do not have; both have ${both.join()}`
  throw new KairosError('BAD_FILE', problem, { file, line: headerLine }, cure)
}

/** The percentile of a column of quantiles; NaN for others. */
function percentOf(column: string): number {
  return Number(KNOT.exec(column)?.[1])
}

function cellsOf(
  { type, batchSize, samples, meanMs, quantiles }: TypedRow,
  concurrency: number | undefined,
  header: readonly string[],
): string[] {
  const cells = new Map([
    ['instance_type', type],
    ['batch_size', String(batchSize)],
    ['samples', String(samples)],
    [CONCURRENCY, String(concurrency ?? '')],
    ['mean_ms', milliseconds(meanMs)],
  ])
  for (const [percent, ms] of quantiles) cells.set(`p${percent}_ms`, milliseconds(ms))
  return header.map((column) => cells.get(column)!)
}

/** To a nanosecond, without an exponent. */
function milliseconds(ms: number): string {
  return ms.toFixed(6).replace(/\.?0+$/, '')
}

/** The rows of a table that the imported ones do not replace. @throws KairosError BAD_FILE as `binsOf` */
function otherRows(table: Table, rows: readonly TypedRow[]) {
  const [nameAt, sizeAt] = ['instance_type', 'batch_size'].map((column) => table.header.indexOf(column))
  binsOf(table, nameAt, sizeAt)
  const replaced = new Set(rows.map(({ type, batchSize }) => keyOf(type, batchSize)))
  return table.rows
    .map(({ cells }) => ({ type: cells[nameAt], batchSize: Number(cells[sizeAt]), cells }))
    .filter(({ type, batchSize }) => !replaced.has(keyOf(type, batchSize)))
}
