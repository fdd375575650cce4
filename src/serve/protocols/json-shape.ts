/**
 * Finds the first dimension of the first input in the JSON of an inference request, and whether a response has outputs
 * and an end, and skips the rest: a body of 1 MB of numbers is scanned up to its shape, and not parsed.
 */
import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  createScan,
  isSpace,
  OPEN_LIST,
  OPEN_OBJECT,
} from './json-scan.ts'

/** @returns NaN if there is no such number @throws MalformedMessage if the bytes up to it are not JSON */
export function firstInputDimension(json: Buffer): number {
  const scan = createScan(json, 0, json.length)
  if (!enter(scan, json, 'inputs')) return Number.NaN
  scan.expect(OPEN_LIST)
  if (scan.next() === CLOSE_LIST || !enter(scan, json, 'shape')) return Number.NaN
  scan.expect(OPEN_LIST)
  if (scan.next() === CLOSE_LIST) return Number.NaN
  const from = scan.at
  scan.word()
  return Number(json.toString('latin1', from, scan.at))
}

/** @returns whether it is an object with outputs @throws MalformedMessage if the bytes up to them are not JSON */
export function hasOutputs(json: Buffer): boolean {
  return enter(createScan(json, 0, json.length), json, 'outputs')
}

/** Whether the last character that is no space closes an object. */
export function endsObject(json: Buffer): boolean {
  let last = json.length - 1
  while (last >= 0 && isSpace(json[last])) last--
  return json[last] === CLOSE_OBJECT
}

/** Moves behind the colon of a key of the object that begins here. @returns whether it has the key */
function enter(scan: ReturnType<typeof createScan>, json: Buffer, key: string): boolean {
  scan.expect(OPEN_OBJECT)
  if (scan.next() === CLOSE_OBJECT) return false
  for (;;) {
    const { from, to } = scan.text()
    scan.expect(COLON)
    if (json.toString('utf8', from + 1, to - 1) === key) return true
    scan.value()
    if (scan.next() === CLOSE_OBJECT) return false
    scan.expect(COMMA)
  }
}
