import { parseDecimal } from '../../io/decimal.ts'
import { createArrivalClock } from './clock.ts'
import type { ReadRows } from './format.ts'
import { readRecords, refusedValue } from './json-lines.ts'

/** Reads lines of JSON objects, by the names of their fields. Numbers may be texts; a size of null or "" is empty. */
export const readJsonLines: ReadRows = async (file, { map, unit = 'ms', signal, onProgress }, push) => {
  const { arrival, size } = map!
  const clock = createArrivalClock(unit)
  const example = `{"${arrival}": 0${size === undefined ? '' : `, "${size}": 1`}}`
  await readRecords(file, { example, signal, onProgress }, (record, line) => {
    const time = textOf(record[arrival])
    const arrivalMs = clock.msOf(time)
    if (Number.isNaN(arrivalMs)) {
      throw refusedValue(file, line, arrival, record[arrival], clock.expected(time))
    }
    const given = size === undefined ? 0 : record[size]
    const isEmpty = given === null || given === ''
    const batchSize = isEmpty ? Number.NaN : parseDecimal(textOf(given))
    if (!isEmpty && !(batchSize >= 0)) throw refusedValue(file, line, size!, given, 'a batch size >= 0')
    push(arrivalMs, batchSize, line, size ?? 'size')
  })
  // a line that was cut is not JSON
  return { endsInsideLine: false, origin: clock.origin(), likelyUnit: clock.likelyUnit() }
}

function textOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value).trim() : ''
}
