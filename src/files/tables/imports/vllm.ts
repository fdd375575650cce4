/**
 * Results of `vllm bench serve --save-result --save-detailed`: lists with an item for each request, times in seconds. Source of
 * the fields: vllm-project/vllm, vllm/benchmarks/serve.py. The latency of a request is its time to the first token and all
 * times between tokens, as in the timeline plot there. With `--append-result` a file has several runs.
 */

import { KairosError } from '../../../model/errors.ts'
import { groupDigits } from '../../../model/group-digits.ts'
import { LEVELS } from '../../../model/workload/summary.ts'
import { type JsonObject, listOf, numberOf, parseObject, readJsonText, refuseJson } from './json-values.ts'
import {
  checkConcurrency,
  type ImportedRows,
  type ImportRequest,
  requiredBatchSize,
  rowOfSamples,
} from './latency-format.ts'

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, concurrency } = request
  const batchSize = requiredBatchSize(request)
  // a run begins on a line of its own
  const runs = (await readJsonText(file)).split(/\n(?=\{)/).map((text) => parseObject(file, text))
  const measured = runs.map((run) => concurrencyOf(file, run))
  const told = checkConcurrency(request, measured)
  const run = runs[measured.indexOf(concurrency)]
  const [ttfts, itls, errors] = ['ttfts', 'itls', 'errors'].map((field) => detailOf(file, run, field))
  if (itls.length !== ttfts.length || errors.length !== ttfts.length) {
    refuseJson(file, 'as many itls and errors as ttfts')
  }
  const latencies = ttfts.flatMap((ttft, i) => {
    if (errors[i] !== '') return []
    const times = [ttft, ...(listOf(itls[i]) ?? refuseJson(file, `a list in itls[${i}]`))]
    const seconds = times.map((time) => numberOf(time) ?? refuseJson(file, `a time of request ${i}`))
    const latency = seconds.reduce((sum, time) => sum + time, 0)
    // a server may refuse a request without a reason
    return latency > 0 ? [1000 * latency] : []
  })
  const completed = numberOf(run.completed) ?? refuseJson(file, 'completed')
  if (latencies.length !== completed) {
    const problem = `has ${latencies.length} requests with a latency, and "completed" is ${completed}`
    throw new KairosError('BAD_FILE', problem, { file }, 'was the file changed?')
  }
  const notes = [...told.notes]
  const failed = ttfts.length - latencies.length
  if (failed > 0)
    notes.push(`${file}: ${groupDigits(failed)} failed request${failed === 1 ? ' is' : 's are'} left out`)
  return { ...told, rows: [rowOfSamples(file, batchSize, latencies, LEVELS)], notes }
}

function concurrencyOf(file: string, { max_concurrency: limit }: JsonObject): number {
  if (limit !== null) return numberOf(limit) ?? refuseJson(file, 'max_concurrency')
  const problem = 'was not measured at a fixed concurrency, so that latencies include waiting'
  throw new KairosError('BAD_FILE', problem, { file }, 'run vllm bench serve with --max-concurrency 1')
}

function detailOf(file: string, run: JsonObject, field: string): readonly unknown[] {
  const found = listOf(run[field])
  if (found !== undefined) return found
  throw new KairosError('BAD_FILE', `lacks ${field}`, { file }, 'run vllm bench serve with --save-detailed')
}
