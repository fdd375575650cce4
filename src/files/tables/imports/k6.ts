/**
 * The points of k6 (`k6 run --out csv=FILE`): a row for each value of each metric, in milliseconds. Source of the
 * columns: Grafana k6 documentation, "Results output: CSV". The latency is `http_req_duration`, or `grpc_req_duration`.
 */

import { counted } from '../../../model/counted.ts'
import { KairosError } from '../../../model/errors.ts'
import { readCsv } from '../../io/csv.ts'
import { positionOf, refusedNumber } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import { append, emptyColumn, type NumberColumn, numbersOf } from '../../io/number-column.ts'
import {
  checkConcurrency,
  type ImportedRows,
  type ImportRequest,
  requiredBatchSize,
  rowOfSamples,
  unknownConcurrency,
} from './latency-format.ts'
import { tooManyLatencies } from './latency-limit.ts'
import { onlyName } from './only-name.ts'

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, onProgress, signal } = request
  const batchSize = requiredBatchSize(request)
  const byName = new Map<string, NumberColumn>()
  const failed = new Map<string, number>()
  let users = 0
  let kept = 0
  await readCsv(file, { onProgress, signal }, (header, headerLine) => {
    const cure = 'write it by k6 run --out csv=FILE'
    const [metric, value] = ['metric_name', 'metric_value'].map((column) => {
      return positionOf(column, header, { file, line: headerLine }, cure)
    })
    const [name, error, expected, status] = ['name', 'error', 'expected_response', 'status'].map((column) => {
      return header.indexOf(column)
    })
    return (cells, line) => {
      const key = cells[name] ?? ''
      const isGrpc = cells[metric] === 'grpc_req_duration'
      const isLatency = isGrpc || cells[metric] === 'http_req_duration'
      if (!isLatency && cells[metric] !== 'vus') return
      const ms = parseDecimal(cells[value].trim())
      if (!(ms >= 0)) throw refusedNumber(file, line, 'metric_value', cells[value], 'a number >= 0')
      if (!isLatency) {
        users = Math.max(users, ms)
      } else if (
        cells[error] ||
        cells[expected] === 'false' ||
        isFailure(cells[status]?.trim() ?? '', isGrpc)
      ) {
        failed.set(key, (failed.get(key) ?? 0) + 1)
      } else {
        if (kept++ === request.mostLatencies) throw tooManyLatencies(file)
        const latencies = byName.get(key) ?? emptyColumn()
        byName.set(key, latencies)
        append(latencies, ms)
      }
    }
  })
  if (byName.size === 0) {
    const failures = [...failed.values()].reduce((sum, count) => sum + count, 0)
    if (failures === 0) {
      const cure = 'is this the CSV of a test of HTTP or gRPC, and was it written to the end?'
      throw new KairosError('BAD_FILE', 'has no http_req_duration or grpc_req_duration', { file }, cure)
    }
    const cure = 'its columns status and error say why: mend the test, and run it again'
    const problem = `has ${counted(failures, 'failed request')}, and no successful one`
    throw new KairosError('BAD_FILE', problem, { file }, cure)
  }
  const only = onlyName(request, byName.keys())
  const latencies = numbersOf(byName.get(only)!)
  const told = users > 0 ? checkConcurrency(request, [users]) : unknownConcurrency(request)
  const notes = [...told.notes]
  const failures = failed.get(only) ?? 0
  if (failures > 0)
    notes.push(`${file}: ${counted(failures, 'failed request is', 'failed requests are')} left out`)
  return { ...told, rows: [rowOfSamples(file, batchSize, latencies)], notes }
}

/** Whether a status is an error: of HTTP 0 (no response) and from 400 on, of gRPC all but 0 (OK) and an empty one. */
function isFailure(status: string, isGrpc: boolean): boolean {
  if (isGrpc) return status !== '' && status !== '0'
  return status === '0' || Number(status) >= 400
}
