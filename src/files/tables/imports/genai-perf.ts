/**
 * JSON exports of GenAI-Perf: `profile_export.json` with the nanoseconds of each request, or
 * `profile_export_genai_perf.json` with statistics. Source of the fields: triton-inference-server/perf_analyzer,
 * src/profile_data_exporter.cc and genai-perf/docs/files.md. The latency of a request ends with its last response.
 */

import { KairosError } from '../../../model/errors.ts'
import { groupDigits } from '../../../model/group-digits.ts'
import { LEVELS } from '../../../model/workload/summary.ts'
import {
  type JsonObject,
  listOf,
  numberOf,
  objectOf,
  parseObject,
  readJsonText,
  refuseJson,
} from './json-values.ts'
import {
  checkConcurrency,
  type ImportedRows,
  type ImportRequest,
  requiredBatchSize,
  rowOfSamples,
} from './latency-format.ts'
import { rowsOfStatistics } from './profile-statistics.ts'

const NANOSECONDS = 1e6

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, concurrency } = request
  const document = parseObject(file, await readJsonText(file))
  if (document.experiments === undefined) return rowsOfStatistics(request, document)
  const experiments = (listOf(document.experiments) ?? refuseJson(file, 'a list of experiments')).map(
    (each) => objectOf(each) ?? refuseJson(file, 'an experiment'),
  )
  const settings = experiments.map(
    ({ experiment }) => objectOf(experiment) ?? refuseJson(file, 'experiment.mode'),
  )
  if (settings.some(({ mode }) => mode !== 'concurrency')) {
    const problem = 'was not measured at a fixed concurrency, so that latencies include waiting'
    throw new KairosError('BAD_FILE', problem, { file }, 'run it with --concurrency 1')
  }
  const measured = settings.map(({ value }) => numberOf(value) ?? refuseJson(file, 'experiment.value'))
  const told = checkConcurrency(request, measured)
  const notes = [...told.notes]
  const { requests } = experiments[measured.indexOf(concurrency)]
  const all = listOf(requests) ?? refuseJson(file, 'a list of requests')
  const latencies = all.flatMap((each) => latencyOf(file, objectOf(each) ?? refuseJson(file, 'a request')))
  const failed = all.length - latencies.length
  if (failed > 0) notes.push(`${file}: ${groupDigits(failed)} requests without a response are left out`)
  return { ...told, rows: [rowOfSamples(file, requiredBatchSize(request), latencies, LEVELS)], notes }
}

/** The latency of a request, ms; none where it has no response. */
function latencyOf(file: string, request: JsonObject): number[] {
  const start = numberOf(request.timestamp) ?? refuseJson(file, 'timestamp of a request')
  const responses =
    listOf(request.response_timestamps) ?? refuseJson(file, 'response_timestamps of a request')
  if (responses.length === 0) return []
  const end = numberOf(responses.at(-1)) ?? refuseJson(file, 'a number in response_timestamps')
  return [(end - start) / NANOSECONDS]
}
