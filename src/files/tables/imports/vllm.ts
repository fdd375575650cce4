/**
 * Results of `vllm bench serve --save-result --save-detailed`: lists with an item for each request, times in seconds.
 * Source of the fields: vllm-project/vllm, vllm/benchmarks/serve.py. The latency of a request is its time to the first
 * token and all times between tokens, as in the timeline plot there. With `--append-result` a file has several runs.
 */

import { counted } from '../../../model/counted.ts'
import { KairosError } from '../../../model/errors.ts'
import { LEVELS } from '../../../model/workload/summary.ts'
import { type JsonPath, readJsonEntries } from '../../io/json-stream.ts'
import { listOf, numberOf, refuseJson } from '../../io/json-values.ts'
import { append, emptyColumn, type NumberColumn, numbersOf } from '../../io/number-column.ts'
import {
  checkConcurrency,
  type ImportedRows,
  type ImportRequest,
  requiredBatchSize,
  rowOfSamples,
} from './latency-format.ts'
import { tooManyLatencies } from './latency-limit.ts'

/** A run as it is read. Lists have an item for each request. */
interface Run {
  /** The values of fields that are no lists. */
  readonly fields: Map<string, unknown>
  /** Times to the first token, s; NaN where one is no number. */
  readonly ttfts: NumberColumn
  /** Sums of the times between tokens, s; NaN where one is no number. */
  readonly itls: NumberColumn
  /** 1 where a request failed, else 0. */
  readonly errors: NumberColumn
}

const FIELDS: readonly unknown[] = ['max_concurrency', 'completed']
const LISTS: readonly unknown[] = ['ttfts', 'itls', 'errors']
const COUNT = 'a number of requests'

const noRun = (): Run => ({
  fields: new Map(),
  ttfts: emptyColumn(),
  itls: emptyColumn(),
  errors: emptyColumn(),
})

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, concurrency } = request
  const batchSize = requiredBatchSize(request)
  const runs = await readRuns(request)
  const measured = runs.map((run) => concurrencyOf(file, run))
  const told = checkConcurrency(request, measured)
  const run = runs[measured.indexOf(concurrency)]
  const { fields } = run
  const completed =
    numberOf(fields.get('completed')) ?? refuseJson(file, 'completed', fields.get('completed'), COUNT)
  const latencies = latenciesOfRun(file, run, completed)
  if (latencies.length !== completed) {
    const problem = `has ${counted(latencies.length, 'request')} with a latency, and "completed" is ${completed}`
    throw new KairosError('BAD_FILE', problem, { file }, 'was the file changed?')
  }
  const notes = [...told.notes]
  const failed = run.ttfts.length - latencies.length
  if (failed > 0)
    notes.push(`${file}: ${counted(failed, 'failed request is', 'failed requests are')} left out`)
  return { ...told, rows: [rowOfSamples(file, batchSize, latencies, LEVELS)], notes }
}

async function readRuns({ file, mostLatencies, onProgress, signal }: ImportRequest): Promise<Run[]> {
  const runs: Run[] = []
  let run = noRun()
  let kept = 0
  const keepIn = (list: NumberColumn, value: number) => {
    // a request has an item in each list, so memory is up to that many times as much as for other formats
    if (kept++ === LISTS.length * mostLatencies) throw tooManyLatencies(file)
    append(list, value)
  }
  const reading = {
    onProgress,
    signal,
    enters: (path: JsonPath) => path.length === 1 && LISTS.includes(path[0]),
    wants: ([name]: JsonPath) => FIELDS.includes(name) || LISTS.includes(name),
    onEnd() {
      runs.push(run)
      run = noRun()
    },
  }
  await readJsonEntries(file, reading, ([name, position], value) => {
    if (FIELDS.includes(name)) run.fields.set(String(name), value)
    else if (typeof position !== 'number') refuseList(file, String(name), position, value)
    else if (name === 'errors') {
      if (typeof value !== 'string')
        refuseJson(file, `errors[${position}]`, value, 'a text, empty for no error')
      keepIn(run.errors, value === '' ? 0 : 1)
    } else if (name === 'itls') keepIn(run.itls, sumOf(value))
    else keepIn(run.ttfts, numberOf(value) ?? Number.NaN)
  })
  return runs
}

/** Refuses what is not a list; null is as good as nothing. */
function refuseList(file: string, name: string, key: unknown, value: unknown): void {
  const found = key === undefined ? value : { [String(key)]: value }
  if (found !== null) refuseJson(file, name, found, 'a list with an item for each request')
}

/** The sum of a list of numbers; NaN for another value. */
function sumOf(value: unknown): number {
  const times = listOf(value) ?? [undefined]
  return times.reduce((sum: number, time) => sum + (numberOf(time) ?? Number.NaN), 0)
}

function concurrencyOf(file: string, { fields }: Run): number {
  const limit = fields.get('max_concurrency')
  if (limit !== null) return numberOf(limit) ?? refuseJson(file, 'max_concurrency', limit, COUNT)
  const problem = 'was not measured at a fixed concurrency, so that latencies include waiting'
  throw new KairosError('BAD_FILE', problem, { file }, 'run vllm bench serve with --max-concurrency 1')
}

/** The latencies of requests that succeeded, ms. */
function latenciesOfRun(file: string, run: Run, completed: number): Float64Array {
  const [ttfts, itls, errors] = [run.ttfts, run.itls, run.errors].map(numbersOf)
  if (ttfts.length === 0 && completed > 0) {
    throw new KairosError('BAD_FILE', 'lacks ttfts', { file }, 'run vllm bench serve with --save-detailed')
  }
  if (itls.length !== ttfts.length || errors.length !== ttfts.length) {
    const problem = `has ${ttfts.length} ttfts, ${itls.length} itls and ${errors.length} errors`
    throw new KairosError('BAD_FILE', problem, { file }, 'expected one of each for each request')
  }
  const latencies = emptyColumn()
  ttfts.forEach((ttft, i) => {
    if (errors[i] !== 0) return
    if (Number.isNaN(ttft)) refuseTime(file, `ttfts[${i}]`, 'is no number')
    if (Number.isNaN(itls[i])) refuseTime(file, `itls[${i}]`, 'is no list of numbers')
    const seconds = ttft + itls[i]
    // a server may refuse a request without a reason
    if (seconds > 0) append(latencies, 1000 * seconds)
  })
  return numbersOf(latencies)
}

function refuseTime(file: string, field: string, problem: string): never {
  const cure = 'expected seconds, as vllm bench serve writes them'
  throw new KairosError('BAD_FILE', problem, { file, field }, cure)
}
