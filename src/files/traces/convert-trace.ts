import { checkChoice, checkGiven, type OptionNames, valueText } from '../../model/checks.ts'
import { counted } from '../../model/counted.ts'
import { KairosError, refuseUsage as refuse } from '../../model/errors.ts'
import { groupDigits } from '../../model/group-digits.ts'
import type { ConversionReport } from '../../model/results/conversion.ts'
import { drawBatchSizes } from '../../model/trace/generate-trace.ts'
import { scaleToRate, speedUp, type Trace } from '../../model/trace/trace.ts'
import type { Mix } from '../../model/workload/workload.ts'
import type { ReadOptions } from '../io/open-file.ts'
import { millisecondsBetween, parseTimestamp, type Timestamp, textOfTime } from '../io/timestamp.ts'
import type { TimeUnit } from '../io/units.ts'
import { type Cut, createAdmission, DROPS, type Drop } from './admission.ts'
import type { ColumnMap, TraceFormatEntry } from './formats/format.ts'
import { TRACE_FORMATS, TRACE_READERS, type TraceFormat } from './formats/registry.ts'

/** Options of `convertTrace`. */
export interface ConvertTraceOptions extends ReadOptions {
  readonly format: TraceFormat
  readonly path: string
  /** What becomes the batch size: `context`, `generated` or `sum` of tokens; `one` or `duration` of functions. */
  readonly size?: string | undefined
  /** For `csv` and `jsonl`: the columns, and the unit of the arrivals (ms by default). */
  readonly map?: ColumnMap | undefined
  readonly unit?: TimeUnit | undefined
  /** For `csv`: the character between cells, a comma by default. */
  readonly delimiter?: string | undefined
  /** For `csv` without a header line: the names of its columns. */
  readonly header?: readonly string[] | undefined
  /**
   * For `csv` and `jsonl`: only rows for which all of these conditions hold, such as `status=200`, `model!=ncf`,
   * `items<=500` or `path~/predict` (contains).
   */
  readonly where?: readonly string[] | undefined
  /** Draws the batch sizes from a mix, instead of reading them from the file. */
  readonly sizes?: { readonly mix: Mix; readonly seed: number } | undefined
  /** The largest batch size that is allowed. */
  readonly maxBatchSize?: number | undefined
  /** Larger batch sizes become this one. */
  readonly clampTo?: number | undefined
  /** Rows that are dropped. Otherwise an empty size, one of 0 or one beyond `maxBatchSize` is an error. */
  readonly drop?: readonly Drop[] | undefined
  /**
   * Keeps only what arrives in [from, to): ms after time 0, or times such as 2026-11-18T09:30:00Z where the file has
   * dates. The clock then starts at `from`. Rows outside are not judged by their size.
   */
  readonly from?: number | string | undefined
  readonly to?: number | string | undefined
  /** Speeds the trace up by this factor. */
  readonly speed?: number | undefined
  /** Scales the clock so that the trace has this rate, queries per second. */
  readonly rate?: number | undefined
}

const OPTIONS: OptionNames<ConvertTraceOptions> = {
  format: true,
  path: true,
  size: true,
  map: true,
  unit: true,
  delimiter: true,
  header: true,
  where: true,
  sizes: true,
  maxBatchSize: true,
  clampTo: true,
  drop: true,
  from: true,
  to: true,
  speed: true,
  rate: true,
  signal: true,
  onProgress: true,
}

/**
 * Reads a trace in another format and makes it a trace of kairos: arrivals in ms from the first one on, sorted, and
 * sizes above 0. A trace that is one of kairos already keeps its clock. The report counts every row that is dropped,
 * moved or changed.
 *
 * @throws KairosError BAD_USAGE for options that contradict each other; NO_FILE; BAD_FILE with line, field and cure;
 * TOO_LARGE; the reason of an aborted signal
 */
