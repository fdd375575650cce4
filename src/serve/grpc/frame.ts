/**
 * Messages of gRPC in the bytes of a stream. A frame is a byte that says whether the message is compressed, its
 * length in four bytes, big-endian, and the message.
 */

/** Bytes before each message. */
const HEAD_BYTES = 5

/** A message up to this size is copied, so that it does not keep the whole buffer that was read with it. */
const MOST_COPIED_BYTES = 4_096

/** The frame of a message that is not compressed. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.length)
  writeHead(frame, message.length)
  frame.set(message, HEAD_BYTES)
  return frame
}

/** The first bytes of a frame, for a message that is too large to be copied. */
export function frameHead(messageBytes: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  writeHead(head, messageBytes)
  return head
}

function writeHead(frame: Buffer, messageBytes: number): void {
  frame[0] = 0
  frame.writeUInt32BE(messageBytes, 1)
}

export interface FrameReceiver {
  /**
   * Called when the length of a message is known, before its bytes are kept.
   *
   * @returns whether to read on; all further bytes are dropped otherwise
   */
  begin(messageBytes: number): boolean
  message(message: Buffer, isCompressed: boolean): void
  /** The bytes are not frames of gRPC. All further bytes are dropped. */
  invalid(): void
}

export interface FrameReader {
  push(chunk: Buffer): void
  /** Whether a frame has begun and not ended. */
  readonly isCut: boolean
}

/** Cuts the bytes of a stream into messages. */
export function readFrames(receiver: FrameReceiver): FrameReader {
  let head: Buffer | undefined
  let message: Buffer | undefined
  let filled = 0
  let compressed = false
  let dropping = false

  /** @returns the bytes of the chunk that were used */
  function readHead(chunk: Buffer, from: number): number {
    const bytes =
      head === undefined
        ? chunk.subarray(from, from + HEAD_BYTES)
        : Buffer.concat([head, chunk.subarray(from, from + HEAD_BYTES - head.length)])
    const used = bytes.length - (head?.length ?? 0)
    if (bytes.length < HEAD_BYTES) {
      head = Buffer.from(bytes)
      return used
    }
    head = undefined
    const flag = bytes[0]
    const length = bytes.readUInt32BE(1)
    if (flag > 1) {
      dropping = true
      receiver.invalid()
      return used
    }
    if (!receiver.begin(length)) {
      dropping = true
      return used
    }
    compressed = flag === 1
    const rest = chunk.length - from - used
    if (rest >= length) {
      const whole = chunk.subarray(from + used, from + used + length)
      receiver.message(length <= MOST_COPIED_BYTES ? Buffer.from(whole) : whole, compressed)
      return used + length
    }
    message = Buffer.allocUnsafeSlow(length)
    filled = 0
    return used
  }

  function fill(into: Buffer, chunk: Buffer, from: number): number {
    const used = Math.min(into.length - filled, chunk.length - from)
    chunk.copy(into, filled, from, from + used)
    filled += used
    if (filled === into.length) {
      message = undefined
      receiver.message(into, compressed)
    }
    return used
  }

  return {
    get isCut() {
      return head !== undefined || message !== undefined
    },
    push(chunk) {
      let at = 0
      while (at < chunk.length && !dropping) {
        at += message === undefined ? readHead(chunk, at) : fill(message, chunk, at)
      }
    },
  }
}
