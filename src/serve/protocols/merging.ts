/**
 * Requests that are joined into one along their first dimension, and the answer that is divided among them. Nothing is
 * guessed: what is not understood to the last byte is sent alone, and an answer that does not fit is not used.
 */

/** A message, and in HTTP the length of the JSON that binary tensors follow. */
export interface Encoded {
  readonly bytes: Buffer
  readonly jsonLength?: string | undefined
}

/** A request that can be joined with others of the same key. */
export interface Part<Message = unknown> {
  /** Names, types, trailing shapes, requested outputs and parameters. */
  readonly key: string
  /** Its first dimension, which all inputs have. */
  readonly items: number
  /** What its protocol reads of it. */
  readonly message: Message
  /** Names of the requested outputs. */
  readonly requested: readonly string[]
}

/** How requests of a protocol are joined. */
export interface Merger<Message = unknown> {
  /** Undefined for a request that has to be sent alone. */
  read(request: Encoded): Part<Message> | undefined
  /** One request in place of several with the same key. */
  join(parts: readonly Part<Message>[]): Encoded
  /** The answers in the order of the parts; undefined if they cannot be told apart. */
  split(response: Encoded, parts: readonly Part<Message>[]): Encoded[] | undefined
}

/** Parameters that bind a request to others, or its tensors to memory outside of the message. */
const BINDING = /^(sequence_|shared_memory_)/

/** Whether a request with these parameters has to be sent alone. */
export function bindsRequest(names: Iterable<string>): boolean {
  for (const name of names) if (BINDING.test(name)) return true
  return false
}

/** The number of elements of a shape; NaN for a shape without a first dimension, or with one that is no count. */
export function elementsIn(shape: readonly number[]): number {
  if (!(shape.length > 0 && shape[0] > 0)) return Number.NaN
  const isCount = (dimension: number) => Number.isSafeInteger(dimension) && dimension >= 0
  return shape.every(isCount) ? shape.reduce((size, dimension) => size * dimension, 1) : Number.NaN
}

/** The most bytes that the parts of an answer repeat: what is not divided stands in each of them. */
const MAX_REPEATED_BYTES = 2 ** 24

/** Whether each part of an answer can have what is not divided, such as parameters. @param commonBytes of the answer */
export function canRepeat(commonBytes: number, parts: readonly Part[]): boolean {
  return commonBytes * parts.length <= MAX_REPEATED_BYTES
}

/** Where each part begins in the first dimension, and the end of the last one. */
export function offsetsOf(parts: readonly Part[]): number[] {
  const offsets = [0]
  for (const { items } of parts) offsets.push(offsets[offsets.length - 1] + items)
  return offsets
}
