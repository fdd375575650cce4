import { KairosError } from '../../../model/errors.ts'
import { linesOf, openText } from '../../io/lines.ts'
import type { ReadRows } from './format.ts'
import { tokenColumns } from './tokens.ts'

const TIME = 'timestamp'

/** Reads Mooncake traces (Qin et al., FAST 2025): one JSON object per line, times in ms, lengths in tokens. */
export const readMooncake: ReadRows = async (file, { size, ...reading }, push) => {
  const tokens = tokenColumns(size, 'input_length', 'output_length')
  const field = tokens.join('+')
  let line = 0
  for await (const text of linesOf(openText(file, reading), file)) {
    line++
    if (text.trim() === '') continue
    const record = parseRecord(file, line, text)
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
  }
  // a line that was cut is not JSON
  return { endsInsideLine: false }
}

function parseRecord(file: string, line: number, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // refused below
  }
  const cure = 'expected a JSON object, {"timestamp": 0, "input_length": 655, "output_length": 52}'
  throw new KairosError('BAD_FILE', 'is not a JSON object, or was cut', { file, line }, cure)
}

function refusedValue(
  file: string,
  line: number,
  field: string,
  value: unknown,
  expected: string,
): KairosError {
  const problem = value === undefined ? 'is missing' : `is ${JSON.stringify(value).slice(0, 60)}`
  return new KairosError('BAD_FILE', problem, { file, line, field }, `expected ${expected}`)
}
