/**
 * Exports of AIPerf: `profile_export.jsonl` with a record for each request, or `profile_export_aiperf.json` with
 * statistics. Source of the fields: documentation of ai-dynamo/aiperf, "Working with Profile Export Files". Records of
 * the warm-up, of failed and of cancelled requests are left out.
 */

import { counted } from '../../../model/counted.ts'
import { LEVELS } from '../../../model/workload/summary.ts'
import { type JsonObject, numberOf, objectOf, parseObject, refuseJson } from '../../io/json-values.ts'
import { emptyFile, linesOf, openText } from '../../io/lines.ts'
import { append, emptyColumn, numbersOf } from '../../io/number-column.ts'
import {
  checkConcurrency,
  type ImportedRows,
  type ImportRequest,
  requiredBatchSize,
  rowOfSamples,
  unknownConcurrency,
} from './latency-format.ts'
import { tooManyLatencies } from './latency-limit.ts'
import { rowsOfStatistics } from './profile-statistics.ts'

/** The longest statistics, in characters. */
const MOST_STATISTICS = 1 << 24

const NANOSECONDS = 'a number of nanoseconds'

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, mostLatencies, onProgress, signal } = request
  const batchSize = requiredBatchSize(request)
  const statistics: string[] = []
  let characters = 0
  let requests = 0
  const latencies = emptyColumn()
  // ns
  const starts = emptyColumn()
  const ends = emptyColumn()
  let isTimed = true
  let number = 0
  for await (const line of linesOf(openText(file, { onProgress, signal }), file)) {
    number++
    if (line.trim() === '') continue
    if (requests === 0 && (statistics.length > 0 || !/"metrics"\s*:/.test(line))) {
      statistics.push(line)
      characters += line.length
      if (characters > MOST_STATISTICS) refuseJson(file, 'metrics in its first line', undefined, 'metrics', 1)
      continue
    }
    requests++
    const record = parseObject(file, line, number)
    const { phase, start, end, isCancelled } = metadataOf(file, record, number)
    if (phase !== undefined && phase !== 'profiling') continue
    // failed and cancelled requests kept the server busy too
    isTimed &&= start !== undefined && end !== undefined
    append(starts, Number(start))
    append(ends, Number(end))
    if ((record.error ?? null) !== null || isCancelled === true) continue
    if (latencies.length === mostLatencies) throw tooManyLatencies(file)
    append(latencies, latencyOf(file, record, number))
  }
  if (requests === 0) {
    if (statistics.length === 0) throw emptyFile(file)
    return rowsOfStatistics(request, parseObject(file, statistics.join('\n')))
  }
  const told =
    isTimed && latencies.length > 0
      ? checkConcurrency(request, [mostInFlight(numbersOf(starts), numbersOf(ends))])
      : unknownConcurrency(request)
  const notes = [...told.notes]
  const left = requests - latencies.length
  if (left > 0)
    notes.push(
      `${file}: ${counted(left, 'request')} of the warm-up, failed or cancelled ${left === 1 ? 'is' : 'are'} left out`,
    )
  return { ...told, rows: [rowOfSamples(file, batchSize, numbersOf(latencies), LEVELS)], notes }
}

/** What a record says about its request; undefined what it does not say, or as null. Times in ns. */
function metadataOf(file: string, record: JsonObject, line: number) {
  const metadata = objectOf(record.metadata) ?? {}
  const field = <Value>(name: string, take: (value: unknown) => Value | undefined, expected: string) => {
    const value = metadata[name] ?? undefined
    if (value === undefined) return undefined
    return take(value) ?? refuseJson(file, `metadata.${name}`, value, expected, line)
  }
  const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const truthOf = (value: unknown) => (typeof value === 'boolean' ? value : undefined)
  return {
    phase: field('benchmark_phase', textOf, 'a text'),
    start: field('request_start_ns', numberOf, NANOSECONDS),
    end: field('request_end_ns', numberOf, NANOSECONDS),
    isCancelled: field('was_cancelled', truthOf, 'true or false'),
  }
}

/** The latency of a record, ms. */
function latencyOf(file: string, { metrics }: JsonObject, line: number): number {
  const { request_latency: latency } =
    objectOf(metrics) ?? refuseJson(file, 'metrics', metrics, 'an object', line)
  const { unit, value } =
    objectOf(latency) ??
    refuseJson(file, 'metrics.request_latency', latency, 'an object with unit and value', line)
  if (unit !== 'ms') refuseJson(file, 'metrics.request_latency.unit', unit, '"ms"', line)
  return (
    numberOf(value) ??
    refuseJson(file, 'metrics.request_latency.value', value, 'a number of milliseconds', line)
  )
}

/** The most requests that were under way at once. Both arrays are sorted in place. */
function mostInFlight(starts: Float64Array, ends: Float64Array): number {
  starts.sort()
  ends.sort()
  let ended = 0
  let most = 0
  for (let begun = 0; begun < starts.length; begun++) {
    // an end comes before a start at the same time
    while (ends[ended] <= starts[begun]) ended++
    most = Math.max(most, begun + 1 - ended)
  }
  return most
}
