import { readFile } from 'node:fs/promises'
import { KairosError } from '../model/errors.ts'
import { diskError } from './disk-error.ts'

/**
 * A whole file as text, without a byte order mark.
 *
 * @throws KairosError NO_FILE where it cannot be opened, BAD_FILE where it is empty
 */
export async function readText(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw diskError(error, file)
  })
  if (text.trim() === '') {
    throw new KairosError('BAD_FILE', 'is empty', { file }, 'was it written to the end? Make it again')
  }
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

/** The line, from 1, of a position in a text. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}
