import { constants, createReadStream, open } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { promisify } from 'node:util'
import { checkPath } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
import type { OnProgress } from '../../model/progress.ts'
import { diskError } from './disk-error.ts'
import { unpacked } from './gzip.ts'

/** A file that is open for reading. */
export interface OpenFile {
  /** The bytes of the file, or its unpacked content. Every error of the file system arrives here, as a KairosError. */
  readonly chunks: AsyncIterable<Buffer>
  /** The number of bytes of a regular file; 0 for a pipe or a device, whose length is unknown. */
  readonly size: number
}

const CHUNK_BYTES = 1 << 18

/** The longest wait for the first byte of a named pipe, ms. */
const FIRST_BYTE_MS = 10_000

/** Settings of every reader of long files. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /** Receives the bytes of the file that are read, and its size: 0 for a pipe, whose size is unknown. */
  readonly onProgress?: OnProgress | undefined
}

export interface OpenOptions extends ReadOptions {
  /** The largest size, of the content too where it was packed, bytes; unlimited by default. */
  readonly mostBytes?: number | undefined
  /** Whether a file that gzip packed is unpacked; false by default. */
  readonly unpacks?: boolean | undefined
}

/**
 * Opens a regular file, a pipe or a device.
 *
 * Opening a named pipe blocks until another program opens it for writing. A wrong path must not block forever,
 * so a named pipe that delivers no byte for ten seconds is refused. A pipe that the shell made (`/dev/stdin`, `<(…)`)
 * has a writer and may take any time.
 *
 * @throws KairosError BAD_USAGE for a path that is no text; NO_FILE where the file cannot be opened; TOO_LARGE; from
 *   `chunks` also the reason of an aborted signal
 */
export async function openFile(file: string, options: OpenOptions = {}): Promise<OpenFile> {
  checkPath(file)
  const { signal, mostBytes = Infinity } = options
  try {
    const found = await stat(file)
    if (found.isFile() && found.size > mostBytes) throw tooLarge(file, mostBytes)
    if (found.isFIFO()) return { chunks: checked(await openPipe(file, signal), file, 0, options), size: 0 }
    if (found.isSocket()) throw new KairosError('NO_FILE', 'is a socket', { file }, 'a file is expected')
    const stream = createReadStream(file, { highWaterMark: CHUNK_BYTES, signal })
    const size = found.isFile() ? found.size : 0
    return { chunks: checked(stream, file, size, options), size }
  } catch (error) {
    throw diskError(error, file)
  }
}

/** All bytes of a file. @throws KairosError NO_FILE; TOO_LARGE beyond `mostBytes`; BAD_FILE if it does not unpack */
export async function readBytes(
  file: string,
  mostBytes: number,
  { unpacks }: Pick<OpenOptions, 'unpacks'> = {},
): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of (await openFile(file, { mostBytes, unpacks })).chunks) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* checked(
  chunks: AsyncIterable<Buffer>,
  file: string,
  size: number,
  { signal, mostBytes = Infinity, unpacks = false, onProgress }: OpenOptions,
): AsyncGenerator<Buffer> {
  async function* counted(): AsyncGenerator<Buffer> {
    let done = 0
    for await (const chunk of chunks) {
      yield chunk
      done += chunk.length
      onProgress?.({ done, total: size })
    }
  }
  let bytes = 0
  try {
    for await (const chunk of unpacks ? unpacked(counted(), file) : counted()) {
      signal?.throwIfAborted()
      bytes += chunk.length
      if (bytes > mostBytes) throw tooLarge(file, mostBytes)
      yield chunk
    }
  } catch (error) {
    throw diskError(error, file)
  }
}

async function openPipe(file: string, signal: AbortSignal | undefined): Promise<AsyncIterable<Buffer>> {
  const isNamed = await isOnDisk(file)
  // without O_NONBLOCK, open() would wait for a writer in a thread that nothing can interrupt
  const fd = await promisify(open)(file, constants.O_RDONLY | constants.O_NONBLOCK)
  const pipe = new Socket({ fd, readable: true, writable: false, signal })
  if (!isNamed) return pipe
  const problem = `is a pipe that delivered no data in ${FIRST_BYTE_MS / 1000} s`
  const cure = 'start the program that writes to it, or give a file'
  const silence = setTimeout(() => {
    pipe.destroy(new KairosError('NO_FILE', problem, { file }, cure))
  }, FIRST_BYTE_MS)
  pipe.once('readable', () => clearTimeout(silence)).once('close', () => clearTimeout(silence))
  return pipe
}

/** Whether a pipe has a path of its own. A pipe of the shell is a file descriptor below /dev or /proc. */
async function isOnDisk(file: string): Promise<boolean> {
  const path = await realpath(file).catch(() => '/dev')
  return !/^\/(dev|proc)(\/|$)/.test(path)
}

function tooLarge(file: string, mostBytes: number): KairosError {
  const problem = `has more than ${mostBytes / 2 ** 20} MiB`
  return new KairosError('TOO_LARGE', problem, { file }, 'is this the right file?')
}
