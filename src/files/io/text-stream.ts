import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { KairosError } from '../../model/errors.ts'
import { diskError } from './disk-error.ts'

/** What long reading takes: `onProgress` gets bytes done and bytes in all (0 where nobody knows). */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** A text file that is too large to be held at once. */
export interface TextStream {
  readonly chunks: AsyncIterable<Buffer>
  /** Whether what came last is not the end of a line. To be asked when the chunks are through. */
  endsOpen(): boolean
}

const NEWLINE = 10
const RETURN = 13

/**
 * Opens a text file for reading in pieces.
 *
 * @throws KairosError from the chunks: NO_FILE; BAD_FILE where it is empty or holds no text; ABORTED
 */
export function openText(file: string, { signal, onProgress }: ReadOptions = {}): TextStream {
  let last = NEWLINE
  async function* read(): AsyncGenerator<Buffer> {
    let done = 0
    try {
      const total = await stat(file).then((found) => (found.isFile() ? found.size : 0))
      for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
        if (signal?.aborted) throw new KairosError('ABORTED', 'ended by the caller', { file })
        if (chunk.includes(0)) {
          throw new KairosError('BAD_FILE', 'is not text in UTF-8', { file }, 'unpack or convert it first')
        }
        last = chunk[chunk.length - 1]
        done += chunk.length
        yield chunk
        onProgress?.(done, total)
      }
    } catch (error) {
      throw diskError(error, file)
    }
    if (done === 0) {
      throw new KairosError('BAD_FILE', 'is empty', { file }, 'was it written to the end? Make it again')
    }
  }
  return { chunks: read(), endsOpen: () => last !== NEWLINE && last !== RETURN }
}

/** The lines of a text, without their ends; the bytes of a line are bounded. */
export async function* linesOf(text: TextStream, file: string, longest = 1 << 20): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let line = 1
  for await (const chunk of text.chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    for (const each of lines) yield each
    line += lines.length
    if (rest.length > longest) {
      throw new KairosError(
        'BAD_FILE',
        `is longer than ${longest} characters`,
        { file, line },
        'is this the right file?',
      )
    }
  }
  rest += decoder.decode()
  if (rest !== '' && rest !== '\r') yield rest.replace(/\r$/, '')
}
