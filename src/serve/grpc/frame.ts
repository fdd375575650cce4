/**
 * Messages of gRPC in the bytes of a stream. A frame is a byte that says whether the message is compressed, its
 * length in four bytes, big-endian, and the message.
 */

/** Bytes before each message. */
const HEAD_BYTES = 5

/** A received message up to this size is copied, so that it does not keep the whole buffer that was read with it. */
const MAX_COPIED_RECEIVED_BYTES = 4_096

/** A message up to this size is copied behind its length, and sent with it at once. */
export const MAX_COPIED_SENT_BYTES = 16_384

/** Bytes that the other side may send on one stream, and on one connection, before it is told to go on. */
export const STREAM_WINDOW = 2 ** 20
export const SESSION_WINDOW = 2 ** 23

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

/** Cuts the bytes of a stream into messages. A class, because every call has one, or two. */
export class FrameReader {
  private readonly receiver: FrameReceiver
  /** The head, or the message, of which some bytes have come. */
  private head: Buffer | undefined
  private message: Buffer | undefined
  private filled = 0
  private compressed = false
  private dropping = false

  constructor(receiver: FrameReceiver) {
    this.receiver = receiver
  }

  /** Whether a frame has begun and not ended. */
  get isCut(): boolean {
    return this.head !== undefined || this.message !== undefined
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.dropping) {
      at += this.message === undefined ? this.readHead(chunk, at) : this.fill(this.message, chunk, at)
    }
  }

  /** @returns the bytes of the chunk that were used */
  private readHead(chunk: Buffer, from: number): number {
    if (this.head === undefined && chunk.length - from >= HEAD_BYTES) {
      return HEAD_BYTES + this.open(chunk, from, chunk, from + HEAD_BYTES)
    }
    const before = this.head ?? Buffer.alloc(0)
    const more = chunk.subarray(from, from + HEAD_BYTES - before.length)
    const head = Buffer.concat([before, more])
    this.head = head.length < HEAD_BYTES ? head : undefined
    return more.length + (this.head === undefined ? this.open(head, 0, chunk, from + more.length) : 0)
  }

  /**
   * Begins a message.
   *
   * @param headAt where its head is
   * @param from where its first byte is, in the chunk
   * @returns the bytes of it that the chunk has and that were used
   */
  private open(head: Buffer, headAt: number, chunk: Buffer, from: number): number {
    const flag = head[headAt]
    const length = head.readUInt32BE(headAt + 1)
    if (flag > 1) {
      this.dropping = true
      this.receiver.invalid()
      return 0
    }
    if (!this.receiver.begin(length)) {
      this.dropping = true
      return 0
    }
    this.compressed = flag === 1
    if (chunk.length - from < length) {
      this.message = Buffer.allocUnsafeSlow(length)
      this.filled = 0
      return 0
    }
    const whole = chunk.subarray(from, from + length)
    this.receiver.message(length <= MAX_COPIED_RECEIVED_BYTES ? Buffer.from(whole) : whole, this.compressed)
    return length
  }

  private fill(into: Buffer, chunk: Buffer, from: number): number {
    const used = Math.min(into.length - this.filled, chunk.length - from)
    chunk.copy(into, this.filled, from, from + used)
    this.filled += used
    if (this.filled === into.length) {
      this.message = undefined
      this.receiver.message(into, this.compressed)
    }
    return used
  }
}
