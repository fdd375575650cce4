import { KairosError } from '../../../model/errors.ts'
import { readRecords, refusedValue } from '../../io/json-lines.ts'
import type { ReadRows } from './format.ts'
import { tokenColumns } from './tokens.ts'

const TIME = 'timestamp'
/** A field of the usage traces of Qwen-Bailian, which have the same names as Mooncake, and seconds. */
const CHAT = 'parent_chat_id'
const AS_SECONDS =
  'their times are seconds: read them by jsonl --map arrival=timestamp,size=input_length --unit s'
const EXAMPLE = '{"timestamp": 0, "input_length": 655, "output_length": 52}'

/** Reads Mooncake traces (Qin et al., FAST 2025): one JSON object per line, times in ms, lengths in tokens or null. */
export const readMooncake: ReadRows = async (file, { size, signal, onProgress }, push) => {
  const tokens = tokenColumns(size, 'input_length', 'output_length')
  const field = tokens.join('+')
  await readRecords(file, { example: EXAMPLE, signal, onProgress }, (record, line) => {
    if (CHAT in record) {
      const place = { file, line, field: CHAT }
      const problem = 'is a field of Qwen-Bailian traces, not of Mooncake'
      throw new KairosError('BAD_FILE', problem, place, AS_SECONDS)
    }
    let sum = 0
    for (const column of tokens) {
      const count = record[column]
      if (count !== null && !(Number.isInteger(count) && Number(count) >= 0)) {
        throw refusedValue(file, line, column, count, 'a whole number of tokens >= 0')
      }
      sum += count === null ? Number.NaN : Number(count)
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
