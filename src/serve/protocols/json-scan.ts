/** Reads JSON in the bytes of a message without parsing it: a body of 1 MB of numbers becomes no objects. */
import { MalformedMessage } from './fields.ts'

/** The bytes of a value, from its first to behind its last. */
export interface Range {
  readonly from: number
  readonly to: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_LIST = 0x5b
export const CLOSE_LIST = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d

/** Reads the bytes from `from` to `to` value by value. Its functions throw MalformedMessage for what is not JSON. */
export function createScan(json: Buffer, from: number, to: number) {
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

  /**
   * Skips the numbers and words that follow a value of a list, up to one that has white space before its comma. Skipped
   * as values they take several times as long.
   *
   * @param found called with each
   * @returns how many
   */
  function words(found: (from: number, to: number) => void = () => undefined): number {
    const before = leaves
    while (at < to && json[at] === COMMA) {
      let begin = at + 1
      while (begin < to && isSpace(json[begin])) begin++
      if (begin === to || !isWord(json[begin])) break
      at = begin + 1
      while (at < to && isWord(json[at])) at++
      leaves++
      found(begin, at)
    }
    return leaves - before
  }

  function list(open: number, close: number, item: () => void): void {
    expect(open)
    if (next() !== close) {
      for (;;) {
        item()
        if (next() === close) break
        expect(COMMA)
      }
    }
    at++
  }

  function key(): void {
    text()
    expect(COLON)
  }

  /** Skips a value. */
  function value(): void {
    const first = next()
    if (first === OPEN_LIST || first === OPEN_OBJECT) nested()
    else leaf(first)
  }

  function leaf(first: number): void {
    leaves++
    if (first === QUOTE) text()
    else word()
  }

  /** Skips a list or an object. Deep nesting takes no stack. */
  function nested(): void {
    /** The closing bytes of the lists and objects that are open. */
    const open: number[] = []
    do {
      const first = next()
      if (first === OPEN_LIST || first === OPEN_OBJECT) {
        const close = first === OPEN_LIST ? CLOSE_LIST : CLOSE_OBJECT
        at++
        open.push(close)
        if (next() !== close) {
          if (close === CLOSE_OBJECT) key()
          continue
        }
      } else {
        leaf(first)
        if (open[open.length - 1] === CLOSE_LIST) words()
      }
      while (open.length > 0 && next() === open[open.length - 1]) {
        open.pop()
        at++
      }
      if (open.length > 0) {
        expect(COMMA)
        if (open[open.length - 1] === CLOSE_OBJECT) key()
      }
    } while (open.length > 0)
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
    word,
    words,
    list,
    value,
    /** Nothing follows but white space. */
    end() {
      while (at < to && isSpace(json[at])) at++
      if (at < to) throw new MalformedMessage()
    },
  }
}

export function isSpace(byte: number): boolean {
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
