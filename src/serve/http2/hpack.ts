/**
 * Header blocks of HTTP/2, RFC 7541, without a dynamic table: this side announces a table of 0 bytes and uses none, so that
 * each block stands for itself.
 */
import type { IncomingHttpHeaders } from 'node:http2'
import type { Headers } from '../grpc/headers.ts'
import { decodeHuffman } from './huffman.ts'

/** The static table, appendix A, from index 1; a value follows its name behind a space. */
const STATIC =
  `:authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|
:status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|accept-language|
accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|
content-language|content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|
if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|
proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security|
transfer-encoding|user-agent|vary|via|www-authenticate`
    .replaceAll('\n', '')
    .split('|')
    .map((entry) => {
      const space = entry.indexOf(' ')
      return space < 0 ? ([entry, ''] as const) : ([entry.slice(0, space), entry.slice(space + 1)] as const)
    })

/** The index of a field in the static table, by its name, a space and its value. */
const INDEX = new Map(STATIC.map(([name, value], i) => [`${name} ${value}`, i + 1]))

/** Sets the size of the dynamic table to 0: the first thing in a block after the other side has changed its largest size. */
export const NO_TABLE = Buffer.of(0x20)

/** A block that is not valid. */
export class InvalidBlock extends Error {}

class BlockReader {
  private at = 0
  constructor(private readonly block: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.at >= this.block.length
  }

  get next(): number {
    if (this.isAtEnd) throw new InvalidBlock('a header block is cut off')
    return this.block[this.at]
  }

  /** A number whose first bits stand in the lowest `bits` of the next byte. */
  integer(bits: number): number {
    const most = (1 << bits) - 1
    let value = this.next & most
    this.at++
    if (value < most) return value
    for (let shift = 0; ; shift += 7) {
      const byte = this.next
      this.at++
      value += (byte & 127) * 2 ** shift
      if (value > 2 ** 24) throw new InvalidBlock('a number in a header block is too large')
      if (byte < 128) return value
    }
  }

  text(): string {
    const isCoded = this.next >= 128
    const length = this.integer(7)
    const bytes = this.block.subarray(this.at, this.at + length)
    if (bytes.length < length) throw new InvalidBlock('a header block is cut off')
    this.at += length
    const text = isCoded ? decodeHuffman(bytes) : Buffer.from(bytes).toString('latin1')
    if (text === undefined) throw new InvalidBlock('a string in a header block is not in the Huffman code')
    return text
  }
}

/** The fields of a block, as node:http2 gives them: those of the same name are joined. @throws InvalidBlock */
export function readBlock(block: Uint8Array): IncomingHttpHeaders {
  const reader = new BlockReader(block)
  const headers: Record<string, string | string[]> = {}
  const entry = (index: number) => {
    const found = STATIC[index - 1]
    if (found === undefined) throw new InvalidBlock(`a header block refers to the entry ${index}`)
    return found
  }
  while (!reader.isAtEnd) {
    const first = reader.next
    if (first >= 128) {
      add(headers, ...entry(reader.integer(7)))
      continue
    }
    if (first >= 32 && first < 64) {
      if (reader.integer(5) > 0) throw new InvalidBlock('a dynamic table is used')
      continue
    }
    // with indexing, without, or never: the table has no room
    const index = reader.integer(first >= 64 ? 6 : 4)
    const name = index > 0 ? entry(index)[0] : reader.text()
    add(headers, name, reader.text())
  }
  return headers as IncomingHttpHeaders
}

/** Servers repeat themselves: this many blocks are kept, of so many bytes each. */
const MOST_KEPT = 256
const KEPT_BYTES = 512

/** Reads blocks, and keeps the headers of short ones: they are not to be changed. */
export function createBlockCache(): (block: Buffer) => IncomingHttpHeaders {
  const kept = new Map<string, IncomingHttpHeaders>()
  return (block) => {
    if (block.length > KEPT_BYTES) return readBlock(block)
    const key = block.toString('latin1')
    const known = kept.get(key)
    if (known !== undefined) return known
    const headers = readBlock(block)
    if (kept.size === MOST_KEPT) kept.clear()
    kept.set(key, headers)
    return headers
  }
}

function add(headers: Record<string, string | string[]>, name: string, value: string): void {
  const before = Object.hasOwn(headers, name) ? headers[name] : undefined
  if (name === 'set-cookie') headers[name] = [...(before ?? []), value]
  else if (before === undefined) Object.defineProperty(headers, name, { ...FIELD, value })
  // of a pseudo-header the first one counts
  else if (name.charCodeAt(0) !== 58) headers[name] = `${before}, ${value}`
}

const FIELD = { enumerable: true, writable: true, configurable: true }

/** A block of fields, none of which is indexed. Values are of one byte a character. */
export function writeBlock(headers: Headers | Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = []
  for (const name in headers) {
    const values = headers[name]
    for (const value of Array.isArray(values) ? values : [values]) {
      const index = INDEX.get(`${name} ${value}`)
      if (index !== undefined) parts.push(Buffer.of(128 | index))
      else parts.push(Buffer.of(0), textOf(name), textOf(value))
    }
  }
  return Buffer.concat(parts)
}

/** A string that is not coded. */
function textOf(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  let left = bytes.length
  if (left < 127) return Buffer.concat([Buffer.of(left), bytes])
  const head = [127]
  for (left -= 127; left >= 128; left = Math.floor(left / 128)) head.push(128 | (left & 127))
  return Buffer.concat([Buffer.of(...head, left), bytes])
}
