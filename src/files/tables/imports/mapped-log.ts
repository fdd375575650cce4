/** Logs of single requests whose columns the caller names: of CSV with a header, or of lines of JSON objects. */
import { KairosError, refuseUsage } from '../../../model/errors.ts'
import { type ReadNamedRows, readJsonRows } from '../../io/named-rows.ts'
import { checkUnit, NUMERIC_UNITS, type TimeUnit } from '../../io/units.ts'
import {
  type ImportedRows,
  type ImportRequest,
  type LatencyMap,
  type ReadLatencies,
  requiredBatchSize,
} from './latency-format.ts'
import { addSample, batchSizeOf, latencyOf, noSamples, rowsOfLog, typeOf } from './log-samples.ts'

/** Lines of JSON objects. */
export const readLatencies: ReadLatencies = (request) => {
  const { map, delimiter, header } = request.log ?? {}
  for (const [field, value] of Object.entries({ delimiter, header })) {
    if (value !== undefined) refuseUsage(field, 'is given for jsonl', 'only log takes it')
  }
  if (map === undefined) {
    refuseUsage('map', 'is missing', 'say which fields to read: latency=<field>,size=<field>')
  }
  return readMappedLog(request, map, readJsonRows)
}

/** @throws KairosError BAD_USAGE for a map that does not fit the request; BAD_FILE */
export async function readMappedLog(
  request: ImportRequest,
  { latency, size, type }: LatencyMap,
  readNamedRows: ReadNamedRows,
): Promise<ImportedRows> {
  const { file, batchSize, log, onProgress, signal } = request
  const unit = unitOf(latency, log?.unit)
  if (size !== undefined && batchSize !== undefined) {
    const problem = `has its batch sizes in "${size}" by --map, and ${batchSize} is given for the file`
    throw new KairosError('BAD_USAGE', problem, { file }, 'leave one out')
  }
  if (size === undefined && log?.bins !== undefined) {
    refuseUsage('bins', 'is given, and --map names no size', 'add size=<column> to the map, or leave it out')
  }
  const fixed = size === undefined ? requiredBatchSize(request) : 0
  const samples = noSamples()
  const columns = [latency, size, type].filter((column) => column !== undefined)
  const reading = { ...log, takesDelimiter: true, onProgress, signal }
  const end = await readNamedRows(file, columns, reading, (cells, line) => {
    const ms = latencyOf(file, line, latency, cells[0], unit)
    const batchSize = size === undefined ? fixed : batchSizeOf(request, line, size, cells[1])
    const named = type && typeOf(file, line, type, cells[columns.length - 1])
    addSample(request, samples, named, batchSize, ms)
  })
  return rowsOfLog(request, samples, end)
}

function unitOf(column: string, unit: TimeUnit | undefined): TimeUnit {
  if (unit === undefined) {
    const dates = column.includes('-') ? '; iso for the difference of two dates' : ''
    refuseUsage('unit', 'is missing', `say the unit of "${column}": ${NUMERIC_UNITS.join(', ')}${dates}`)
  }
  if (unit !== 'iso') checkUnit(column, unit)
  return unit
}
