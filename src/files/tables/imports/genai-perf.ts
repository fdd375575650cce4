/**
 * JSON exports of GenAI-Perf: `profile_export.json` with the nanoseconds of each request, or
 * `profile_export_genai_perf.json` with statistics. Source of the fields: triton-inference-server/perf_analyzer,
 * src/profile_data_exporter.cc and genai-perf/docs/files.md. The latency of a request ends with its last response.
 */

import { KairosError } from '../../../model/errors.ts'
import { groupDigits } from '../../../model/group-digits.ts'
import { LEVELS } from '../../../model/workload/summary.ts'
import { type JsonPath, readJsonEntries } from '../../io/json-stream.ts'
import { type JsonObject, listOf, numberOf, objectOf, refuseJson } from './json-values.ts'
import { type KeptLatencies, keep, latenciesOf, noLatencies, tooManyLatencies } from './kept-latencies.ts'
import {
  checkConcurrency,
  type ImportedRows,
  type ImportRequest,
  requiredBatchSize,
  rowOfSamples,
} from './latency-format.ts'
import { rowsOfStatistics } from './profile-statistics.ts'

const NANOSECONDS = 1e6

/** An experiment as it is read. */
interface Experiment {
  setting: JsonObject
  requests: number
  /** ms, of requests that have a response. */
  readonly latencies: KeptLatencies
}

/** The lists and objects whose entries are read, `*` for a position. */
const ENTERED = ['experiments', 'experiments.*', 'experiments.*.requests']
const WANTED = ['experiments.*.experiment', 'experiments.*.requests.*', 'request_latency', 'input_config']

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, concurrency } = request
  const batchSize = requiredBatchSize(request)
  const { experiments, statistics } = await readExport(request)
  if (experiments.length === 0) return rowsOfStatistics(request, statistics)
  if (experiments.some(({ setting }) => setting.mode !== 'concurrency')) {
    const problem = 'was not measured at a fixed concurrency, so that latencies include waiting'
    throw new KairosError('BAD_FILE', problem, { file }, 'run it with --concurrency 1')
  }
  const measured = experiments.map(
    ({ setting }) => numberOf(setting.value) ?? refuseJson(file, 'experiment.value'),
  )
  const told = checkConcurrency(request, measured)
  const notes = [...told.notes]
  const { requests, latencies } = experiments[measured.indexOf(concurrency)]
  const failed = requests - latencies.count
  if (failed > 0) notes.push(`${file}: ${groupDigits(failed)} requests without a response are left out`)
  return { ...told, rows: [rowOfSamples(file, batchSize, latenciesOf(latencies), LEVELS)], notes }
}

/** The experiments of a file, or else its statistics. */
async function readExport({ file, mostLatencies, onProgress, signal }: ImportRequest) {
  const experiments = new Map<unknown, Experiment>()
  const statistics: Record<string, unknown> = {}
  const patternOf = (path: JsonPath) => path.map((part) => (typeof part === 'number' ? '*' : part)).join('.')
  const reading = {
    onProgress,
    signal,
    enters: (path: JsonPath) => ENTERED.includes(patternOf(path)),
    wants: (path: JsonPath) => WANTED.includes(patternOf(path)),
  }
  await readJsonEntries(file, reading, ([name, position, field], value) => {
    if (typeof position !== 'number') {
      statistics[name] = value
      return
    }
    const experiment = experiments.get(position) ?? { setting: {}, requests: 0, latencies: noLatencies() }
    experiments.set(position, experiment)
    if (field === 'experiment') {
      experiment.setting = objectOf(value) ?? {}
      return
    }
    experiment.requests++
    const latency = latencyOf(file, objectOf(value) ?? refuseJson(file, 'a request'))
    if (latency === undefined) return
    if (experiment.latencies.count === mostLatencies) throw tooManyLatencies(file)
    keep(experiment.latencies, latency)
  })
  return { experiments: [...experiments.values()], statistics }
}

/** The latency of a request, ms; undefined where it has no response. */
function latencyOf(file: string, request: JsonObject): number | undefined {
  const start = numberOf(request.timestamp) ?? refuseJson(file, 'timestamp of a request')
  const responses =
    listOf(request.response_timestamps) ?? refuseJson(file, 'response_timestamps of a request')
  if (responses.length === 0) return undefined
  const end = numberOf(responses.at(-1)) ?? refuseJson(file, 'a number in response_timestamps')
  return (end - start) / NANOSECONDS
}
