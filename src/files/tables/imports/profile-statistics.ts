/**
 * Statistics of requests as GenAI-Perf (`profile_export_genai_perf.json`) and AIPerf (`profile_export_aiperf.json`)
 * write them: `"request_latency": { "unit": "ms", "avg", "min", "max", "p1" ... "p99", "count" }`. Sources:
 * triton-inference-server/perf_analyzer, genai-perf/docs/files.md; documentation of ai-dynamo/aiperf,
 * "profile_export_aiperf.json Schema".
 */
import { KairosError } from '../../../model/errors.ts'
import { type JsonObject, numberOf, objectOf, refuseJson } from '../../io/json-values.ts'
import {
  checkConcurrency,
  type ImportedRows,
  type ImportRequest,
  increasing,
  requiredBatchSize,
  unknownConcurrency,
} from './latency-format.ts'

const QUANTILE = /^p(\d+(?:\.\d+)?)$/

export function rowsOfStatistics(request: ImportRequest, document: JsonObject): ImportedRows {
  const { file } = request
  const batchSize = requiredBatchSize(request)
  const latency =
    objectOf(document.request_latency) ??
    refuseJson(file, 'request_latency', document.request_latency, 'an object with unit, avg, min and max')
  if (latency.unit !== 'ms') refuseJson(file, 'request_latency.unit', latency.unit, '"ms"')
  const value = (name: string, expected = 'a number of milliseconds') =>
    numberOf(latency[name]) ?? refuseJson(file, `request_latency.${name}`, latency[name], expected)
  const quantiles = new Map([
    [0, value('min')],
    [100, value('max')],
  ])
  for (const name of Object.keys(latency)) {
    const percent = QUANTILE.exec(name)?.[1]
    if (percent !== undefined) quantiles.set(Number(percent), value(name))
  }
  const setting = (name: string) => numberIn(file, 'input_config', document.input_config, name)
  const measured = setting('concurrency')
  if (measured === undefined && setting('request_rate') !== undefined) {
    const problem = 'was measured at a rate of requests, so that latencies include waiting'
    const place = { file, field: 'input_config' }
    throw new KairosError('BAD_FILE', problem, place, 'measure with --concurrency 1')
  }
  const told = measured === undefined ? unknownConcurrency(request) : checkConcurrency(request, [measured])
  const samples = (latency.count ?? null) === null ? undefined : value('count', 'a number of requests')
  return {
    rows: [{ batchSize, samples, meanMs: value('avg'), quantiles: increasing(file, quantiles) }],
    ...told,
  }
}

/** The first number of a name in the configuration of a run: its place differs between versions. Refuses a text. */
function numberIn(file: string, place: string, value: unknown, name: string): number | undefined {
  const object = objectOf(value)
  if (object === undefined) return undefined
  const own = object[name]
  if (typeof own === 'string') refuseJson(file, `${place}.${name}`, own, 'a number')
  if (numberOf(own) !== undefined) return numberOf(own)
  for (const [key, inner] of Object.entries(object)) {
    const found = numberIn(file, `${place}.${key}`, inner, name)
    if (found !== undefined) return found
  }
  return undefined
}
