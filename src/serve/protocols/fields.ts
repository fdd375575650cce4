/**
 * Reads single fields of an encoded message and skips the rest. Reading model and batch of a ModelInferRequest takes
 * 0.7 µs at 1 kB and at 100 kB; decoding it takes 0.8 µs if its tensors are raw bytes, and 1 ms if they are 100 kB of
 * typed numbers. A decoder also keeps every repeated field: a hostile request of 8 MB with empty inputs takes 1.4 GB
 * decoded, and nothing here.
 *
 * A field is a tag, `number << 3 | wire type`, and a value. Wire types: 0 varint, 1 eight bytes, 2 length and bytes,
 * 5 four bytes.
 */
import protobuf from 'protobufjs/minimal.js'

/** Bytes that are not a message of the expected protocol, or only a part of one. */
export class MalformedMessage extends Error {
  constructor(cause?: unknown) {
    super('is not a message of this protocol', { cause })
  }
}

/**
 * Calls `read` with the tag of each field. `read` either reads the value and returns true, or returns false, and the
 * value is skipped.
 *
 * @throws MalformedMessage
 */
export function readFields(bytes: Uint8Array, read: (tag: number, value: protobuf.Reader) => boolean): void {
  const reader = protobuf.Reader.create(bytes)
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag >>> 3 === 0) throw new MalformedMessage()
      if (!read(tag, reader)) reader.skipType(tag & 7)
    }
  } catch (error) {
    throw error instanceof MalformedMessage ? error : new MalformedMessage(error)
  }
}

/** The text of a field. (The library's own reader of strings takes a string that is cut off.) */
export function readText(value: protobuf.Reader): string {
  return Buffer.from(value.bytes()).toString()
}

/** A varint of 64 bits, which may be negative. `Number()` of what the library returns takes several times as long. */
export function readInt64(value: protobuf.Reader): number {
  // the library declares less of its type for 64 bits than there is
  return (value.int64() as unknown as { toNumber(): number }).toNumber()
}

/** The first of a packed list of varints; NaN if the list is empty. @throws MalformedMessage if the list ends in it */
export function readFirstInt64(value: protobuf.Reader): number {
  const bytes = value.uint32()
  const end = value.pos + bytes
  const first = bytes > 0 ? readInt64(value) : Number.NaN
  if (value.pos > end) throw new MalformedMessage()
  value.skip(end - value.pos)
  return first
}

/** Whether a tag is that of a field of bytes. A shifted number of 29 bits would be negative. */
export function isBytes(tag: number, field: number): boolean {
  return tag >>> 3 === field && (tag & 7) === 2
}

/** The text of a field; empty without one. Of several, the last one counts, and only that one is read. */
export function textOf(bytes: Uint8Array, field: number): string {
  let at: number | undefined
  readFields(bytes, (tag, value) => {
    if (isBytes(tag, field)) at = value.pos
    return false
  })
  return textAt(bytes, at)
}

/** The text whose length and bytes begin at a position; empty without one. */
export function textAt(bytes: Uint8Array, at: number | undefined): string {
  if (at === undefined) return ''
  const reader = protobuf.Reader.create(bytes)
  reader.pos = at
  return readText(reader)
}

/**
 * Checks that the known fields have the expected wire types, and that one of them is there.
 *
 * @throws MalformedMessage
 */
export function checkFields(
  bytes: Uint8Array,
  wireTypes: ReadonlyMap<number, number>,
  required: number,
): void {
  let isThere = false
  readFields(bytes, (tag) => {
    isThere ||= tag >>> 3 === required
    const expected = wireTypes.get(tag >>> 3)
    if (expected !== undefined && expected !== (tag & 7)) throw new MalformedMessage()
    return false
  })
  if (!isThere) throw new MalformedMessage()
}

/** What is read; undefined for bytes that are no such message, or need longer texts or a larger stack than there is. */
export function unlessMalformed<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    // an error of Node is of another realm than this module in a test runner
    if (error instanceof MalformedMessage || (error as Error).name === 'RangeError') return undefined
    throw error
  }
}

/** Decodes a whole message. @throws MalformedMessage */
export function decode<Message>(deserialize: (bytes: Buffer) => Message, bytes: Buffer): Message {
  try {
    return deserialize(bytes)
  } catch (error) {
    throw new MalformedMessage(error)
  }
}

/** The message with one more field of text at its end: of a field that occurs twice, the last one counts. */
export function withText(bytes: Buffer, field: number, text: string): Buffer {
  const writer = protobuf.Writer.create().uint32((field << 3) | 2)
  return Buffer.concat([bytes, writer.string(text).finish()])
}
