/** Compressed messages. Clients may compress requests; servers are told not to compress responses. */
import { gunzip, inflate } from 'node:zlib'

/** What clients may use, for `grpc-accept-encoding`. */
export const ACCEPTED_ENCODINGS = 'identity,deflate,gzip'

/** By the name of the encoding. A map: the name comes from the other end, and an object has more names than its own. */
const DECODERS: ReadonlyMap<string, typeof gunzip> = new Map([
  ['gzip', gunzip],
  ['deflate', inflate],
])

export function isKnownEncoding(encoding: string): boolean {
  return encoding === 'identity' || DECODERS.has(encoding)
}

/** Messages that are decompressed at a time: each may reach the largest size before its bytes are counted. */
const MOST_AT_ONCE = 4

let running = 0
/** What starts the others, in their order. */
const waiting = new Set<() => void>()

/**
 * Decompresses a message, after others that have come before.
 *
 * @param mostBytes of the result
 * @param done called later, with undefined if the bytes are not of that encoding, and `tooLarge` above the limit
 * @returns a function that forgets the message if its turn has not come; `done` is not called then
 */
export function decompress(
  message: Buffer,
  encoding: string,
  mostBytes: number,
  done: (result: Buffer | 'tooLarge' | undefined) => void,
): () => void {
  const decode = DECODERS.get(encoding)
  if (decode === undefined) {
    const unknown = setImmediate(done, undefined)
    return () => clearImmediate(unknown)
  }
  const start = () => {
    running++
    decode(message, { maxOutputLength: mostBytes }, (error, result) => {
      running--
      const [next] = waiting
      if (waiting.delete(next)) next()
      if (!error) done(result)
      else done((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'tooLarge' : undefined)
    })
  }
  if (running < MOST_AT_ONCE) start()
  else waiting.add(start)
  return () => waiting.delete(start)
}
