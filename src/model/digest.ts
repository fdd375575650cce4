import { createHash, type Hash } from 'node:crypto'

/**
 * The SHA-256 of plain data, in hex: objects by their fields in order of names, typed arrays by their bytes.
 * Equal content has equal digests; fields that are undefined do not count.
 */
export function digestOf(value: object): string {
  const hash = createHash('sha256')
  feed(hash, value)
  return hash.digest('hex')
}

function feed(hash: Hash, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    hash.update(`${value.constructor.name}(${value.byteLength})`).update(value as Uint8Array)
  } else if (Array.isArray(value)) {
    hash.update(`[${value.length}]`)
    for (const item of value) feed(hash, item)
  } else if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined)
    hash.update(`{${fields.length}}`)
    for (const [name, field] of fields.sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${JSON.stringify(name)}:`)
      feed(hash, field)
    }
  } else {
    // JSON has no NaN and no Infinity
    const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
    hash.update(`${typeof value}:${text};`)
  }
}
