import { checkColumns, checkGiven, checkNames, type OptionNames, valueText } from '../../model/checks.ts'
import { KairosError, refuseModel } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import { levelsWithEnds, meanProblem, withEnds } from '../../model/workload/derived-quantiles.ts'
import { type LatencyTable, MEAN_MS, meanOfKnots, QUANTILE_MS } from '../../model/workload/latency-table.ts'
import { knotNames, tableCells } from '../../model/workload/table-cells.ts'
import { checkTable } from '../../model/workload/workload.ts'
import { unitOfName } from '../io/units.ts'
import { writeAtomically } from '../io/write.ts'
import { columnOf, numberAt, readTable, refused, type Table, type TableRow, typeAt } from './table.ts'

const COLUMNS = ['instance_type', 'batch_size', 'samples', 'concurrency', 'mean_ms'] as const
const EXAMPLE = 'instance_type,batch_size,mean_ms,p50_ms,p95_ms,p99_ms'
/** A column of quantiles, and its percentile. */
export const KNOT = /^p(\d+(?:\.\d+)?)_ms$/

const MEAN_DECIMALS = 4
const KNOT_DECIMALS = 3

/** The largest share by which the mean of quantiles may differ from `mean_ms` without a note. */
const LOOSE_MEAN = 0.05

/** A derived `p100_ms` beyond this multiple of the last quantile was raised: the last step at most doubles it. */
const RAISED_TAIL = 2

/** Options of `readLatencyTable`. */
export interface ReadLatencyTableOptions {
  /** Receives a sentence about what is derived, and about means that do not fit, once at most. */
  readonly onNote?: ((note: string) => void) | undefined
}

const OPTIONS: OptionNames<ReadLatencyTableOptions> = { onNote: true }

/** A column of quantiles. */
interface Knot {
  /** The position of the column. */
  readonly column: number
  /** From 0 to 1. */
  readonly level: number
}

/** The rows of a table by instance type and batch size. */
type Bins = Map<string, Map<number, TableRow>>

/**
 * Reads a latency table: `instance_type,batch_size,mean_ms` and any increasing quantiles (knots), such as `p50_ms` and
 * `p99.9_ms`, one of them above the median. `p0_ms` and `p100_ms` are derived where they are missing (see
 * derived-quantiles.ts); without `samples` their number is 0. `concurrency` says how many requests were under way, for
 * all rows of a type the same; an empty cell says nothing. Rows may be in any order. Types keep the order of their
 * first rows; bins are sorted. Every type has every bin.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readLatencyTable(
  path: string,
  options: ReadLatencyTableOptions = {},
): Promise<LatencyTable> {
  checkGiven(options, OPTIONS)
  const { onNote } = options
  const source = await readTable(path)
  checkUnits(source)
  const [typeColumn, sizeColumn, meanColumn] = (['instance_type', 'batch_size', 'mean_ms'] as const).map(
    (name) => columnOf(source, name, EXAMPLE),
  )
  const samplesColumn = source.header.indexOf('samples')
  const concurrencyColumn = source.header.indexOf('concurrency')
  const knots = knotsOf(source)
  const given = knots.map(({ level }) => level)
  const levels = levelsWithEnds(given)
  const byType = binsOf(source, typeColumn, sizeColumn)
  const types = [...byType.keys()]
  const sizes = [...new Set([...byType.values()].flatMap((bins) => [...bins.keys()]))].sort((a, b) => a - b)
  const rows = types.length * sizes.length
  const table = {
    types,
    batchSizes: Float64Array.from(sizes),
    levels: Float64Array.from(levels),
    samples: new Float64Array(rows),
    meanMs: new Float64Array(rows),
    knotsMs: new Float64Array(rows * levels.length),
  }
  types.forEach((type, t) => {
    sizes.forEach((size, k) => {
      const row = byType.get(type)!.get(size)
      if (row === undefined) throw missingBins(path, sizes, byType)
      const at = t * sizes.length + k
      if (samplesColumn >= 0) {
        table.samples[at] = numberAt(source, row, samplesColumn, isCount, SAMPLES)
      }
      const meanMs = numberAt(source, row, meanColumn, MEAN_MS.isValid, MEAN_MS.expected)
      const values = knotsAt(source, row, knots)
      const problem = meanProblem({ levels: given, values, meanMs })
      if (problem !== undefined) {
        const expected =
          'a mean that fits its quantiles, in the same unit: give more of them, or none at p100_ms'
        throw refused(source, row, meanColumn, problem, expected)
      }
      table.meanMs[at] = meanMs
      table.knotsMs.set(withEnds({ levels: given, values, meanMs }), at * levels.length)
    })
  })
  const notes = levels.length > given.length ? derivationNote(source, knots, table) : meansNotes(table)
  if (notes.length > 0) onNote?.(`${path}: ${notes.join('; ')}`)
  if (concurrencyColumn < 0) return table
  const concurrency = Float64Array.from(byType.values(), (bins) => {
    return concurrencyOf(source, [...bins.values()], concurrencyColumn)
  })
  return concurrency.some((count) => count > 0) ? { ...table, concurrency } : table
}

/** The concurrency of the rows of a type; 0 where they do not say it. */
function concurrencyOf(source: Table, rows: readonly TableRow[], column: number): number {
  const [first, ...others] = rows.map((row) => {
    if (row.cells[column] === '') return 0
    return numberAt(source, row, column, (count) => Number.isInteger(count) && count > 0, CONCURRENCY)
  })
  const other = others.findIndex((count) => count !== first)
  if (other < 0) return first
  const problem = `is ${rows[other + 1].cells[column]}, and ${rows[0].cells[column]} in line ${rows[0].line}`
  throw refused(source, rows[other + 1], column, problem, 'one concurrency for all rows of a type')
}

