import { KairosError, type Place } from '../../model/errors.ts'

const STRING_OR_WORD = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g

/** Whether a text begins as an object in JSON does, or as a list of them or of lists. A time in brackets is none. */
export function beginsAsJson(text: string): boolean {
  return /^(\{|\[\s*([{[\]]|$))/.test(text)
}

/** A value that JSON.parse has read. JSON.stringify would make null of 1e400, which is read as Infinity. */
export function parsedText(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

/** The error for a text that is not JSON. @param cause that of JSON.parse */
export function noJson(text: string, place: Place, cause: unknown): KairosError {
  const cure = 'is this the right file, and was it written to the end?'
  return nonFiniteFault(text, place) ?? new KairosError('BAD_FILE', 'is not JSON', place, cure, { cause })
}

/** The error for NaN or Infinity outside the strings of a text that is not JSON; undefined where there is none. */
export function nonFiniteFault(text: string, place: Place): KairosError | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  for (const [word] of text.matchAll(STRING_OR_WORD)) {
    if (word.startsWith('"')) continue
    const cure = 'JSON has no such number, though Python writes it: write null instead'
    return new KairosError('BAD_FILE', `has ${word}`, place, cure)
  }
  return undefined
}
