/**
 * The CSV file of Triton's perf_analyzer (`perf_analyzer -f`): a row for each concurrency, in microseconds. Columns:
 * triton-inference-server/client, src/c++/perf_analyzer/report_writer.cc. The batch size is not in it. The mean is
 * `Avg latency` (with --verbose-csv); without it the sum of its parts, which the writer makes equal to the mean.
 */
import { KairosError } from '../../../model/errors.ts'
import { columnOf, numberAt, readTable, type Table, type TableRow } from '../table.ts'
import {
  checkConcurrency,
  type ImportedRows,
  type ImportRequest,
  increasing,
  requiredBatchSize,
} from './latency-format.ts'

const PARTS = [
  'Client Send',
  'Network+Server Send/Recv',
  'Server Queue',
  'Server Compute',
  'Server Compute Input',
  'Server Compute Infer',
  'Server Compute Output',
  'Server Cache Hit',
  'Server Cache Miss',
  'Client Recv',
]
const QUANTILE = /^p(\d+(?:\.\d+)?) latency$/
/** The start of the line before the table of a model that an ensemble consists of. */
const COMPOSING = 'Model:'
const HEADER = 'Concurrency,Inferences/Second,Client Send,...,p50 latency,p90 latency,p95 latency,p99 latency'

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file, concurrency } = request
  const batchSize = requiredBatchSize(request)
  const table = await readTable(file, { isEnd: ([first]) => first.startsWith(COMPOSING) })
  if (table.header.includes('Request Rate')) {
    const cure = 'run perf_analyzer with --concurrency-range 1'
    const problem = 'was measured at a request rate, so that latencies include waiting'
    throw new KairosError('BAD_FILE', problem, { file, line: table.headerLine }, cure)
  }
  const column = columnOf(table, 'Concurrency', HEADER)
  const measured = table.rows.map((row) =>
    numberAt(table, row, column, Number.isSafeInteger, 'a whole number of requests'),
  )
  const told = checkConcurrency(request, measured)
  const row = table.rows[measured.indexOf(concurrency)]
  const quantiles = new Map<number, number>()
  table.header.forEach((name, at) => {
    const percent = QUANTILE.exec(name)?.[1]
    if (percent !== undefined) quantiles.set(Number(percent), microseconds(table, row, at))
  })
  return {
    rows: [{ batchSize, meanMs: meanOf(table, row), quantiles: increasing(file, quantiles) }],
    ...told,
  }
}

function meanOf(table: Table, row: TableRow): number {
  const { file, header, headerLine } = table
  const average = header.indexOf('Avg latency')
  if (average >= 0) return microseconds(table, row, average)
  if (header.includes('Network+Server Send/Recv')) {
    return PARTS.reduce((sum, name) => {
      const at = header.indexOf(name)
      return at < 0 ? sum : sum + microseconds(table, row, at)
    }, 0)
  }
  const cure = 'run perf_analyzer with --verbose-csv'
  throw new KairosError('BAD_FILE', 'has no mean latency', { file, line: headerLine }, cure)
}

function microseconds(table: Table, row: TableRow, column: number): number {
  return numberAt(table, row, column, (value) => value >= 0, 'a number of microseconds >= 0') / 1000
}