export async function convertTrace(
  options: ConvertTraceOptions,
): Promise<{ readonly trace: Trace; readonly report: ConversionReport }> {
  checkGiven(options, OPTIONS)
  const format = formatFor(options)
  checkOptions(options)
  const { path, sizes, from, to, speed, rate } = options
  const isCut = from !== undefined || to !== undefined
  const admission = createAdmission(path, { ...options, ignoresSizes: sizes !== undefined, isCut })
  const readRows = await format.load()
  const size = options.size ?? format.sizes[0] ?? ''
  const reading = { ...options, size, takesDelimiter: options.format === 'csv' }
  const { endsInsideLine, leftOut = 0, origin, likelyUnit } = await readRows(path, reading, admission.push)
  // a trace of this project may begin after its time 0: its first query arrives after the first gap
  const zeroOf = (firstMs: number) => (format.keepsClock ? Math.min(0, firstMs) : firstMs)
  const admitted = admission.finish((firstMs) => cutOf(options, zeroOf(firstMs), origin))
  const { counts, cut, lastMs = Infinity, earlier } = admitted
  const sorted = sortByArrival(admitted.columns)
  const kept = sorted.arrivalMs.length
  const window = {
    arrivalMs: sorted.arrivalMs.map((at) => at - cut.zeroMs - cut.fromMs),
    batchSize: sizes
      ? drawBatchSizes(sizes.mix, earlier + kept, sizes.seed).subarray(earlier)
      : sorted.batchSize,
  }
  const rows = counts.rows + leftOut
  if (kept === 0) {
    const isCutOff = counts.outsideWindow > 0 && Number.isFinite(cut.zeroMs)
    const extent = isCutOff ? extentOf(cut.zeroMs, lastMs, origin) : undefined
    throw withoutQuery(path, rows, leftOut, extent)
  }
  const shareSecond = sharingSecond(sorted.arrivalMs)
  const report = {
    ...{ ...counts, rows, kept, leftOut, lastLineOpen: endsInsideLine },
    ...(origin && { begin: textOfTime(origin, cut.zeroMs + cut.fromMs) }),
    ...(shareSecond > 0 && { shareSecond }),
    ...(likelyUnit && format.isMapped && { likelyUnit }),
  }
  const fast = speed === undefined ? window : speedUp(window, speed)
  return { trace: rate === undefined ? fast : scaleToRate(fast, rate), report }
}

/**
 * The error for a file of which no query is kept.
 *
 * @param leftOut how many of its rows conditions leave out
 * @param extent from when to when it has queries, where a window leaves them out
 */
function withoutQuery(file: string, rows: number, leftOut: number, extent: string | undefined): KairosError {
  const none = rows === 1 ? 'its only query is left out' : `none of its ${groupDigits(rows)} queries is left`
  const byConditions = `${counted(leftOut, 'is', 'are')} left out by conditions: are they right?`
  const usual = leftOut > 0 ? byConditions : 'is this the right file and format?'
  const cure = extent === undefined ? usual : `choose another window: it has queries from ${extent}`
  return new KairosError('BAD_FILE', rows === 0 ? 'has no query' : none, { file }, cure)
}

/** From when to when a file has queries, as `--window` takes it. */
function extentOf(zeroMs: number, lastMs: number, origin: Timestamp | undefined): string {
  if (!origin) return `0 to ${Math.ceil(lastMs - zeroMs)} ms`
  return `${textOfTime(origin, zeroMs)} to ${textOfTime(origin, lastMs)}`
}

/**
 * The window on the clock of the trace.
 *
 * @param origin the instant of 0 on the clock of the file
 * @throws KairosError BAD_USAGE for a window that ends before it starts, or times where the file has no dates
 */
function cutOf({ from, to }: ConvertTraceOptions, zeroMs: number, origin: Timestamp | undefined): Cut {
  const afterZeroMs = (time: number | string) => {
    if (typeof time === 'number') return time
    const instant = parseTimestamp(time)
    if (!instant) return refuse('window', `has the time "${time}"`, 'expected one like 2026-11-18T09:30:00Z')
    if (!origin) {
      return refuse('window', `has the time ${time}, the trace has no dates`, 'give ms after its time 0')
    }
    return millisecondsBetween(origin, instant) - zeroMs
  }
  const fromMs = from === undefined ? 0 : afterZeroMs(from)
  const toMs = to === undefined ? Infinity : afterZeroMs(to)
  if (!((fromMs >= 0 || typeof from === 'string') && fromMs < toMs)) {
    const cure = 'a start >= 0 and a later end are expected'
    refuse('window', `is from ${from ?? 0} to ${to ?? Infinity} ms`, cure)
  }
  return { zeroMs, fromMs, toMs }
}

