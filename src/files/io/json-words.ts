const STRING_OR_WORD = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g

/** Whether a text begins as an object in JSON does, or as a list of them or of lists. A time in brackets is none. */
export function beginsAsJson(text: string): boolean {
  return /^(\{|\[\s*([{[\]]|$))/.test(text)
}

/** A value that JSON.parse has read. JSON.stringify would make null of 1e400, which is read as Infinity. */
export function parsedText(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

/** What to do with NaN in a text that should be JSON. */
export const WRITE_NULL = 'JSON has no such number, though Python writes it: write null instead'

/** The first NaN or Infinity outside the strings of a text that is not JSON. */
export function findNonFinite(text: string): string | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  for (const [word] of text.matchAll(STRING_OR_WORD)) {
    if (!word.startsWith('"')) return word
  }
  return undefined
}
