/**
 * Frames of HTTP/2, RFC 9113: the length of the payload in three bytes, type, flags, the stream in four bytes, and the payload.
 */

export const HEAD_BYTES = 9

/** The largest payload unless the other side allows more. */
export const FRAME_BYTES = 16_384

export const TYPE = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const

export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxStreams: 3,
  initialWindow: 4,
  maxFrame: 5,
} as const

/** The first bytes of a client. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  /** A part of the buffer that was read. */
  readonly payload: Buffer
}

/** Writes the head of a frame into a buffer. @returns the position behind it */
export function writeHead(
  into: Buffer,
  at: number,
  payloadBytes: number,
  type: number,
  flags: number,
  stream: number,
): number {
  into[at] = payloadBytes >> 16
  into[at + 1] = payloadBytes >> 8
  into[at + 2] = payloadBytes
  into[at + 3] = type
  into[at + 4] = flags
  into.writeUInt32BE(stream, at + 5)
  return at + HEAD_BYTES
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.length)
  bytes.set(payload, writeHead(bytes, 0, payload.length, type, flags, stream))
  return bytes
}

/** A frame whose payload is a number of four bytes. */
export function numberFrame(type: number, stream: number, value: number): Buffer {
  const payload = Buffer.allocUnsafe(4)
  payload.writeUInt32BE(value >>> 0)
  return frame(type, 0, stream, payload)
}

export function settingsFrame(settings: readonly (readonly [setting: number, value: number])[]): Buffer {
  const payload = Buffer.allocUnsafe(6 * settings.length)
  settings.forEach(([setting, value], i) => {
    payload.writeUInt16BE(setting, 6 * i)
    payload.writeUInt32BE(value, 6 * i + 2)
  })
  return frame(TYPE.settings, 0, 0, payload)
}

export interface FrameReader {
  push(chunk: Buffer): void
}

/**
 * Cuts the bytes of a connection into frames.
 *
 * @param take gets each frame; returns whether to read on
 * @param tooLarge called for a frame above the size that is allowed; nothing is read afterwards
 */
export function readFrames(take: (frame: Frame) => boolean, tooLarge: () => void): FrameReader {
  /** The beginning of a frame whose rest has not come. */
  let rest: Buffer | undefined
  let isOver = false

  /** @returns the bytes of the frame at this position; 0 if its head is not there yet */
  function bytesOf(buffer: Buffer, at: number): number {
    if (buffer.length - at < HEAD_BYTES) return 0
    return HEAD_BYTES + ((buffer[at] << 16) | (buffer[at + 1] << 8) | buffer[at + 2])
  }

  function deliver(buffer: Buffer, at: number, bytes: number): void {
    isOver = !take({
      type: buffer[at + 3],
      flags: buffer[at + 4],
      stream: buffer.readUInt32BE(at + 5) & 0x7fffffff,
      payload: buffer.subarray(at + HEAD_BYTES, at + bytes),
    })
  }

  /** @returns whether a frame of so many bytes is allowed */
  function isAllowed(bytes: number): boolean {
    if (bytes <= HEAD_BYTES + FRAME_BYTES) return true
    isOver = true
    tooLarge()
    return false
  }

  /** Completes the frame that has begun. @returns the bytes of the chunk that belong to it */
  function complete(begun: Buffer, chunk: Buffer): number {
    const head = begun.length < HEAD_BYTES ? Buffer.concat([begun, chunk.subarray(0, HEAD_BYTES)]) : begun
    const bytes = bytesOf(head, 0)
    if (bytes > 0 && !isAllowed(bytes)) return chunk.length
    const missing = bytes === 0 ? chunk.length : Math.min(chunk.length, bytes - begun.length)
    const more = Buffer.concat([begun, chunk.subarray(0, missing)])
    if (bytes === 0 || more.length < bytes) rest = more
    else {
      rest = undefined
      deliver(more, 0, bytes)
    }
    return missing
  }

  return {
    push(chunk) {
      let at = rest === undefined || isOver ? 0 : complete(rest, chunk)
      while (!isOver && at < chunk.length) {
        const bytes = bytesOf(chunk, at)
        if (bytes > 0 && !isAllowed(bytes)) return
        if (bytes === 0 || at + bytes > chunk.length) {
          // a copy, so that a few bytes do not keep a large buffer
          rest = Buffer.from(chunk.subarray(at))
          return
        }
        deliver(chunk, at, bytes)
        at += bytes
      }
    },
  }
}