const CONCURRENCY = 'a whole number of requests > 0, or nothing'

/** By how much the mean of the quantiles of each row differs from `mean_ms`, as a share of it. */
function excessOf(table: Pick<LatencyTable, 'levels' | 'meanMs' | 'knotsMs'>): number[] {
  return Array.from(table.meanMs, (ms, row) => meanOfKnots(table, row) / ms - 1)
}

/** Where given quantiles have a mean far from `mean_ms`: replays are faster or slower than the bound assumes. */
function meansNotes(table: LatencyTable): string[] {
  const shares = excessOf(table)
  const noteOf = (far: readonly number[], side: string, effect: string) => {
    if (far.length === 0) return []
    const most = Math.round(100 * Math.max(...far.map(Math.abs)))
    return [
      `in ${far.length} of ${shares.length} rows the mean of the quantiles is up to ${most}% ${side} mean_ms, so that replays ${effect} the bound: give more quantiles`,
    ]
  }
  const low = shares.filter((share) => share < -LOOSE_MEAN)
  const high = shares.filter((share) => share > LOOSE_MEAN)
  return [...noteOf(low, 'below', 'may exceed'), ...noteOf(high, 'above', 'stay further below')]
}

/** What is derived in a table, and where its means or its slowest times suffer. */
function derivationNote({ header }: Table, knots: readonly Knot[], table: LatencyTable): string[] {
  const names = knots.map(({ column }) => header[column])
  const last = names[names.length - 1]
  const before = names.length > 1 ? names[names.length - 2] : 'mean_ms'
  const derived = [
    ...(names[0] === 'p0_ms' ? [] : [`p0_ms such that the quantiles have the mean mean_ms`]),
    ...(last === 'p100_ms'
      ? []
      : [`p100_ms as ${last} + (${last} - ${before}), or more where the mean is higher`]),
  ]
  const notes = [`derived ${derived.join(', and ')}`]
  const excess = excessOf(table)
  const loose = excess.filter((share) => share > LOOSE_MEAN)
  if (loose.length > 0) {
    const most = Math.round(100 * Math.max(...loose))
    notes.push(
      `in ${loose.length} of ${excess.length} rows the quantiles are so far apart that their mean is up to ${most}% above mean_ms: give more of them`,
    )
  }
  if (last === 'p100_ms') return notes
  const { levels, knotsMs } = table
  const factors = excess.map((_, row) => {
    const end = (row + 1) * levels.length - 1
    return knotsMs[end] / knotsMs[end - 1]
  })
  const raised = factors.filter((factor) => factor > RAISED_TAIL)
  if (raised.length > 0) {
    const most = Number(Math.max(...raised).toPrecision(2))
    notes.push(
      `in ${raised.length} of ${excess.length} rows mean_ms is so high that p100_ms is up to ${most} times ${last}: check these means`,
    )
  }
  return notes
}

