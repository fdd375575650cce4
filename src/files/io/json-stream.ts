import { KairosError } from '../../model/errors.ts'
import { openText, type ReadOptions } from './lines.ts'

export interface JsonEntriesOptions extends ReadOptions {
  /** Whether the object at a path of keys is entered; its entries are then visited one by one. */
  readonly enters: (path: readonly string[]) => boolean
  /** Whether the value at a path is wanted; others are skipped without being parsed. */
  readonly wants: (path: readonly string[]) => boolean
}

/** Codes of characters. */
const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN = 123
const CLOSE = 125

/** Characters below this are skipped between values: the white space of JSON, and control characters. */
const PRINTABLE = 33

type State = 'start' | 'key' | 'in key' | 'colon' | 'value' | 'in value' | 'end'

/** The largest value that is kept, in characters. */
const LARGEST = 1 << 24

/**
 * Visits entries of the objects of a JSON file that may be too large for memory: one value at a time is held.
 *
 * @throws KairosError NO_FILE; BAD_FILE where the file is not an object in JSON, is cut, or has an entry that is too large to keep;
 *   the reason of an aborted signal
 */
export async function readJsonEntries(
  file: string,
  { enters, wants, ...reading }: JsonEntriesOptions,
  onValue: (path: readonly string[], value: unknown) => void,
): Promise<void> {
  /** The keys of the objects that are entered, the root aside, and of the value that is read. */
  const path: string[] = []
  /** The number of objects that are entered and not left. */
  let depth = 0
  // asserted, because the compiler does not see that functions change it
  let state = 'start' as State
  let nesting = 0
  let inString = false
  let escaped = false
  let text = ''

  const bad = (problem: string): never => {
    throw new KairosError(
      'BAD_FILE',
      problem,
      { file },
      'is this the right file, and was it written to the end?',
    )
  }
  const parse = (json: string): unknown => {
    try {
      return JSON.parse(json)
    } catch {
      return bad(`has an entry below ${path.join('.')} that is not JSON`)
    }
  }
  const leave = () => {
    path.pop()
    depth--
    state = depth === 0 ? 'end' : 'key'
  }
  const finish = () => {
    if (wants(path)) onValue(path, parse(text))
    path.pop()
    text = ''
    state = 'key'
  }

  for await (const piece of openText(file, reading).pieces) {
    /** Where the text of a key or a value begins in this piece. */
    let from = 0
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i)
      if (state === 'in key' || state === 'in value') {
        if (inString) {
          if (escaped) escaped = false
          else if (code === BACKSLASH) escaped = true
          else if (code === QUOTE) inString = false
          if (inString || nesting > 0) continue
          text += piece.slice(from, i + 1)
          if (state === 'in value') finish()
          else {
            path.push(String(parse(text)))
            text = ''
            state = 'colon'
          }
        } else if (code === QUOTE) inString = true
        else if (code === OPEN || code === OPEN_LIST) nesting++
        else if (code === CLOSE || code === CLOSE_LIST) {
          if (nesting === 0) {
            // a number or a word at the end of an object
            text += piece.slice(from, i)
            finish()
            leave()
          } else if (--nesting === 0) {
            text += piece.slice(from, i + 1)
            finish()
          }
        } else if (code === COMMA && nesting === 0) {
          text += piece.slice(from, i)
          finish()
        }
        continue
      }
      if (code < PRINTABLE) continue
      if (state === 'key') {
        if (code === COMMA) continue
        if (code === CLOSE) leave()
        else if (code === QUOTE) {
          state = 'in key'
          inString = true
          from = i
        } else bad('is not JSON')
      } else if (state === 'colon') {
        if (code !== COLON) bad('is not JSON')
        state = 'value'
      } else if (state === 'value' && code === OPEN && enters(path)) {
        depth++
        state = 'key'
      } else if (state === 'value') {
        state = 'in value'
        from = i
        inString = code === QUOTE
        nesting = code === OPEN || code === OPEN_LIST ? 1 : 0
      } else if (state === 'start' && code === OPEN) {
        depth++
        state = 'key'
      } else bad(state === 'end' ? 'has text after the end' : 'is not an object in JSON')
    }
    if (state !== 'in key' && state !== 'in value') continue
    if (state === 'in key' || wants(path)) text += piece.slice(from)
    if (text.length > LARGEST) bad(`has an entry of more than ${LARGEST} characters`)
  }
  if (state !== 'end') bad('ends before its last bracket')
}
