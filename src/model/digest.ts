import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, type Hash } from '@noble/hashes/utils.js'
import { refuseModel } from './errors.ts'

const encoder = new TextEncoder()

/**
 * The SHA-256 of plain data, in hex. Objects are hashed by their fields in order of names, typed arrays by their
 * bytes, so equal content has equal digests. Fields that are undefined are ignored.
 *
 * @throws KairosError BAD_MODEL for a BigInt, which JSON does not have
 */
export function digestOf(value: object): string {
  const hash = sha256.create()
  feed(hash, value)
  return bytesToHex(hash.digest())
}

function feed(hash: Hash<unknown>, value: unknown, name = 'value'): void {
  const text = (part: string) => hash.update(encoder.encode(part))
  if (ArrayBuffer.isView(value)) {
    text(`${value.constructor.name}(${value.byteLength})`)
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  } else if (Array.isArray(value)) {
    text(`[${value.length}]`)
    for (const item of value) feed(hash, item, name)
  } else if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined)
    text(`{${fields.length}}`)
    for (const [key, field] of fields.sort(([a], [b]) => (a < b ? -1 : 1))) {
      text(`${JSON.stringify(key)}:`)
      feed(hash, field, key)
    }
  } else {
    if (typeof value === 'bigint') refuseModel(name, `is the BigInt ${value}`, 'a number is expected')
    // JSON has no NaN and no Infinity
    const written = typeof value === 'number' ? String(value) : JSON.stringify(value)
    text(`${typeof value}:${written};`)
  }
}
