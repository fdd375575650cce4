/** Frames of HTTP/2, for what no client of Node sends. */

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

const TYPES = { data: 0, headers: 1, reset: 3, settings: 4, window: 8 }
const END_HEADERS = 4

/** A frame that does not end its stream. */
export function http2Frame(
  type: keyof typeof TYPES,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = TYPES[type]
  head[4] = type === 'headers' ? END_HEADERS : 0
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Headers without compression; names and values have up to 126 bytes. */
export function headersFrame(stream: number, headers: Record<string, string>): Buffer {
  const fields = Object.entries(headers).flatMap(([name, value]) => [
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ])
  return http2Frame('headers', stream, Buffer.concat(fields))
}

export function resetFrame(stream: number, code: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(code)
  return http2Frame('reset', stream, payload)
}
