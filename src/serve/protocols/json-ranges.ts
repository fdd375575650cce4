/**
 * Where values stand in the bytes of a JSON text, so that parts of it can be copied unchanged: numbers keep their
 * digits, and tensors are not parsed.
 */
import { MalformedMessage } from './fields.ts'
import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  createScan,
  OPEN_LIST,
  OPEN_OBJECT,
  type Range,
} from './json-scan.ts'

/** The most keys of an object, and values of a list, that are kept: one of two bytes takes a hundred here. */
const MOST_KEPT = 65_536

export interface ListCount {
  /** How many values there are. */
  readonly count: number
  /** Whether one of them is a list. */
  readonly isNested: boolean
  /** How many numbers and texts there are, at any depth. */
  readonly leaves: number
}

/** The values of an object by key. @throws MalformedMessage for anything else, and for a key that occurs twice */
export function objectRanges(json: Buffer, { from, to }: Range): Map<string, Range> {
  const scan = createScan(json, from, to)
  const found = new Map<string, Range>()
  scan.list(OPEN_OBJECT, CLOSE_OBJECT, () => {
    const key = scan.text()
    const name = parse(json, key)
    scan.expect(COLON)
    scan.next()
    const begin = scan.at
    scan.value()
    if (typeof name !== 'string' || found.has(name) || found.size === MOST_KEPT) throw new MalformedMessage()
    found.set(name, { from: begin, to: scan.at })
  })
  scan.end()
  return found
}

/** The values of a list, of which there are few. @throws MalformedMessage for anything else */
export function listRanges(json: Buffer, range: Range): Range[] {
  const items: Range[] = []
  countValues(json, range, (from, to) => {
    if (items.push({ from, to }) > MOST_KEPT) throw new MalformedMessage()
  })
  return items
}

/**
 * The values of a list in pieces, without what stands between the pieces.
 *
 * @param ends after how many values each piece ends, increasing
 * @throws MalformedMessage for anything else
 */
export function pieceRanges(json: Buffer, range: Range, ends: readonly number[]): Range[] {
  const pieces: Range[] = []
  let count = 0
  let begin = 0
  countValues(json, range, (from, to) => {
    if (count === (ends[pieces.length - 1] ?? 0)) begin = from
    count++
    if (count === ends[pieces.length]) pieces.push({ from: begin, to })
  })
  return pieces
}

/** How many values a list has. @throws MalformedMessage for anything else */
export function countValues(
  json: Buffer,
  { from, to }: Range,
  found: (from: number, to: number) => void = () => undefined,
): ListCount {
  const scan = createScan(json, from, to)
  let count = 0
  let isNested = false
  scan.list(OPEN_LIST, CLOSE_LIST, () => {
    if (scan.next() === OPEN_LIST) isNested = true
    const begin = scan.at
    scan.value()
    count++
    found(begin, scan.at)
    count += scan.words(found)
  })
  scan.end()
  return { count, isNested, leaves: scan.leaves }
}

/** A number, a word or a text: lists and objects may take a hundred times their bytes. @throws MalformedMessage */
export function parse(json: Buffer, { from, to }: Range): unknown {
  if (json[from] === OPEN_LIST || json[from] === OPEN_OBJECT) throw new MalformedMessage()
  try {
    return JSON.parse(json.toString('utf8', from, to))
  } catch (error) {
    throw new MalformedMessage(error)
  }
}

/** The text with some of its parts replaced. @param replacements in any order, apart from each other */
export function replaced(
  json: Buffer,
  replacements: readonly (Range & { readonly by: Uint8Array | string })[],
): Buffer {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const { from, to, by } of replacements.toSorted((a, b) => a.from - b.from)) {
    pieces.push(json.subarray(at, from), typeof by === 'string' ? Buffer.from(by) : by)
    at = to
  }
  pieces.push(json.subarray(at))
  return Buffer.concat(pieces)
}
