import { createReadStream } from 'node:fs'
import { KairosError } from '../../model/errors.ts'
import { diskError } from './disk-error.ts'

/**
 * A whole file as text, without a byte order mark.
 *
 * @param most bytes that a file of its kind may have
 * @throws KairosError NO_FILE where it cannot be opened, BAD_FILE where it is empty or no text, TOO_LARGE
 */
export async function readText(file: string, most: number): Promise<string> {
  if (typeof file !== 'string') {
    throw new KairosError('BAD_USAGE', `is ${file}`, { field: 'path' }, 'the path of a file is expected')
  }
  const bytes = await readBytes(file, most)
  if (bytes.includes(0)) {
    throw new KairosError('BAD_FILE', 'is not text in UTF-8', { file }, 'unpack or convert it first')
  }
  const text = bytes.toString('utf8')
  if (text.trim() === '') {
    throw new KairosError('BAD_FILE', 'is empty', { file }, 'was it written to the end? Make it again')
  }
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

async function readBytes(file: string, most: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > most) {
        const problem = `has more than ${most >> 20} MiB`
        throw new KairosError('TOO_LARGE', problem, { file }, 'is this the right file?')
      }
      chunks.push(chunk)
    }
  } catch (error) {
    throw diskError(error, file)
  }
  return Buffer.concat(chunks)
}

/** The line, from 1, of a position in a text. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}
