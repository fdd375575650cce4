/**
 * Logs of MLPerf's LoadGen: `mlperf_log_summary.txt`, or `mlperf_log_detail.txt` with a line of JSON for each key.
 * Source of the keys: mlcommons/inference, loadgen/results.cc and tools/submission/submission_checker. SingleStream
 * sends a query at a time; MultiStream too, of several samples. Latencies of Server include waiting, and those of
 * Offline start with the run.
 */
import { KairosError } from '../../../model/errors.ts'
import { parseObject } from '../../io/json-values.ts'
import { splitLines } from '../../io/lines.ts'
import { readText } from '../../io/text.ts'
import { checkConcurrency, type ImportedRows, type ImportRequest, increasing } from './latency-format.ts'

const MOST_BYTES = 64 << 20
const NANOSECONDS = 1e6
const MLLOG = ':::MLLOG '

/** Values by key, and how the keys of a log are spelt. */
interface Log {
  readonly values: ReadonlyMap<string, string>
  readonly scenario: string
  readonly batchSize: string
  readonly mean: string
  /** Absent in logs by query. */
  readonly min?: string
  readonly max?: string
  readonly quantile: RegExp
  readonly samples: string | undefined
  readonly validity: string
}

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, batchSize } = request
  const text = await readText(file, MOST_BYTES)
  const log = text.includes(MLLOG) ? detailLog(file, text) : summaryLog(text)
  const scenario = log.values.get(log.scenario)?.replace(/\s/g, '')
  if (scenario !== 'SingleStream' && (scenario !== 'MultiStream' || !text.includes(MLLOG))) {
    throw refusedScenario(file, scenario)
  }
  const number = (key: string) => {
    const text = log.values.get(key)
    if (Number(text) > 0) return Number(text)
    const [problem, cure] =
      text === undefined
        ? ['is missing', 'was the log written to the end?']
        : [`is "${text}"`, 'expected a number > 0']
    throw new KairosError('BAD_FILE', problem, { file, field: key }, cure)
  }
  const quantiles = new Map<number, number>()
  if (log.min !== undefined) quantiles.set(0, number(log.min) / NANOSECONDS)
  if (log.max !== undefined) quantiles.set(100, number(log.max) / NANOSECONDS)
  for (const key of log.values.keys()) {
    const percent = log.quantile.exec(key)?.[1]
    if (percent !== undefined) quantiles.set(Number(percent), number(key) / NANOSECONDS)
  }
  const { concurrency } = checkConcurrency(request, [1])
  const validity = log.values.get(log.validity)
  const samples = Number(log.samples)
  return {
    rows: [
      {
        batchSize: batchSize ?? number(log.batchSize),
        ...(samples > 0 && { samples }),
        meanMs: number(log.mean) / NANOSECONDS,
        quantiles: increasing(file, quantiles),
      },
    ],
    concurrency,
    notes: validity === 'VALID' ? [] : [`${file}: LoadGen calls the result ${validity ?? 'unknown'}`],
  }
}

function summaryLog(text: string): Log {
  const values = new Map<string, string>()
  for (const line of splitLines(text)) {
    const found = /^\s*([^:]+?)\s*:\s*(\S.*?)\s*$/.exec(line)
    if (found) values.set(found[1], found[2])
  }
  return {
    values,
    scenario: 'Scenario',
    batchSize: 'samples_per_query',
    mean: 'Mean latency (ns)',
    min: 'Min latency (ns)',
    max: 'Max latency (ns)',
    quantile: /^(\d+(?:\.\d+)?) percentile latency \(ns\)$/,
    samples: /Processed at least \d+ queries \((\d+)\)/.exec(text)?.[1],
    validity: 'Result is',
  }
}

function detailLog(file: string, text: string): Log {
  const values = new Map<string, string>()
  splitLines(text).forEach((line, i) => {
    if (!line.startsWith(MLLOG)) return
    const { key, value } = parseObject(file, line.slice(MLLOG.length), i + 1)
    values.set(String(key), String(value))
  })
  const perQuery = values.get('effective_scenario') === 'MultiStream'
  return {
    values,
    scenario: 'effective_scenario',
    batchSize: 'effective_samples_per_query',
    mean: perQuery ? 'result_mean_query_latency_ns' : 'result_mean_latency_ns',
    ...(!perQuery && { min: 'result_min_latency_ns', max: 'result_max_latency_ns' }),
    quantile: perQuery
      ? /^result_(\d+(?:\.\d+)?)_percentile_per_query_latency_ns$/
      : /^result_(\d+(?:\.\d+)?)_percentile_latency_ns$/,
    samples: values.get('result_query_count'),
    validity: 'result_validity',
  }
}

function refusedScenario(file: string, scenario: string | undefined): KairosError {
  const reasons: Record<string, string> = {
    Server: 'latencies of the Server scenario include waiting',
    Offline: 'latencies of the Offline scenario are counted from the start of the run',
    MultiStream: 'the summary of MultiStream has no latencies of whole queries; import mlperf_log_detail.txt',
  }
  if (scenario === undefined) {
    const cure =
      'expected mlperf_log_summary.txt or mlperf_log_detail.txt of a run of SingleStream, written to the end'
    return new KairosError('BAD_FILE', 'names no scenario', { file }, cure)
  }
  const problem = reasons[scenario] ?? `is of scenario ${scenario}`
  return new KairosError('BAD_FILE', problem, { file }, 'import a run of SingleStream')
}
