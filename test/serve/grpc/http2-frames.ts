/** Frames of HTTP/2, for what no client of Node sends. */

import type { Socket } from 'node:net'

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

const TYPES = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, window: 8 }
const END_HEADERS = 4

/** The flag of a frame that is the last one of its stream, and of one that acknowledges another. */
export const END_STREAM = 1
export const ACK = 1

/** A frame that does not end its stream, unless its flags say so. */
export function http2Frame(
  type: keyof typeof TYPES,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
  flags = type === 'headers' ? END_HEADERS : 0,
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = TYPES[type]
  head[4] = flags
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

/** What a peer sends, frame by frame, until it closes the connection. */
export async function* readFrames(socket: Socket) {
  const names = new Map(Object.entries(TYPES).map(([name, type]) => [type, name]))
  let bytes = Buffer.alloc(0)
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk])
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3)
      yield { type: names.get(bytes[3]), stream: bytes.readUInt32BE(5), payload: bytes.subarray(9, end) }
      bytes = bytes.subarray(end)
    }
  }
}
