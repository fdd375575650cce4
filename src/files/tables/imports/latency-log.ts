/**
 * A plain log of latencies: `batch,latency_ms`, with or without a header, a line for each request. Logs of servers of
 * `distribute --server-logs` have the time of the server as `service_ms`.
 */
import { KairosError } from '../../../model/errors.ts'
import { MEAN_MS } from '../../../model/workload/latency-table.ts'
import { cureOfSeparator, readCsv, type TakeRow } from '../../io/csv.ts'
import { refusedCell } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import { type ImportedRows, type ImportRequest, rowOfSamples, unknownConcurrency } from './latency-format.ts'

const BATCH = ['batch', 'batch_size']
const LATENCY = ['latency_ms', 'service_ms']

/** Columns that say whether a request failed. */
const OUTCOME = /^(http_?|grpc_?|response_?)?(status|code|error|ok|success|failed|result|outcome)(_?code)?$/i

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, batchSize, onProgress, signal } = request
  if (batchSize !== undefined) {
    const problem = `has a batch size in each line, and ${batchSize} is given for the file`
    throw new KairosError('BAD_USAGE', problem, { file }, 'name the file without a batch size')
  }
  const byBatch = new Map<number, number[]>()
  const ignored: string[] = []
  await readCsv(file, { onProgress, signal }, (names, headerLine) => {
    const hasHeader = names.some((name) => Number.isNaN(parseDecimal(name)))
    const batch = hasHeader ? names.findIndex((name) => BATCH.includes(name)) : 0
    const latencyName = LATENCY.find((name) => names.includes(name)) ?? LATENCY[0]
    const latency = hasHeader ? names.indexOf(latencyName) : 1
    const start = latencyName === 'service_ms' ? names.indexOf('start_ms') : -1
    const started = new Set<string>()
    if (batch < 0 || latency < 0 || names.length < 2 || (!hasHeader && names.length > 2)) {
      const place = { file, line: headerLine }
      throw new KairosError(
        'BAD_FILE',
        `is "${names.join()}"`,
        place,
        names.length > 2
          ? 'expected a header with the columns batch and latency_ms'
          : (cureOfSeparator(names) ?? 'expected the columns batch,latency_ms'),
      )
    }
    if (hasHeader) ignored.push(...names.filter((name) => OUTCOME.test(name)))
    const take: TakeRow = (cells, line) => {
      const size = parseDecimal(cells[batch].trim())
      if (!(size > 0)) throw refusedCell(file, line, 'batch', cells[batch], 'a number of items > 0')
      const ms = parseDecimal(cells[latency].trim())
      if (!MEAN_MS.isValid(ms))
        throw refusedCell(
          file,
          line,
          latencyName,
          cells[latency],
          latencyName === 'service_ms' && cells[latency] === ''
            ? 'the time of the server, which it has not reported: measure it by kairos-wasm measure'
            : `${MEAN_MS.expected}; remove the lines of requests that failed`,
        )
      if (start >= 0) {
        const batch = `${cells[start]} ${cells[latency]}`
        if (started.has(batch)) {
          const problem = 'started with another query, in a batch whose time service_ms is'
          const cure = 'import the log of a run without batches (--no-batching)'
          throw new KairosError('BAD_FILE', problem, { file, line }, cure)
        }
        started.add(batch)
      }
      const latencies = byBatch.get(size)
      if (latencies === undefined) byBatch.set(size, [ms])
      else latencies.push(ms)
    }
    if (!hasHeader) take(names, headerLine)
    return take
  })
  if (byBatch.size === 0) throw new KairosError('BAD_FILE', 'has no latency', { file }, 'add the data')
  const rows = [...byBatch]
    .sort(([a], [b]) => a - b)
    .map(([size, latencies]) => rowOfSamples(file, size, latencies))
  const { notes } = unknownConcurrency(request)
  if (ignored.length === 0) return { rows, notes }
  const note = `${file}: the column ${ignored.join(', ')} is not read; remove the lines of requests that failed`
  return { rows, notes: [...notes, note] }
}
