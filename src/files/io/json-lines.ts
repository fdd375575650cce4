import { KairosError } from '../../model/errors.ts'
import { linesOf, openText, type ReadOptions } from './lines.ts'

/**
 * Reads a file with a JSON object on each line; blank lines are skipped.
 *
 * @param example such an object, for the message where a line is none
 * @throws KairosError NO_FILE; BAD_FILE with the line; the reason of an aborted signal; what `onRecord` throws
 */
export async function readRecords(
  file: string,
  { example, ...reading }: ReadOptions & { readonly example: string },
  onRecord: (record: Readonly<Record<string, unknown>>, line: number) => void,
): Promise<void> {
  let line = 0
  for await (const text of linesOf(openText(file, reading), file)) {
    line++
    if (text.trim() !== '') onRecord(parseRecord(file, line, text, example), line)
  }
}

function parseRecord(file: string, line: number, text: string, example: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isObject) return value as Record<string, unknown>
  } catch {
    // refused below
  }
  const cure = `expected a JSON object on each line, ${example}; jq -c writes other JSON as such lines`
  throw new KairosError('BAD_FILE', 'is not a JSON object, or was cut', { file, line }, cure)
}

export function refusedValue(
  file: string,
  line: number,
  field: string,
  value: unknown,
  expected: string,
): KairosError {
  const problem = value === undefined ? 'is missing' : `is ${JSON.stringify(value).slice(0, 60)}`
  return new KairosError('BAD_FILE', problem, { file, line, field }, `expected ${expected}`)
}
