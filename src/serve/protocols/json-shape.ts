/**
 * Finds the first dimension of the first input in the JSON of an inference request, and skips the rest: a body of 1 MB of
 * numbers is scanned up to its shape, and not parsed.
 */
import { MalformedMessage } from './fields.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** @returns NaN if there is no such number @throws MalformedMessage if the bytes up to it are not JSON */
export function firstInputDimension(json: Buffer): number {
  let at = 0

  function next(): number {
    while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at++
    if (at >= json.length) throw new MalformedMessage()
    return json[at]
  }

  function expect(byte: number): void {
    if (next() !== byte) throw new MalformedMessage()
    at++
  }

  function skipText(): void {
    expect(QUOTE)
    for (;;) {
      const end = json.indexOf(QUOTE, at)
      if (end < 0) throw new MalformedMessage()
      let escapes = 0
      while (json[end - 1 - escapes] === BACKSLASH) escapes++
      at = end + 1
      if (escapes % 2 === 0) return
    }
  }

  /** Skips numbers and words, up to what follows them. */
  function skipWord(): void {
    const from = at
    while (at < json.length && !'],} \n\r\t'.includes(String.fromCharCode(json[at]))) at++
    if (at === from) throw new MalformedMessage()
  }

  function skipValue(): void {
    let depth = 0
    do {
      const byte = next()
      if (byte === QUOTE) skipText()
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        depth++
        at++
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        depth--
        at++
      } else if (byte === COMMA || byte === COLON) at++
      else skipWord()
    } while (depth > 0)
  }

  /** Moves behind the colon of a key of the object that begins here. @returns whether it has the key */
  function enter(key: string): boolean {
    expect(OPEN_OBJECT)
    if (next() === CLOSE_OBJECT) return false
    for (;;) {
      next()
      const from = at
      skipText()
      const found = json.toString('utf8', from + 1, at - 1) === key
      expect(COLON)
      if (found) return true
      skipValue()
      if (next() === CLOSE_OBJECT) return false
      expect(COMMA)
    }
  }

  if (!enter('inputs')) return Number.NaN
  expect(OPEN_LIST)
  if (next() === CLOSE_LIST || !enter('shape')) return Number.NaN
  expect(OPEN_LIST)
  if (next() === CLOSE_LIST) return Number.NaN
  const from = at
  skipWord()
  return Number(json.toString('latin1', from, at))
}
