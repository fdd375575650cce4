import { KairosError } from '../../model/errors.ts'
import type { LatencyTable } from '../../model/latency-table.ts'
import { nearest } from '../../model/nearest.ts'
import { type Csv, type CsvRow, columnOf, csvLine, numberAt, readCsv, refuseCell, textAt } from '../io/csv.ts'
import { writeAtomically } from '../io/write.ts'

const COLUMNS = ['instance_type', 'batch_size', 'samples', 'mean_ms'] as const
const EXAMPLE = `${COLUMNS.join()},p0_ms,p50_ms,p99_ms,p100_ms`
const KNOT = /^p(\d+(?:\.\d+)?)_ms$/

const MEAN_DECIMALS = 4
const KNOT_DECIMALS = 3

/** A column of knots: where it is, and its level from 0 to 1. */
interface Knot {
  readonly column: number
  readonly level: number
}

/**
 * Reads a latency table: `instance_type,batch_size,samples,mean_ms` and any increasing knots from `p0_ms`
 * to `p100_ms`, such as `p99.9_ms`. Rows may come in any order; types keep that of their first row, bins
 * are sorted. Every type has every bin.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readLatencyTable(path: string): Promise<LatencyTable> {
  const csv = await readCsv(path)
  const [typeColumn, sizeColumn, samplesColumn, meanColumn] = COLUMNS.map((name) => {
    return columnOf(csv, name, EXAMPLE)
  })
  const knots = knotsOf(csv)
  const byType = new Map<string, Map<number, CsvRow>>()
  for (const row of csv.rows) {
    const type = textAt(csv, row, typeColumn, 'the name of an instance type')
    const size = numberAt(csv, row, sizeColumn, (items) => items > 0, 'a number of items > 0')
    const bins = byType.get(type) ?? new Map<number, CsvRow>()
    byType.set(type, bins)
    const first = bins.get(size)
    if (first) {
      const problem = `is ${size} for ${type} a second time, after line ${first.line}`
      refuseCell(csv, row, sizeColumn, problem, 'each bin of a type once')
    }
    bins.set(size, row)
  }
  const types = [...byType.keys()]
  const sizes = [...new Set([...byType.values()].flatMap((bins) => [...bins.keys()]))].sort((a, b) => a - b)
  const rows = types.length * sizes.length
  const table = {
    types,
    batchSizes: Float64Array.from(sizes),
    levels: Float64Array.from(knots, ({ level }) => level),
    samples: new Float64Array(rows),
    meanMs: new Float64Array(rows),
    knotsMs: new Float64Array(rows * knots.length),
  }
  types.forEach((type, t) => {
    sizes.forEach((size, k) => {
      const row = byType.get(type)!.get(size) ?? refuseHole(path, type, sizes, byType.get(type)!)
      const at = t * sizes.length + k
      table.samples[at] = numberAt(csv, row, samplesColumn, isCount, 'a whole number of samples > 0')
      table.meanMs[at] = numberAt(csv, row, meanColumn, isAboveZero, 'a number of milliseconds > 0')
      table.knotsMs.set(knotsAt(csv, row, knots), at * knots.length)
    })
  })
  return table
}

/**
 * Writes a latency table in the shipped format: means with 4 decimals, knots with 3, halves rounded to
 * even as numpy does.
 */
export async function writeLatencyTable(path: string, table: LatencyTable): Promise<void> {
  await writeAtomically(path, latencyTableLines(table))
}

/** The lines of a latency table, the header first. */
export function* latencyTableLines(table: LatencyTable): Generator<string> {
  const { types, batchSizes, levels, samples, meanMs, knotsMs } = table
  // the shortest digits of the percentage: 100 * 0.07 would be 7.000000000000001
  yield csvLine([
    ...COLUMNS,
    ...Array.from(levels, (level) => `p${Number((100 * level).toPrecision(12))}_ms`),
  ])
  for (let row = 0; row < meanMs.length; row++) {
    const type = types[Math.floor(row / batchSizes.length)]
    const knots = knotsMs.subarray(row * levels.length, (row + 1) * levels.length)
    const mean = rounded(meanMs[row], MEAN_DECIMALS)
    const size = batchSizes[row % batchSizes.length]
    yield csvLine([type, size, samples[row], mean, ...Array.from(knots, (ms) => rounded(ms, KNOT_DECIMALS))])
  }
}

/** numpy.round: scaled, to the nearest whole number, a half to the even one. */
function rounded(value: number, decimals: number): string {
  const scale = 10 ** decimals
  const scaled = value * scale
  const up = Math.round(scaled)
  const whole = up - scaled === 0.5 && up % 2 !== 0 ? up - 1 : up
  return (whole / scale).toFixed(decimals)
}

/** The columns of knots, all others being known; levels increase from 0 to 1. */
function knotsOf(csv: Csv): Knot[] {
  const { file, header } = csv
  const knots: Knot[] = []
  header.forEach((name, column) => {
    if ((COLUMNS as readonly string[]).includes(name)) return
    const place = { file, line: 1, field: name }
    const digits = KNOT.exec(name)?.[1]
    if (digits === undefined) {
      const meant = nearest(name, [...COLUMNS, 'p0_ms', 'p50_ms', 'p99_ms', 'p100_ms'])
      const cure = `${meant ? `did you mean ${meant}? ` : ''}A header looks like ${EXAMPLE}`
      throw new KairosError('BAD_FILE', 'is not a column of a latency table', place, cure)
    }
    // from the digits, so that p99.9 is the double nearest to 0.999
    const level = Number(`${digits}e-2`)
    const before = knots.at(-1)
    if (level > 1 || (before && level <= before.level)) {
      const cure = 'expected knots that increase from p0_ms to p100_ms'
      throw new KairosError(
        'BAD_FILE',
        before ? `follows ${header[before.column]}` : 'is above 100',
        place,
        cure,
      )
    }
    knots.push({ column, level })
  })
  if (knots[0]?.level !== 0) columnOf(csv, 'p0_ms', EXAMPLE)
  if (knots.at(-1)!.level !== 1) columnOf(csv, 'p100_ms', EXAMPLE)
  return knots
}

function knotsAt(csv: Csv, row: CsvRow, knots: readonly Knot[]): number[] {
  const values: number[] = []
  knots.forEach(({ column }, i) => {
    const value = numberAt(csv, row, column, (ms) => ms >= 0, 'a number of milliseconds >= 0')
    if (i > 0 && value < values[i - 1]) {
      const before = csv.header[knots[i - 1].column]
      refuseCell(csv, row, column, `is ${value}, below ${before} ${values[i - 1]}`, 'knots that never fall')
    }
    values.push(value)
  })
  return values
}

function refuseHole(
  file: string,
  type: string,
  sizes: readonly number[],
  bins: ReadonlyMap<number, CsvRow>,
): never {
  const missing = sizes.filter((size) => !bins.has(size))
  const some = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '')
  throw new KairosError(
    'BAD_FILE',
    `${type} lacks ${missing.length} of the ${sizes.length} bins: ${some}`,
    { file, field: 'batch_size' },
    'every type needs every bin: measure them, or leave the bin out for all types',
  )
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0
}

function isAboveZero(value: number): boolean {
  return value > 0
}
