/**
 * A plain log of latencies: `batch,latency_ms`, with or without a header, a line for each request. Logs of servers of
 * `distribute --server-logs` have the time of the server as `service_ms`. Logs with other columns are read by a map.
 */

import { KairosError, refuseUsage } from '../../../model/errors.ts'
import { cureOfComments, cureOfHeader, readCsv, type TakeRow } from '../../io/csv.ts'
import { positionOf } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import { readCsvRows } from '../../io/named-rows.ts'
import { append, emptyColumn, type NumberColumn, numbersOf } from '../../io/number-column.ts'
import { createRowFilter } from '../../io/row-filter.ts'
import type { ImportedRows, ImportRequest } from './latency-format.ts'
import { addSample, batchSizeOf, latencyOf, noSamples, rowsOfLog } from './log-samples.ts'
import { readMappedLog } from './mapped-log.ts'

const BATCH = ['batch', 'batch_size']
const LATENCY = ['latency_ms', 'service_ms']

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { map } = request.log ?? {}
  return map === undefined ? readPlainLog(request) : readMappedLog(request, map, readCsvRows)
}

async function readPlainLog(request: ImportRequest): Promise<ImportedRows> {
  const { file, batchSize, log, onProgress, signal } = request
  if (log?.unit !== undefined) {
    refuseUsage('unit', 'is given for a log of latency_ms', 'give it beside --map latency=<column>')
  }
  const sizeColumn = batchSize === undefined ? ',size=<column>' : ''
  const filter = createRowFilter(log?.where)
  const samples = noSamples()
  const started: Started = { startsMs: emptyColumn(), servicesMs: emptyColumn(), lines: emptyColumn() }
  const counts = { rows: 0, leftOut: 0 }
  let header: readonly string[] = []
  const reading = { delimiter: log?.delimiter, header: log?.header, takesDelimiter: true, onProgress, signal }
  const { endsInsideLine } = await readCsv(file, reading, (names, headerLine) => {
    const hasHeader = names.some((name) => Number.isNaN(parseDecimal(name)))
    const batch = hasHeader ? names.findIndex((name) => BATCH.includes(name)) : 0
    const latencyName = LATENCY.find((name) => names.includes(name)) ?? LATENCY[0]
    const latency = hasHeader ? names.indexOf(latencyName) : 1
    const start = latencyName === 'service_ms' ? names.indexOf('start_ms') : -1
    const place = { file, line: headerLine }
    if (batch < 0 || latency < 0 || names.length < 2 || (!hasHeader && names.length > 2)) {
      throw new KairosError(
        'BAD_FILE',
        `is "${names.join()}"`,
        place,
        cureOfHeader(names, true) ??
          cureOfComments(names, true) ??
          `expected the columns batch,latency_ms; name others by --map latency=<column>${sizeColumn}`,
      )
    }
    if (batchSize !== undefined) {
      const problem = `has a batch size in each line, and ${batchSize} is given for the file`
      const cure = 'name the file without a batch size, or its columns by --map latency=<column>'
      throw new KairosError('BAD_USAGE', problem, { file }, cure)
    }
    if (hasHeader) {
      header = names
      // refuses a column that occurs twice
      for (const position of [batch, latency]) positionOf(names[position], names, place, '')
    }
    const tested = filter.columns.map((column) =>
      positionOf(column, names, place, `a condition names it; the header is ${names.join()}`, true),
    )
    const take: TakeRow = (cells, line) => {
      counts.rows++
      const values = tested.map((position) => cells[position].trim())
      if (!filter.admits(values, 0)) {
        counts.leftOut++
        return
      }
      const size = batchSizeOf(request, line, 'batch', cells[batch].trim())
      const expected =
        latencyName === 'service_ms' && cells[latency] === ''
          ? 'the time of the server, which it has not reported: measure it by kairos-wasm measure'
          : undefined
      const ms = latencyOf(file, line, latencyName, cells[latency].trim(), 'ms', expected)
      if (start >= 0) noteStart(started, parseDecimal(cells[start].trim()), ms, line)
      addSample(request, samples, undefined, size, ms)
    }
    if (!hasHeader) take(names, headerLine)
    return take
  })
  refuseBatches(file, started)
  return rowsOfLog(request, samples, { header, called: 'column', endsInsideLine, ...counts })
}

/** When the queries of a server log started and how long they were served, ms, and their lines. */
interface Started {
  readonly startsMs: NumberColumn
  readonly servicesMs: NumberColumn
  readonly lines: NumberColumn
}

function noteStart(
  { startsMs, servicesMs, lines }: Started,
  startMs: number,
  serviceMs: number,
  line: number,
): void {
  if (Number.isNaN(startMs)) return
  append(startsMs, startMs)
  append(servicesMs, serviceMs)
  append(lines, line)
}

/** @throws KairosError BAD_FILE for a query with the start and service time of another one: both were in a batch */
function refuseBatches(file: string, started: Started): void {
  const [startsMs, servicesMs, lines] = [started.startsMs, started.servicesMs, started.lines].map(numbersOf)
  const order = Uint32Array.from(startsMs.keys()).sort(
    (a, b) => startsMs[a] - startsMs[b] || servicesMs[a] - servicesMs[b] || lines[a] - lines[b],
  )
  const found = order.findIndex((query, i) => {
    const other = order[i - 1]
    return i > 0 && startsMs[query] === startsMs[other] && servicesMs[query] === servicesMs[other]
  })
  if (found < 0) return
  const problem = 'started with another query, in a batch whose time service_ms is'
  const cure =
    'import the log of a run without batches (--no-batching), and that of each run as a file of its own'
  throw new KairosError('BAD_FILE', problem, { file, line: lines[order[found]] }, cure)
}
