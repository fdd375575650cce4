/** Reads files that gzip packed, as rotated logs are. */
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { KairosError } from '../../model/errors.ts'

/** The first bytes of a gzip file. */
const MARK = [0x1f, 0x8b]

const CHUNK_BYTES = 1 << 18

/**
 * The content of a file that gzip packed, of one member or of several; the bytes of any other file as they are. A chunk
 * of the content is in memory at a time.
 *
 * @throws KairosError BAD_FILE where the packed bytes were cut or are damaged; whatever `chunks` throws
 */
export async function* unpacked(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  // a pipe may deliver its first bytes one by one
  while (head.length < MARK.length) {
    const next = await source.next()
    if (next.done) break
    head = Buffer.concat([head, next.value])
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield head
    yield* { [Symbol.asyncIterator]: () => source }
  }
  if (!isPacked(head)) {
    if (head.length > 0) yield* whole()
    return
  }
  const content = createGunzip({ chunkSize: CHUNK_BYTES })
  // the loop over the content receives the errors of its source too
  pipeline(whole(), content, () => undefined)
  try {
    yield* content
  } catch (error) {
    throw damage(error, file)
  }
}

/** Whether bytes begin as a gzip file does. */
export function isPacked(bytes: Buffer): boolean {
  return MARK.every((byte, i) => byte === bytes[i])
}

/** Turns an error of zlib into a KairosError. Other values stay as they are. */
function damage(error: unknown, file: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || !code.startsWith('Z_')) return error
  const isCut = code === 'Z_BUF_ERROR'
  const problem = `is packed by gzip, and ${isCut ? 'was cut' : `damaged: ${message}`}`
  const cure = isCut ? 'was it written to the end? Copy it again' : 'copy it again; gzip -t tests it'
  return new KairosError('BAD_FILE', problem, { file }, cure, { cause: error })
}
