import { checkGiven } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
import { drawBatchSizes } from '../../model/generate-trace.ts'
import type { ConversionReport } from '../../model/results/conversion.ts'
import { scaleToRate, speedUp, type Trace, windowOf } from '../../model/trace.ts'
import type { Mix } from '../../model/workload.ts'
import type { ReadOptions } from '../io/lines.ts'
import { readAzureFunctions } from './azure-functions.ts'
import { readAzureLlm } from './azure-llm.ts'
import { readBurstGpt } from './burstgpt.ts'
import { type ColumnMap, readMappedCsv } from './mapped-csv.ts'
import { readMooncake } from './mooncake.ts'
import { createTraceColumns } from './trace-columns.ts'
import {
  type Drop,
  type ForeignEnd,
  type PushRow,
  type TimeUnit,
  TRACE_FORMATS,
  type TraceFormat,
} from './trace-format.ts'

/** How a trace of another format becomes one of ours. */
export interface ConvertTraceOptions extends ReadOptions {
  readonly format: TraceFormat
  readonly path: string
  /** What becomes the batch size: `context`, `generated`, `sum` of tokens; `one`, `duration` of functions. */
  readonly size?: string | undefined
  /** Of `csv`: which columns, the unit of the arrivals (ms), and what separates cells (a comma). */
  readonly map?: ColumnMap | undefined
  readonly unit?: TimeUnit | undefined
  readonly delimiter?: string | undefined
  /** Batch sizes drawn from a mix, instead of those of the file. */
  readonly sizes?: { readonly mix: Mix; readonly seed: number } | undefined
  /** The largest batch size that is allowed. */
  readonly maxBatchSize?: number | undefined
  /** Larger batch sizes become this one. */
  readonly clampTo?: number | undefined
  /** Rows that are left out; without it, a size of 0 or beyond `maxBatchSize` is an error. */
  readonly drop?: readonly Drop[] | undefined
  /** Only what arrives in [from, to), in ms; the clock then starts at `from`. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** How many times as fast it is to run, or the queries per second that it is to have. */
  readonly speed?: number | undefined
  readonly rate?: number | undefined
}

/**
 * Reads somebody else's trace and makes it one of ours: arrivals in ms from the first one (on the clock of the
 * file where it is ours already), sorted, sizes above 0. Nothing is left out or changed that the report does not count.
 *
 * @throws KairosError BAD_USAGE for options that do not fit; NO_FILE; BAD_FILE with line, field and cure;
 * TOO_LARGE; ABORTED
 */
export async function convertTrace(
  options: ConvertTraceOptions,
): Promise<{ readonly trace: Trace; readonly report: ConversionReport }> {
  checkGiven(options)
  checkOptions(options)
  const { format, path, sizes, from = 0, to = Infinity, speed, rate } = options
  const admitted = admission(options)
  const { endsInsideLine } = await readForeign(options, admitted.push)
  const { columns, ...counts } = admitted.finish()
  const sorted = sortByArrival(columns)
  // our own traces keep their clock: their first query arrives after the first gap
  const zeroMs = format === 'kairos' ? Math.min(0, sorted.arrivalMs[0]) : sorted.arrivalMs[0]
  const whole = {
    arrivalMs: zeroMs === 0 ? sorted.arrivalMs : sorted.arrivalMs.map((at) => at - zeroMs),
    batchSize: sizes ? drawBatchSizes(sizes.mix, columns.arrivalMs.length, sizes.seed) : sorted.batchSize,
  }
  const window = windowOf(whole, from, to)
  const kept = window.arrivalMs.length
  const report = {
    ...counts,
    kept,
    outsideWindow: whole.arrivalMs.length - kept,
    lastLineOpen: endsInsideLine,
  }
  if (kept === 0) {
    throw new KairosError(
      'BAD_FILE',
      `none of its ${report.rows} queries is left`,
      { file: path },
      report.outsideWindow > 0 ? 'choose another window' : 'is this the right file and format?',
    )
  }
  const fast = speed === undefined ? window : speedUp(window, speed)
  return { trace: rate === undefined ? fast : scaleToRate(fast, rate), report }
}