/**
 * Writes a latency table in the shipped format, without `samples` where they are not known: means with 4 decimals,
 * knots with 3, halves rounded to even as numpy does. Times of which these show fewer than three digits have three.
 *
 * @throws KairosError BAD_MODEL for a table that is none, and for levels that have no names of their own; NO_FILE
 */
export async function writeLatencyTable(path: string, table: LatencyTable): Promise<void> {
  checkTable(table)
  const kinds = { meanMs: 'Float64Array', samples: 'Float64Array' } as const
  checkColumns('latency', table, kinds, 'a Float64Array with a number for each row is expected')
  const { types, samples } = table
  const wrong = samples.findIndex((count) => !isCount(count))
  if (wrong >= 0) refuseModel(`latency.samples[${wrong}]`, `is ${samples[wrong]}`, `${SAMPLES} is expected`)
  // checkTable remembers tables; fast-csv throws outside the promise for a name without a text
  checkNames('latency.types', types)
  const odd = types.findIndex((name) => name === '' || /\p{Cc}/u.test(name))
  if (odd >= 0) refuseModel(`latency.types[${odd}]`, `is ${valueText(types[odd])}`, NAME)
  await writeAtomically(path, await latencyTableText(table))
}

const SAMPLES = 'a whole number of samples >= 0'
const NAME = 'a name without control characters is expected'

/** The text that `writeLatencyTable` writes. */
export async function latencyTableText(table: LatencyTable): Promise<string> {
  const { levels } = table
  const names = knotNames(levels)
  const odd = names.findIndex((name, i) => !KNOT.test(name) || names.indexOf(name) < i)
  if (odd >= 0) {
    const cure = 'levels from 1e-8 whose percentages differ in their first 12 digits are expected'
    refuseModel(`latency.levels[${odd}]`, `is ${levels[odd]}`, cure)
  }
  const meanCell = (ms: number) => rounded(ms, MEAN_DECIMALS)
  const knotCell = (ms: number) => rounded(ms, KNOT_DECIMALS)
  const { writeToString } = await import('fast-csv')
  return writeToString(tableCells(table, meanCell, knotCell), { includeEndRowDelimiter: true })
}

/**
 * Rounds as numpy.round: scales, rounds to the nearest whole number and a half to the even one. A value of which this
 * shows fewer than three digits has three.
 */
function rounded(value: number, decimals: number): string {
  const scale = 10 ** decimals
  if (value > 0 && value * scale < 99.5) return String(Number(value.toPrecision(3)))
  const scaled = value * scale
  const up = Math.round(scaled)
  const whole = up - scaled === 0.5 && up % 2 !== 0 ? up - 1 : up
  return (whole / scale).toFixed(decimals)
}

/** The rows of a table by type and batch size. @throws KairosError BAD_FILE for a row without them, or a bin again */
export function binsOf(table: Table, typeColumn: number, sizeColumn: number): Bins {
  const byType: Bins = new Map()
  for (const row of table.rows) {
    const type = typeAt(table, row, typeColumn)
    const size = numberAt(table, row, sizeColumn, isAboveZero, 'a number of items > 0')
    const bins = byType.get(type) ?? new Map<number, TableRow>()
    byType.set(type, bins)
    const first = bins.get(size)
    if (first) {
      const problem = `is ${size} for ${type} a second time, after line ${first.line}`
      throw refused(table, row, sizeColumn, problem, 'each bin of a type once')
    }
    bins.set(size, row)
  }
  return byType
}

