/**
 * JSON exports of GenAI-Perf: `profile_export.json` with the nanoseconds of each request, or
 * `profile_export_genai_perf.json` with statistics. Source of the fields: triton-inference-server/perf_analyzer,
 * src/profile_data_exporter.cc and genai-perf/docs/files.md. The latency of a request ends with its last response.
 */

import { counted } from '../../../model/counted.ts'
import { KairosError } from '../../../model/errors.ts'
import { LEVELS } from '../../../model/workload/summary.ts'
import { type JsonPath, readJsonEntries } from '../../io/json-stream.ts'
import { type JsonObject, listOf, numberOf, objectOf, refuseJson } from '../../io/json-values.ts'
import { append, emptyColumn, type NumberColumn, numbersOf } from '../../io/number-column.ts'
import {
  checkConcurrency,
  type ImportedRows,
  type ImportRequest,
  requiredBatchSize,
  rowOfSamples,
} from './latency-format.ts'
import { tooManyLatencies } from './latency-limit.ts'
import { rowsOfStatistics } from './profile-statistics.ts'

const NANOSECONDS = 1e6

/** An experiment as it is read. */
interface Experiment {
  setting?: JsonObject | undefined
  /** Undefined where it has no list of them. */
  requests?: number
  /** ms, of requests that have a response. */
  readonly latencies: NumberColumn
}

/** The lists and objects whose entries are read, `*` for a position. */
const ENTERED = ['experiments', 'experiments.*', 'experiments.*.requests']
const WANTED = ['experiments.*.experiment', 'experiments.*.requests.*', 'request_latency', 'input_config']

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, concurrency } = request
  const batchSize = requiredBatchSize(request)
  const { experiments, statistics } = await readExport(request)
  if (experiments === undefined) return rowsOfStatistics(request, statistics)
  if (experiments.length === 0) refuseJson(file, 'a list of experiments')
  const settings = experiments.map(({ setting }) => setting ?? refuseJson(file, 'experiment.mode'))
  if (settings.some(({ mode }) => mode !== 'concurrency')) {
    const problem = 'was not measured at a fixed concurrency, so that latencies include waiting'
    throw new KairosError('BAD_FILE', problem, { file }, 'run it with --concurrency 1')
  }
  const measured = settings.map(({ value }) => numberOf(value) ?? refuseJson(file, 'experiment.value'))
  const told = checkConcurrency(request, measured)
  const notes = [...told.notes]
  const { requests = refuseJson(file, 'a list of requests'), latencies } =
    experiments[measured.indexOf(concurrency)]
  const failed = requests - latencies.length
  if (failed > 0)
    notes.push(
      `${file}: ${counted(failed, 'request without a response is', 'requests without a response are')} left out`,
    )
  return { ...told, rows: [rowOfSamples(file, batchSize, numbersOf(latencies), LEVELS)], notes }
}

/** The experiments of a file, undefined where it has none, and its statistics. */
async function readExport({ file, mostLatencies, onProgress, signal }: ImportRequest) {
  let experiments: Map<unknown, Experiment> | undefined
  let kept = 0
  const statistics: Record<string, unknown> = {}
  const patternOf = (path: JsonPath) => path.map((part) => (typeof part === 'number' ? '*' : part)).join('.')
  const experimentAt = (position: unknown): Experiment => {
    experiments ??= new Map()
    const experiment = experiments.get(position) ?? { latencies: emptyColumn() }
    experiments.set(position, experiment)
    return experiment
  }
  const reading = {
    onProgress,
    signal,
    enters(path: JsonPath) {
      if (path[0] === 'experiments') experiments ??= new Map()
      if (path[2] === 'requests') experimentAt(path[1]).requests ??= 0
      return ENTERED.includes(patternOf(path))
    },
    wants: (path: JsonPath) => WANTED.includes(patternOf(path)),
  }
  await readJsonEntries(file, reading, ([name, position, field], value) => {
    if (typeof position !== 'number') {
      statistics[name] = value
      return
    }
    const experiment = experimentAt(position)
    if (field === 'experiment') {
      experiment.setting = objectOf(value)
      return
    }
    experiment.requests = (experiment.requests ?? 0) + 1
    const latency = latencyOf(file, objectOf(value) ?? refuseJson(file, 'a request'))
    if (latency === undefined) return
    if (kept++ === mostLatencies) throw tooManyLatencies(file)
    append(experiment.latencies, latency)
  })
  return { experiments: experiments && [...experiments.values()], statistics }
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
