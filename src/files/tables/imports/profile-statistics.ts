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
  const value = (name: string) =>
    numberOf(latency[name]) ??
    refuseJson(file, `request_latency.${name}`, latency[name], 'a number of milliseconds')
  const quantiles = new Map([
    [0, value('min')],
    [100, value('max')],
  ])
  for (const name of Object.keys(latency)) {
    const percent = QUANTILE.exec(name)?.[1]
    if (percent !== undefined) quantiles.set(Number(percent), value(name))
  }
  const measured = numberIn(document.input_config, 'concurrency')
  if (measured === undefined && numberIn(document.input_config, 'request_rate') !== undefined) {
    const problem = 'was measured at a rate of requests, so that latencies include waiting'
    const place = { file, field: 'input_config' }
    throw new KairosError('BAD_FILE', problem, place, 'measure with --concurrency 1')
  }
  const told = measured === undefined ? unknownConcurrency(request) : checkConcurrency(request, [measured])
  const samples = numberOf(latency.count)
  return {
    rows: [{ batchSize, samples, meanMs: value('avg'), quantiles: increasing(file, quantiles) }],
    ...told,
  }
}

/** The first number of a name in the configuration of a run: its place differs between versions. */
function numberIn(value: unknown, name: string): number | undefined {
  const object = objectOf(value)
  if (object === undefined) return undefined
  const own = numberOf(object[name])
  if (own !== undefined) return own
  for (const inner of Object.values(object)) {
    const found = numberIn(inner, name)
    if (found !== undefined) return found
  }
  return undefined
}
