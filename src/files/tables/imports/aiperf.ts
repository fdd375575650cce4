/**
 * Exports of AIPerf: `profile_export.jsonl` with a record for each request, or `profile_export_aiperf.json` with statistics.
 * Source of the fields: documentation of ai-dynamo/aiperf, "Working with Profile Export Files". Records of the warm-up, of
 * failed and of cancelled requests are left out.
 */

import { groupDigits } from '../../../model/group-digits.ts'
import { LEVELS } from '../../../model/workload/summary.ts'
import { numberOf, objectOf, parseObject, readJsonText, refuseJson } from './json-values.ts'
import {
  checkConcurrency,
  type ImportedRows,
  type ImportRequest,
  requiredBatchSize,
  rowOfSamples,
  unknownConcurrency,
} from './latency-format.ts'
import { rowsOfStatistics } from './profile-statistics.ts'

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file } = request
  const text = await readJsonText(file)
  const lines = text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [{ line, number: i + 1 }]))
  const isRecords = lines.length > 0 && /"metrics"\s*:/.test(lines[0].line)
  if (!isRecords) return rowsOfStatistics(request, parseObject(file, text))
  const batchSize = requiredBatchSize(request)
  const latencies: number[] = []
  const spans: [start: number, end: number][] = []
  let isTimed = true
  for (const { line, number } of lines) {
    const record = parseObject(file, line, number)
    const metadata = objectOf(record.metadata) ?? {}
    if (metadata.benchmark_phase !== undefined && metadata.benchmark_phase !== 'profiling') continue
    // failed and cancelled requests kept the server busy too
    const { request_start_ns: start, request_end_ns: end } = metadata
    isTimed &&= numberOf(start) !== undefined && numberOf(end) !== undefined
    spans.push([Number(start), Number(end)])
    if ((record.error ?? null) !== null || metadata.was_cancelled === true) continue
    const latency = objectOf(objectOf(record.metrics)?.request_latency)
    if (latency?.unit !== 'ms') refuseJson(file, 'metrics.request_latency in ms', number)
    latencies.push(numberOf(latency.value) ?? refuseJson(file, 'metrics.request_latency.value', number))
  }
  const told =
    isTimed && latencies.length > 0
      ? checkConcurrency(request, [mostInFlight(spans)])
      : unknownConcurrency(request)
  const notes = [...told.notes]
  const left = lines.length - latencies.length
  if (left > 0)
    notes.push(`${file}: ${groupDigits(left)} requests of the warm-up, failed or cancelled are left out`)
  return { ...told, rows: [rowOfSamples(file, batchSize, latencies, LEVELS)], notes }
}

/** The most requests that were under way at once. */
function mostInFlight(spans: readonly (readonly [start: number, end: number])[]): number {
  const events = spans.flatMap(([start, end]) => [
    { at: start, change: 1 },
    { at: end, change: -1 },
  ])
  let now = 0
  let most = 0
  // an end comes before a start at the same time
  for (const { change } of events.sort((a, b) => a.at - b.at || a.change - b.change)) {
    now += change
    most = Math.max(most, now)
  }
  return most
}
