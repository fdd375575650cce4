import { refuseModel } from '../errors.ts'
import { mean } from './derived-quantiles.ts'

/**
 * How long an instance type takes for a batch, in milliseconds: per type and bin the mean and the
 * quantile knots of the service time. Rows of all arrays run type by type, bins inside a type.
 */
export interface LatencyTable {
  /** T names of instance types. */
  readonly types: readonly string[]
  /** K batch sizes, strictly increasing: the bins. */
  readonly batchSizes: Float64Array
  /** L quantile levels in [0, 1], strictly increasing, the first 0 and the last 1. */
  readonly levels: Float64Array
  /** T x K numbers of samples behind each row; 0 where they are not known, and for rows between measured sizes. */
  readonly samples: Float64Array
  /** T numbers of requests that were under way while the times were taken; 0, or absent, where that is not known. */
  readonly concurrency?: Float64Array | undefined
  /** T x K mean service times, ms. */
  readonly meanMs: Float64Array
  /** T x K x L service times at the levels, ms, never decreasing along the levels. */
  readonly knotsMs: Float64Array
}

/** The longest service time, ms: a bound on longer ones would lose its digits. */
const LONGEST_SERVICE_MS = 1e15

/** The values that a mean service time may have, and those of a quantile. */
export const MEAN_MS = {
  isValid: (ms: number) => ms > 0 && ms <= LONGEST_SERVICE_MS,
  expected: 'a number of milliseconds > 0 and up to 1e15',
}
export const QUANTILE_MS = {
  isValid: (ms: number) => ms >= 0 && ms <= LONGEST_SERVICE_MS,
  expected: 'a number of milliseconds >= 0 and up to 1e15',
}

/** The largest batch size that a table serves. */
export function largestBin({ batchSizes }: Pick<LatencyTable, 'batchSizes'>): number {
  return batchSizes[batchSizes.length - 1]
}

/** The quantile knots of a table, or of some of its types. */
export type Knots = Pick<LatencyTable, 'levels' | 'knotsMs'>

/** Some rows of an array, in the order of `rows`, each of `width` numbers. */
export function rowsOf(table: Float64Array, rows: readonly number[], width: number): Float64Array {
  const chosen = new Float64Array(rows.length * width)
  rows.forEach((row, i) => {
    chosen.set(table.subarray(row * width, (row + 1) * width), i * width)
  })
  return chosen
}

/** The quantile `level` (0 to 1) of the service time of row `type * K + bin`, ms, linear between knots. */
export function quantileMs(table: Knots, row: number, level: number): number {
  const { levels, knotsMs } = table
  const at = row * levels.length
  let i = 1
  while (i < levels.length - 1 && levels[i] < level) i++
  const share = (level - levels[i - 1]) / (levels[i] - levels[i - 1])
  return knotsMs[at + i - 1] + share * (knotsMs[at + i] - knotsMs[at + i - 1])
}

/** The mean service time of row `type * K + bin`, ms, read off the knots: linear between knots. */
export function meanOfKnots({ levels, knotsMs }: Knots, row: number): number {
  return mean(levels, knotsMs.subarray(row * levels.length, (row + 1) * levels.length))
}

/**
 * P(service time > limitMs) of row `type * K + bin`, read off the knots: linear between knots,
 * 0 at or above the largest, 1 below the smallest (docs/architecture.md, "Mathematics").
 */
export function exceedance(table: Knots, row: number, limitMs: number): number {
  const { levels, knotsMs } = table
  const last = levels.length - 1
  const at = row * levels.length
  if (limitMs >= knotsMs[at + last]) return 0
  if (limitMs < knotsMs[at]) return 1
  // the last knot at or below the limit: where knots are equal, the distribution has a jump there
  let i = last - 1
  while (knotsMs[at + i] > limitMs) i--
  const share = (limitMs - knotsMs[at + i]) / (knotsMs[at + i + 1] - knotsMs[at + i])
  return 1 - (levels[i] + share * (levels[i + 1] - levels[i]))
}

/**
 * Joins two tables. Types that both have are those of `newer`.
 *
 * @throws KairosError BAD_MODEL where their bins or quantile levels differ
 */
export function joinTables(older: LatencyTable, newer: LatencyTable): LatencyTable {
  for (const field of ['batchSizes', 'levels'] as const) {
    if (older[field].join() === newer[field].join()) continue
    const problem = `differ: ${older[field].join(', ')} and ${newer[field].join(', ')}`
    refuseModel(field, problem, 'tables of the same bins and knots can be joined')
  }
  const types = [...new Set([...older.types, ...newer.types])]
  const sources = types.map((type) => (newer.types.includes(type) ? newer : older))
  const gather = (column: 'samples' | 'meanMs' | 'knotsMs') => {
    return Float64Array.from(
      types.flatMap((type, t) => {
        const { types: all, [column]: values } = sources[t]
        const width = values.length / all.length
        const at = all.indexOf(type) * width
        return [...values.subarray(at, at + width)]
      }),
    )
  }
  const concurrency = Float64Array.from(types, (type, t) => {
    const { types: all, concurrency: known } = sources[t]
    return known?.[all.indexOf(type)] ?? 0
  })
  return {
    types,
    batchSizes: newer.batchSizes,
    levels: newer.levels,
    samples: gather('samples'),
    ...(concurrency.some((count) => count > 0) && { concurrency }),
    meanMs: gather('meanMs'),
    knotsMs: gather('knotsMs'),
  }
}