/** @throws KairosError BAD_FILE where a column is named after another unit than ms */
function checkUnits({ file, header, headerLine }: Table): void {
  for (const name of header) {
    const unit = unitOfName(name)
    if (unit === undefined || unit === 'ms') continue
    const place = { file, line: headerLine, field: name }
    const cure = `write its times in ms: a header looks like ${EXAMPLE}`
    throw new KairosError('BAD_FILE', `is named after ${unit}`, place, cure)
  }
}

/** The columns of quantiles. Levels increase from 0 to 1; every other column is known. */
function knotsOf(table: Table): Knot[] {
  const { file, header, headerLine } = table
  const knots: Knot[] = []
  header.forEach((name, column) => {
    if ((COLUMNS as readonly string[]).includes(name)) return
    if (name === '') {
      const problem = `column ${column + 1} has no name`
      const cure = `remove it; a header looks like ${EXAMPLE}`
      throw new KairosError('BAD_FILE', problem, { file, line: headerLine }, cure)
    }
    const place = { file, line: headerLine, field: name }
    const digits = KNOT.exec(name)?.[1]
    if (digits === undefined) {
      const meant = nearest(name, [...COLUMNS, 'p0_ms', 'p50_ms', 'p90_ms', 'p95_ms', 'p99_ms', 'p100_ms'])
      const cure = `${meant ? `did you mean ${meant}? A` : 'a'} header looks like ${EXAMPLE}`
      throw new KairosError('BAD_FILE', 'is not a column of a latency table', place, cure)
    }
    // from the digits, so that p99.9 is the double nearest to 0.999
    const level = Number(`${digits}e-2`)
    const before = knots.at(-1)
    if (level > 1 || (before && level <= before.level)) {
      const problem = level > 1 ? 'is above 100' : `follows ${header[before!.column]}`
      const cure = 'expected quantiles that increase from p0_ms to p100_ms'
      throw new KairosError('BAD_FILE', problem, place, cure)
    }
    knots.push({ column, level })
  })
  if ((knots.at(-1)?.level ?? 0) > 0.5) return knots
  const cure = `add one such as p99_ms: a header looks like ${EXAMPLE}`
  throw new KairosError('BAD_FILE', 'no quantile is above the median', { file, line: headerLine }, cure)
}

function knotsAt(table: Table, row: TableRow, knots: readonly Knot[]): number[] {
  const values: number[] = []
  knots.forEach(({ column }, i) => {
    const value = numberAt(table, row, column, QUANTILE_MS.isValid, QUANTILE_MS.expected)
    if (i > 0 && value < values[i - 1]) {
      const before = table.header[knots[i - 1].column]
      const problem = `is ${value}, below ${before} ${values[i - 1]}`
      throw refused(table, row, column, problem, 'quantiles that never decrease')
    }
    values.push(value)
  })
  return values
}

/** The types of a table that lack bins, the first few by name. */
function missingBins(
  file: string,
  sizes: readonly number[],
  byType: ReadonlyMap<string, ReadonlyMap<number, TableRow>>,
): KairosError {
  const lacking = [...byType].flatMap(([type, bins]) => {
    const missing = sizes.filter((size) => !bins.has(size))
    if (missing.length === 0) return []
    const some = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '')
    return [`${type} lacks ${missing.length} of the ${sizes.length} bins: ${some}`]
  })
  const problem =
    lacking.slice(0, 5).join('; ') + (lacking.length > 5 ? `; and ${lacking.length - 5} more types` : '')
  const cure =
    'every type needs every bin: measure them, leave the bin out for all types, or give times of at least 200 latency targets where the type cannot serve it'
  return new KairosError('BAD_FILE', problem, { file, field: 'batch_size' }, cure)
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0
}

function isAboveZero(value: number): boolean {
  return value > 0
}
