/** Visits values inside a JSON file that may be too large for memory. Other values are skipped, not parsed. */
import { KairosError } from '../../model/errors.ts'
import { endOfValue, noValue } from './json-value-end.ts'
import { noJson } from './json-words.ts'
import { emptyFile, openText } from './lines.ts'
import type { ReadOptions } from './open-file.ts'

/** The keys of objects and the positions in lists that lead to a value. The array is reused for the next value. */
export type JsonPath = readonly (string | number)[]

export interface JsonEntriesOptions extends ReadOptions {
  /** Whether the object or list at a path is entered; its entries are then visited one by one. */
  readonly enters: (path: JsonPath) => boolean
  /** Whether the value at a path is wanted; others are skipped without being parsed. */
  readonly wants: (path: JsonPath) => boolean
  /** Called at the end of each object of a file with several, one after the other; without it a file has one. */
  readonly onEnd?: (() => void) | undefined
}

/** Characters below this are skipped between values: the white space of JSON, and control characters. */
const PRINTABLE = 33

/** The largest value that is kept, in characters. */
const LARGEST = 1 << 24

/** What comes next. An object or list that was entered may end at once, but not after a comma. */
type State = 'root' | 'first' | 'key' | 'colon' | 'value' | 'comma' | 'in key' | 'in value'

/**
 * Visits entries of the objects and lists of a JSON file: one value at a time is held.
 *
 * @throws KairosError NO_FILE; BAD_FILE where the file is not an object in JSON, is cut, or has an entry that is too
 *   large to keep; the reason of an aborted signal; what the callbacks throw
 */
export async function readJsonEntries(
  file: string,
  { enters, wants, onEnd, ...reading }: JsonEntriesOptions,
  onValue: (path: JsonPath, value: unknown) => void,
): Promise<void> {
  /** The keys and positions of what is entered, the root aside, and of the value that is read. */
  const path: (string | number)[] = []
  /** Of the lists that are entered the position of the next value, of the objects undefined. */
  const positions: (number | undefined)[] = []
  let state: State = 'root'
  let hasEnded = false
  let open = noValue()
  let isKept = false
  let text = ''

  const bad = (problem: string): never => {
    const cure = 'is this the right file, and was it written to the end?'
    throw new KairosError('BAD_FILE', problem, { file }, cure)
  }
  const enter = (isList: boolean) => {
    positions.push(isList ? 0 : undefined)
    state = 'first'
  }
  const leave = () => {
    positions.pop()
    path.pop()
    state = positions.length === 0 ? 'root' : 'comma'
    if (state === 'comma') return
    hasEnded = true
    onEnd?.()
  }
  const isInside = () => state === 'in key' || state === 'in value'
  /** Starts a key or a value. */
  const start = (next: 'in key' | 'in value') => {
    open = noValue()
    isKept = next === 'in key' || wants(path)
    text = ''
    state = next
  }
  const startValue = (character: string) => {
    const at = positions.length - 1
    const position = positions[at]
    if (position !== undefined) {
      path.push(position)
      positions[at] = position + 1
    }
    if ((character === '{' || character === '[') && enters(path)) enter(character === '[')
    else start('in value')
  }
  /** Ends the key or value that was started. */
  const finish = () => {
    if (state === 'in key') {
      path.push(String(parsed(file, path, text)))
      state = 'colon'
      return
    }
    if (isKept) onValue(path, parsed(file, path, text))
    path.pop()
    state = 'comma'
  }
  /** Takes the first character of a value or a key, or one between them. */
  const take = (character: string) => {
    const isList = positions.at(-1) !== undefined
    const isOver = character === (isList ? ']' : '}') && (state === 'first' || state === 'comma')
    if (hasEnded && onEnd === undefined) bad('has text after the end')
    else if (state === 'root' && character !== '{') bad('is not an object in JSON')
    else if (state === 'root') enter(false)
    else if (isOver) leave()
    else if (state === 'value' || (state === 'first' && isList)) startValue(character)
    else if (state === 'comma' && character === ',') state = isList ? 'value' : 'key'
    else if (state === 'colon' && character === ':') state = 'value'
    else if ((state === 'key' || state === 'first') && character === '"') start('in key')
    else bad('is not JSON')
  }

  for await (const piece of openText(file, reading).pieces) {
    for (let i = 0; i < piece.length; ) {
      if (!isInside()) {
        if (piece.charCodeAt(i) >= PRINTABLE) take(piece[i])
        // the first character of a key or value is a part of it
        if (!isInside()) i++
        continue
      }
      const end = endOfValue(open, piece, i)
      const stop = end < 0 ? piece.length : end
      if (isKept) text += piece.slice(i, stop)
      if (text.length > LARGEST) bad(`has an entry of more than ${LARGEST} characters`)
      if (end >= 0) finish()
      i = stop
    }
  }
  if (state === 'root' && !hasEnded) throw emptyFile(file)
  if (state !== 'root') bad('ends before its last bracket')
}

function parsed(file: string, path: JsonPath, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw noJson(`[${text}]`, { file, field: path.join('.') }, error)
  }
}
