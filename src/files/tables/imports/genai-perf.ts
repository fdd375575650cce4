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
const TIME = 'a number of nanoseconds'
const LIST = 'a list of requests'

/** An experiment as it is read. */
interface Experiment {
  setting?: unknown
  /** Undefined where it has no list of them. */
  requests?: number
  /** ms, of requests that have a response. */
  readonly latencies: NumberColumn
}

/** The lists and objects whose entries are read, `*` for a position. */
const ENTERED = ['experiments', 'experiments.*', 'experiments.*.requests']
const WANTED = ['experiments', 'experiments.*.experiment', 'request_latency', 'input_config']

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, concurrency } = request
  const batchSize = requiredBatchSize(request)
  const { experiments, statistics } = await readExport(request)
  if (experiments === undefined) return rowsOfStatistics(request, statistics)
  if (experiments.length === 0) {
    const cure = 'is this a file of this format?'
    const place = { file, field: 'experiments' }
    throw new KairosError('BAD_FILE', 'is not a list with an experiment', place, cure)
  }
  const settings = experiments.map(({ setting }, i) =>
    settingOf(file, `experiments[${i}].experiment`, setting),
  )
  if (settings.some(({ mode }) => mode !== 'concurrency')) {
    const problem = 'was not measured at a fixed concurrency, so that latencies include waiting'
    throw new KairosError('BAD_FILE', problem, { file }, 'run it with --concurrency 1')
  }
  const measured = settings.map(
    ({ value }, i) =>
      numberOf(value) ??
      refuseJson(file, `experiments[${i}].experiment.value`, value, 'a number of requests'),
  )
  const told = checkConcurrency(request, measured)
  const notes = [...told.notes]
  const chosen = measured.indexOf(concurrency)
  const { requests = refuseJson(file, `experiments[${chosen}].requests`, undefined, LIST), latencies } =
    experiments[chosen]
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
    wants: (path: JsonPath) => path[2] === 'requests' || WANTED.includes(patternOf(path)),
  }
  await readJsonEntries(file, reading, ([name, position, field, number], value) => {
    if (typeof position !== 'number') {
      if (name === 'experiments') refuseJson(file, name, value, 'a list of experiments')
      statistics[name] = value
      return
    }
    const experiment = experimentAt(position)
    if (field === 'experiment') {
      experiment.setting = value
      return
    }
    const place = `experiments[${position}].requests`
    if (typeof number !== 'number') {
      refuseJson(file, place, number === undefined ? value : { [number]: value }, LIST)
    }
    experiment.requests = (experiment.requests ?? 0) + 1
    const latency = latencyOf(file, `${place}[${number}]`, value)
    if (latency === undefined) return
    if (kept++ === mostLatencies) throw tooManyLatencies(file)
    append(experiment.latencies, latency)
  })
  return { experiments: experiments && [...experiments.values()], statistics }
}

/** How an experiment was made. */
function settingOf(file: string, field: string, setting: unknown): JsonObject {
  const object = objectOf(setting) ?? refuseJson(file, field, setting, 'an object with mode and value')
  if (typeof object.mode !== 'string') refuseJson(file, `${field}.mode`, object.mode, 'a text')
  return object
}

/** The latency of a request, ms; undefined where it has no response. */
function latencyOf(file: string, field: string, value: unknown): number | undefined {
  const request = objectOf(value) ?? refuseJson(file, field, value, 'an object')
  const { timestamp, response_timestamps: times } = request
  const start = numberOf(timestamp) ?? refuseJson(file, `${field}.timestamp`, timestamp, TIME)
  const responses =
    listOf(times) ?? refuseJson(file, `${field}.response_timestamps`, times, 'a list of times')
  if (responses.length === 0) return undefined
  const last = responses.at(-1)
  const end =
    numberOf(last) ?? refuseJson(file, `${field}.response_timestamps[${responses.length - 1}]`, last, TIME)
  return (end - start) / NANOSECONDS
}