function checkOptions(options: ConvertTraceOptions): void {
  const { format, size, map, unit, delimiter, sizes, maxBatchSize, clampTo, drop, speed, rate } = options
  const refuse = (field: string, problem: string, cure: string): never => {
    throw new KairosError('BAD_USAGE', problem, { field }, cure)
  }
  if (!TRACE_FORMATS.includes(format)) {
    refuse('format', `is "${format}"`, `expected ${TRACE_FORMATS.join(', ')}`)
  }
  if (format === 'csv' && map === undefined) {
    refuse('map', 'is missing', 'say which columns to read: arrival=<column>,size=<column>')
  }
  if (format === 'csv' && map?.size === undefined && sizes === undefined) {
    refuse('map', 'names no column for the size', 'add size=<column>, or draw sizes from a mix')
  }
  for (const [field, value] of Object.entries({ map, unit, delimiter })) {
    if (format !== 'csv' && value !== undefined) refuse(field, `is given for ${format}`, 'it belongs to csv')
  }
  if (size !== undefined && (format === 'csv' || format === 'kairos')) {
    refuse('size', `is given for ${format}`, 'it belongs to the formats of others')
  }
  for (const [field, value] of Object.entries({ maxBatchSize, clampTo })) {
    if (value !== undefined && !(value > 0)) refuse(field, `is ${value}`, 'a batch size > 0 is expected')
  }
  if (clampTo !== undefined && maxBatchSize !== undefined && clampTo > maxBatchSize) {
    refuse('clampTo', `is ${clampTo}`, `the largest batch size is ${maxBatchSize}`)
  }
  if (drop?.includes('beyond') && maxBatchSize === undefined && sizes === undefined) {
    refuse('drop', 'is to leave out sizes beyond the largest', 'say which batch size is the largest')
  }
  if (speed !== undefined && rate !== undefined) {
    refuse('rate', 'is given beside speed', 'each of them sets the clock: give one')
  }
}

function readForeign(options: ConvertTraceOptions, push: PushRow): Promise<ForeignEnd> {
  const { format, path, size, map, unit, delimiter, signal, onProgress } = options
  const foreign = { size, signal, onProgress }
  switch (format) {
    case 'azure-llm':
      return readAzureLlm(path, foreign, push)
    case 'azure-functions':
      return readAzureFunctions(path, foreign, push)
    case 'burstgpt':
      return readBurstGpt(path, foreign, push)
    case 'mooncake':
      return readMooncake(path, foreign, push)
    case 'csv':
      return readMappedCsv(path, { ...foreign, map: map!, unit, delimiter }, push)
    case 'kairos':
      return readMappedCsv(path, { ...foreign, map: { arrival: 'arrival_ms', size: 'batch_size' } }, push)
  }
}

/** Collects rows whose size is allowed, and counts the others. */
function admission({
  path,
  sizes,
  maxBatchSize = Infinity,
  clampTo = Infinity,
  drop = [],
}: ConvertTraceOptions) {
  const columns = createTraceColumns()
  const counts = { rows: 0, clamped: 0, droppedZero: 0, droppedBeyond: 0, outOfOrder: 0 }
  let latest = -Infinity
  const push: PushRow = (arrivalMs, size, line, field) => {
    counts.rows++
    let admitted = size
    if (sizes === undefined) {
      if (size > clampTo) {
        counts.clamped++
        admitted = clampTo
      }
      if (admitted === 0 || admitted > maxBatchSize) {
        if (!drop.includes(admitted === 0 ? 'zero' : 'beyond'))
          throw refusedSize({ file: path, line, field }, size, maxBatchSize)
        if (admitted === 0) counts.droppedZero++
        else counts.droppedBeyond++
        return
      }
    }
    if (arrivalMs < latest) counts.outOfOrder++
    else latest = arrivalMs
    columns.push(arrivalMs, admitted)
  }
  return { push, finish: () => ({ columns: columns.finish(), ...counts }) }
}

function refusedSize(place: KairosError['place'], size: number, maxBatchSize: number): KairosError {
  return size === 0
    ? new KairosError('BAD_FILE', 'is a size of 0', place, 'drop such rows, or take the size from elsewhere')
    : new KairosError(
        'BAD_FILE',
        `is a size of ${size}`,
        place,
        `the largest batch size is ${maxBatchSize}: clamp to it, or drop such rows`,
      )
}

/** Rows of equal arrival stay in the order of the file. */
function sortByArrival({ arrivalMs, batchSize }: Trace): Trace {
  if (arrivalMs.every((at, i) => i === 0 || at >= arrivalMs[i - 1])) return { arrivalMs, batchSize }
  const order = Uint32Array.from(arrivalMs, (_, i) => i)
  order.sort((a, b) => arrivalMs[a] - arrivalMs[b] || a - b)
  return {
    arrivalMs: Float64Array.from(order, (i) => arrivalMs[i]),
    batchSize: Float64Array.from(order, (i) => batchSize[i]),
  }
}
