/**
 * Where values stand in the bytes of a JSON text, so that parts of it can be copied unchanged: numbers keep their digits, and
 * tensors are not parsed.
 */
import { MalformedMessage } from './fields.ts'

/** The bytes of a value, from its first to behind its last. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** The values of a list; of one that holds lists, also its numbers and texts, at any depth. */
export interface ListRanges {
  readonly items: readonly Range[]
  readonly isNested: boolean
  /** How many numbers and texts there are. */
  readonly leaves: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

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
    if (typeof name !== 'string' || found.has(name)) throw new MalformedMessage()
    found.set(name, { from: begin, to: scan.at })
  })
  scan.end()
  return found
}

/** The values of a list. @throws MalformedMessage for anything else */
export function listRanges(json: Buffer, { from, to }: Range): ListRanges {
  const scan = createScan(json, from, to)
  const items: Range[] = []
  let isNested = false
  scan.list(OPEN_LIST, CLOSE_LIST, () => {
    isNested ||= scan.next() === OPEN_LIST
    const begin = scan.at
    scan.value()
    items.push({ from: begin, to: scan.at })
  })
  scan.end()
  return { items, isNested, leaves: scan.leaves }
}

/** A value that is small. @throws MalformedMessage */
export function parse(json: Buffer, { from, to }: Range): unknown {
  try {
    return JSON.parse(json.toString('utf8', from, to))
  } catch (error) {
    throw new MalformedMessage(error)
  }
}

/** The text with some of its parts replaced. @param replacements in any order, apart from each other */
export function replaced(
  json: Buffer,
  replacements: readonly (Range & { readonly by: Buffer | string })[],
): Buffer {
  const pieces: Buffer[] = []
  let at = 0
  for (const { from, to, by } of replacements.toSorted((a, b) => a.from - b.from)) {
    pieces.push(json.subarray(at, from), typeof by === 'string' ? Buffer.from(by) : by)
    at = to
  }
  pieces.push(json.subarray(at))
  return Buffer.concat(pieces)
}

function createScan(json: Buffer, from: number, to: number) {
  let at = from
  let leaves = 0

  /** The next byte that is no white space. */
  function next(): number {
    while (at < to && isSpace(json[at])) at++
    if (at >= to) throw new MalformedMessage()
    return json[at]
  }

  function expect(byte: number): void {
    if (next() !== byte) throw new MalformedMessage()
    at++
  }

  function text(): Range {
    next()
    const begin = at
    expect(QUOTE)
    for (;;) {
      const end = json.indexOf(QUOTE, at)
      if (end < 0 || end >= to) throw new MalformedMessage()
      let escapes = 0
      while (json[end - 1 - escapes] === BACKSLASH) escapes++
      at = end + 1
      if (escapes % 2 === 0) return { from: begin, to: at }
    }
  }

  /** A number or a word. */
  function word(): void {
    const begin = at
    while (at < to && isWord(json[at])) at++
    if (at === begin) throw new MalformedMessage()
  }

  function list(open: number, close: number, item: () => void): void {
    expect(open)
    if (next() === close) {
      at++
      return
    }
    for (;;) {
      item()
      if (next() === close) break
      expect(COMMA)
    }
    at++
  }

  function value(): void {
    const first = next()
    if (first === OPEN_LIST) list(OPEN_LIST, CLOSE_LIST, value)
    else if (first === OPEN_OBJECT) {
      list(OPEN_OBJECT, CLOSE_OBJECT, () => {
        text()
        expect(COLON)
        value()
      })
    } else {
      leaves++
      if (first === QUOTE) text()
      else word()
    }
  }

  return {
    get at() {
      return at
    },
    get leaves() {
      return leaves
    },
    next,
    expect,
    text,
    list,
    value,
    /** Nothing follows but white space. */
    end() {
      while (at < to && isSpace(json[at])) at++
      if (at < to) throw new MalformedMessage()
    },
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Digits, letters, and the signs of numbers. */
function isWord(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  )
}
