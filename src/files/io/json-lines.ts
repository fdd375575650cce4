import { KairosError } from '../../model/errors.ts'
import { type JsonObject, objectOf } from './json-values.ts'
import { beginsAsJson, nonFiniteFault, parsedText } from './json-words.ts'
import { emptyFile, linesOf, openText } from './lines.ts'
import type { ReadOptions } from './open-file.ts'

interface RecordOptions extends ReadOptions {
  /** Such an object, for the message where a line is none. */
  readonly example: string
  /** Whether numbers that a double may not hold become texts with all of their digits. */
  readonly keepsDigits?: boolean
}

/**
 * Reads a file with a JSON object on each line; blank lines are skipped.
 *
 * @throws KairosError NO_FILE; BAD_FILE with the line, and for a blank file; the reason of an aborted signal; what
 *   `onRecord` throws
 */
export async function readRecords(
  file: string,
  { example, keepsDigits = false, ...reading }: RecordOptions,
  onRecord: (record: JsonObject, line: number) => void,
): Promise<void> {
  let line = 0
  let isBlank = true
  for await (const text of linesOf(openText(file, reading), file)) {
    line++
    if (text.trim() === '') continue
    isBlank = false
    onRecord(parseRecord(file, line, keepsDigits ? keepingDigits(text) : text, example), line)
  }
  if (isBlank) throw emptyFile(file)
}

const STRING_OR_NUMBER = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/g

/** JSON whose numbers that a double may not hold are texts. */
export function keepingDigits(json: string): string {
  return /\d{16}/.test(json) ? json.replace(STRING_OR_NUMBER, longNumberAsText) : json
}

function longNumberAsText(token: string): string {
  return token.startsWith('"') || token.length < 16 ? token : `"${token}"`
}

function parseRecord(file: string, line: number, text: string, example: string): JsonObject {
  try {
    const record = objectOf(JSON.parse(text))
    if (record) return record
  } catch {
    // refused below
  }
  const fault = nonFiniteFault(text, { file, line })
  if (fault) throw fault
  const begin = text.trimStart()
  const jq = begin.startsWith('[')
    ? "jq -c '.[]' writes those of a list"
    : 'jq -c writes other JSON as such lines'
  const cure = /^\s*[^{\s][^{]*\{.*\}\s*$/s.test(text)
    ? "text stands before the object: remove it, such as by sed 's/^[^{]*//'"
    : `expected a JSON object on each line, ${example}; ${beginsAsJson(begin) ? jq : 'is this CSV, or another format?'}`
  throw new KairosError('BAD_FILE', 'is not a JSON object, or was cut', { file, line }, cure)
}

export function refusedValue(
  file: string,
  line: number,
  field: string,
  value: unknown,
  expected: string,
): KairosError {
  const problem = value === undefined ? 'is missing' : `is ${parsedText(value).slice(0, 60)}`
  return new KairosError('BAD_FILE', problem, { file, line, field }, `expected ${expected}`)
}