/** The format of the file, once the options fit it. @throws KairosError BAD_USAGE */
function formatFor(options: ConvertTraceOptions): TraceFormatEntry {
  const { format: name, size, sizes, map, unit, delimiter, header, where } = options
  if (!TRACE_FORMATS.includes(name))
    refuse('format', `is ${valueText(name)}`, `expected ${TRACE_FORMATS.join(', ')}`)
  const format: TraceFormatEntry = TRACE_READERS[name]
  if (size !== undefined && !format.sizes.includes(size)) {
    if (format.sizes.length === 0)
      refuse('size', `is given for ${name}`, 'its sizes have a column of their own')
    refuse('size', `is ${valueText(size)}`, `expected ${format.sizes.join(', ')}`)
  }
  if (!format.isMapped) {
    for (const [field, value] of Object.entries({ map, unit, delimiter, header, where })) {
      if (value !== undefined) refuse(field, `is given for ${name}`, 'only csv and jsonl take it')
    }
    return format
  }
  for (const [field, value] of Object.entries({ delimiter, header })) {
    if (value !== undefined && name !== 'csv') refuse(field, `is given for ${name}`, 'only csv takes it')
  }
  if (map === undefined) {
    refuse('map', 'is missing', 'say which columns to read: arrival=<column>,size=<column>')
  }
  if (map.size === undefined && sizes === undefined) {
    refuse('map', 'names no column for the size', 'add size=<column>, or draw sizes from a mix')
  }
  return format
}

function checkOptions({ sizes, maxBatchSize, clampTo, drop, speed, rate }: ConvertTraceOptions): void {
  for (const [field, value] of Object.entries({ maxBatchSize, clampTo })) {
    if (value !== undefined && !(typeof value === 'number' && value > 0))
      refuse(field, `is ${valueText(value)}`, 'a batch size > 0 is expected')
  }
  if (sizes !== undefined) {
    for (const [field, value] of Object.entries({ maxBatchSize, clampTo, drop })) {
      if (value !== undefined)
        refuse(field, 'is given beside a mix', 'the sizes of the file are not read: leave it out')
    }
  }
  if (drop !== undefined) {
    if (!Array.isArray(drop))
      refuse('drop', `is ${valueText(drop)}`, `a list of ${DROPS.join(', ')} is expected`)
    for (const which of drop) checkChoice('drop', which, DROPS)
  }
  if (clampTo !== undefined && maxBatchSize !== undefined && clampTo > maxBatchSize) {
    refuse('clampTo', `is ${clampTo}`, `the largest batch size is ${maxBatchSize}`)
  }
  if (drop?.includes('beyond') && maxBatchSize === undefined) {
    refuse('drop', 'is to drop sizes beyond the largest', 'say which batch size is the largest')
  }
  if (speed !== undefined && rate !== undefined) {
    refuse('rate', 'is given beside speed', 'each of them sets the clock: give one')
  }
}

/** The rows that arrive when another one does, where all arrivals are whole seconds; otherwise 0. */
function sharingSecond(arrivalMs: Float64Array): number {
  if (!arrivalMs.every((at) => at % 1000 === 0)) return 0
  return arrivalMs.reduce(
    (rows, at, i) => (at === arrivalMs[i - 1] || at === arrivalMs[i + 1] ? rows + 1 : rows),
    0,
  )
}

/** Rows with equal arrivals keep the order of the file. */
function sortByArrival({ arrivalMs, batchSize }: Trace): Trace {
  if (arrivalMs.every((at, i) => i === 0 || at >= arrivalMs[i - 1])) return { arrivalMs, batchSize }
  const order = Uint32Array.from(arrivalMs, (_, i) => i)
  order.sort((a, b) => arrivalMs[a] - arrivalMs[b] || a - b)
  return {
    arrivalMs: Float64Array.from(order, (i) => arrivalMs[i]),
    batchSize: Float64Array.from(order, (i) => batchSize[i]),
  }
}
