/** What every importer of latencies takes and returns. */
import { KairosError } from '../../../model/errors.ts'
import { withoutRounding } from '../../../model/rounding.ts'
import { LOG_LEVELS, summariseSorted } from '../../../model/workload/summary.ts'
import type { RowOptions } from '../../io/named-rows.ts'
import type { ReadOptions } from '../../io/open-file.ts'
import type { TimeUnit } from '../../io/units.ts'

/** The columns of a log. Without a column of sizes or of instance types the whole file has one. */
export interface LatencyMap {
  readonly latency: string
  readonly size?: string | undefined
  readonly type?: string | undefined
}

/** How a log of single requests is read. */
export interface LogOptions extends Pick<RowOptions, 'where' | 'delimiter' | 'header'> {
  /** Other columns than `batch` and `latency_ms`. */
  readonly map?: LatencyMap | undefined
  /** The unit of mapped latencies; `iso` where they are differences of dates. */
  readonly unit?: TimeUnit | undefined
  /** Increasing; each batch size becomes the smallest of these that is at least as large. */
  readonly bins?: readonly number[] | undefined
}

export interface ImportRequest extends ReadOptions {
  readonly file: string
  /** Items of a batch, where the file does not say it. */
  readonly batchSize?: number | undefined
  /** Requests in flight while the latencies were measured. */
  readonly concurrency: number
  /** Which of several requests of the file. */
  readonly name?: string | undefined
  readonly log?: LogOptions | undefined
  /** The latencies that may still be kept. */
  readonly mostLatencies: number
}

/** A row of a latency table. */
export interface ImportedRow {
  /** The instance type, where the file names it. */
  readonly type?: string | undefined
  readonly batchSize: number
  /** Absent where the file does not say it. */
  readonly samples?: number | undefined
  readonly meanMs: number
  /** ms by percentage, increasing. */
  readonly quantiles: ReadonlyMap<number, number>
}

/** A row of a latency table before its latencies, ms, are summarised: other files may add some. */
export interface SampledRow {
  /** The instance type, where the file names it. */
  readonly type?: string | undefined
  readonly batchSize: number
  readonly latenciesMs: readonly Float64Array[]
  /** The levels of its quantiles. */
  readonly levels: Float64Array
}

export interface ImportedRows extends Told {
  readonly rows: readonly (ImportedRow | SampledRow)[]
}

/** What a file tells beside its times. */
interface Told {
  /** The requests that were under way, if the file says it. */
  readonly concurrency?: number | undefined
  /** What the reader of the table should know. */
  readonly notes: readonly string[]
}

/** Reads a file of a format. @throws KairosError with the reason where it cannot become rows of a latency table */
export type ReadLatencies = (request: ImportRequest) => Promise<ImportedRows>

/** The batch size of a request. @throws KairosError BAD_USAGE where it is not given */
export function requiredBatchSize({ file, batchSize }: ImportRequest): number {
  if (batchSize !== undefined) return batchSize
  const cure = `add --batch-size N, or write N=${file}`
  throw new KairosError('BAD_USAGE', 'does not say the batch size', { file }, cure)
}

/** A row from single latencies, ms. @throws KairosError BAD_FILE where there are none */
export function rowOfSamples(
  file: string,
  batchSize: number,
  latenciesMs: Float64Array,
  levels: Float64Array = LOG_LEVELS,
): SampledRow {
  if (latenciesMs.length === 0) {
    throw new KairosError('BAD_FILE', 'has no successful request', { file }, 'is this the right file?')
  }
  return { batchSize, latenciesMs: [latenciesMs], levels }
}

/** The statistics of single latencies, which are sorted in place. */
export function summarised({ type, batchSize, latenciesMs, levels }: SampledRow): ImportedRow {
  const all = latenciesMs.length === 1 ? latenciesMs[0] : joined(latenciesMs)
  const { samples, meanMs, knotsMs } = summariseSorted(all.sort(), levels)
  const quantiles = new Map(Array.from(levels, (level, i) => [withoutRounding(100 * level), knotsMs[i]]))
  return { type, batchSize, samples, meanMs, quantiles }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  for (const part of parts) {
    all.set(part, end)
    end += part.length
  }
  return all
}

/**
 * Checks that latencies were measured at the concurrency that was asked for: with more requests in flight they include
 * the time that a request waits for others, which the dispatcher would count a second time.
 *
 * @param measured the concurrencies that the file has, one of each measurement
 * @throws KairosError BAD_USAGE; BAD_FILE where two measurements have the concurrency
 */
export function checkConcurrency({ file, concurrency }: ImportRequest, measured: readonly number[]): Told {
  if (!measured.includes(concurrency)) {
    const problem = `was measured at concurrency ${measured.join(', ')}, and ${concurrency} is asked for`
    const cure = `measure with one request at a time; --concurrency ${measured[0]} imports latencies that include waiting`
    throw new KairosError('BAD_USAGE', problem, { file }, cure)
  }
  if (measured.filter((each) => each === concurrency).length > 1) {
    const problem = `was measured at concurrency ${concurrency} more than once`
    const cure = 'leave one measurement of each concurrency in the file'
    throw new KairosError('BAD_FILE', problem, { file }, cure)
  }
  if (concurrency === 1) return { concurrency, notes: [] }
  const note = `${file}: measured at concurrency ${concurrency}: latencies include waiting for other requests, unless the server has as many slots`
  return { concurrency, notes: [note] }
}

/** A note for a file that does not say its concurrency. */
export function unknownConcurrency({ file }: ImportRequest): Told {
  const note = `${file}: does not say its concurrency; latencies are service times only if one request was sent at a time`
  return { notes: [note] }
}

/** Tools round quantiles: the value at a percentile may be below that at a lower percentile by this share. */
const ROUNDED = 0.1

/**
 * Quantiles that never decrease: one that was rounded below the value at a lower percentile is raised to it.
 *
 * @param roundedMs what a tool may add to a time, or take from it, by rounding
 * @throws KairosError BAD_FILE where one is below it by more than rounding explains
 */
export function increasing(
  file: string,
  quantiles: ReadonlyMap<number, number>,
  roundedMs = 0,
): Map<number, number> {
  let largest = -Infinity
  const sorted = [...quantiles].sort(([a], [b]) => a - b)
  return new Map(
    sorted.map(([percent, ms]) => {
      if (ms < largest - Math.max(ROUNDED * largest, roundedMs)) {
        const problem = `has at percentile ${percent} the latency ${ms} ms, and ${largest} ms below it`
        throw new KairosError('BAD_FILE', problem, { file }, 'expected latencies that do not decrease')
      }
      largest = Math.max(largest, ms)
      return [percent, largest]
    }),
  )
}
