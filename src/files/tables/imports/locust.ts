/**
 * The statistics of Locust (`locust --csv NAME` writes `NAME_stats.csv`), in milliseconds. Source of the columns:
 * locustio/locust, locust/stats.py (StatsCSV). Locust rounds percentiles to two digits, and to whole milliseconds.
 */
import { KairosError, type Place } from '../../../model/errors.ts'
import { columnOf, numberAt, readTable } from '../table.ts'
import {
  type ImportedRows,
  type ImportRequest,
  increasing,
  requiredBatchSize,
  unknownConcurrency,
} from './latency-format.ts'
import { onlyName } from './only-name.ts'

const QUANTILE = /^(\d+(?:\.\d+)?)%$/
const MAX = 'Max Response Time'
/** Locust rounds times below 100 ms to whole ms. */
const HALF_MS = 0.5
const HEADER =
  'Type,Name,Request Count,Failure Count,...,Average Response Time,Min Response Time,...,50%,...,99%,100%'

export async function readLatencies(request: ImportRequest): Promise<ImportedRows> {
  const { file } = request
  const batchSize = requiredBatchSize(request)
  const table = await readTable(file)
  if (table.header.includes('User Count')) {
    const problem = 'is a history of the run: each row has the percentiles of a few seconds'
    const cure = 'import NAME_stats.csv of the same run'
    throw new KairosError('BAD_FILE', problem, { file, line: table.headerLine }, cure)
  }
  const nameColumn = columnOf(table, 'Name', HEADER)
  const second = table.rows.find(({ cells }) => cells[nameColumn] === table.header[nameColumn])
  if (second) throw joined({ file, line: second.line }, 'the header is there again')
  const rows = table.rows.filter(({ cells }) => cells[nameColumn] !== 'Aggregated')
  // a name may have a row for each method
  const names = rows.map(({ cells }) => cells[nameColumn])
  const labels = rows.map(({ cells }, i) => {
    const isShared = names.indexOf(names[i]) !== names.lastIndexOf(names[i])
    return isShared ? `${cells[columnOf(table, 'Type', HEADER)]} ${names[i]}` : names[i]
  })
  const chosen = onlyName(request, labels)
  if (labels.indexOf(chosen) !== labels.lastIndexOf(chosen)) throw joined({ file }, `has ${chosen} twice`)
  const row = rows[labels.indexOf(chosen)]
  const number = (column: string) => {
    return numberAt(table, row, columnOf(table, column, HEADER), (value) => value >= 0, 'a number >= 0')
  }
  const failures = number('Failure Count')
  if (failures > 0) {
    const place = { file, line: row.line, field: 'Failure Count' }
    const problem = `is ${failures}: the times of failed requests are among the others`
    throw new KairosError('BAD_FILE', problem, place, 'measure without failures')
  }
  const quantiles = new Map([[0, number('Min Response Time')]])
  for (const column of table.header) {
    const percent = QUANTILE.exec(column)?.[1]
    if (percent !== undefined) quantiles.set(Number(percent), number(column))
  }
  // the largest time is exact, its percentile is rounded
  if (table.header.includes(MAX)) quantiles.set(100, number(MAX))
  const meanMs = number('Average Response Time')
  const samples = number('Request Count')
  return {
    rows: [{ batchSize, samples, meanMs, quantiles: increasing(file, quantiles, HALF_MS) }],
    ...unknownConcurrency(request),
  }
}

/** The error for files that were joined. A run has one row for each name and method. */
function joined(place: Place, problem: string): KairosError {
  const cure = 'import each file on its own, as 1=a_stats.csv 8=b_stats.csv'
  return new KairosError('BAD_FILE', `${problem}, as in joined files`, place, cure)
}
