import { KairosError } from '../../model/errors.ts'
import { linesOf, openText } from '../io/lines.ts'
import { tokenColumns } from './tokens.ts'
import type { ForeignEnd, ForeignOptions, PushRow } from './trace-format.ts'

const TIME = 'timestamp'

/**
 * Mooncake traces (Qin et al., FAST 2025): one JSON object a line with `timestamp` in ms, `input_length` and
 * `output_length` in tokens. The size is the input (`context`), the output (`generated`) or their `sum`.
 */
export async function readMooncake(
  file: string,
  { size, ...reading }: ForeignOptions,
  push: PushRow,
): Promise<ForeignEnd> {
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
  // a line that was cut is no JSON any more
  return { endsInsideLine: false }
}

function parseRecord(file: string, line: number, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // told below
  }
  const expected = 'expected a JSON object, {"timestamp": 0, "input_length": 655, "output_length": 52}'
  throw new KairosError('BAD_FILE', 'is no JSON object, or was cut', { file, line }, expected)
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
