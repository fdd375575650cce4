import { readRecords, refusedValue } from '../../io/json-lines.ts'
import type { ReadRows } from './format.ts'
import { tokenColumns } from './tokens.ts'

const TIME = 'timestamp'
const EXAMPLE = '{"timestamp": 0, "input_length": 655, "output_length": 52}'

/** Reads Mooncake traces (Qin et al., FAST 2025): one JSON object per line, times in ms, lengths in tokens. */
export const readMooncake: ReadRows = async (file, { size, signal, onProgress }, push) => {
  const tokens = tokenColumns(size, 'input_length', 'output_length')
  const field = tokens.join('+')
  await readRecords(file, { example: EXAMPLE, signal, onProgress }, (record, line) => {
    let sum = 0
    for (const column of tokens) {
      const count = record[column]
      if (!(Number.isInteger(count) && Number(count) >= 0)) {
        throw refusedValue(file, line, column, count, 'a whole number of tokens >= 0')
      }
      sum += Number(count)
    }
    const arrivalMs = record[TIME]
    if (typeof arrivalMs !== 'number' || !Number.isFinite(arrivalMs)) {
      throw refusedValue(file, line, TIME, arrivalMs, 'a number of milliseconds')
    }
    push(arrivalMs, sum, line, field)
  })
  // a line that was cut is not JSON
  return { endsInsideLine: false }
}
