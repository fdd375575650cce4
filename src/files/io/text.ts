import { emptyFile, textDecoder } from './lines.ts'
import { readBytes } from './open-file.ts'

/**
 * A whole file as text, without a byte order mark. It may be packed by gzip.
 *
 * @param mostBytes the largest size of a file of this kind
 * @throws KairosError BAD_USAGE for a path that is no text; NO_FILE if it does not open; BAD_FILE if blank or binary;
 *   TOO_LARGE
 */
export async function readText(file: string, mostBytes: number): Promise<string> {
  const bytes = await readBytes(file, mostBytes, { unpacks: true })
  const decoder = textDecoder(file)
  const text = decoder.decode(bytes) + decoder.end()
  if (text.trim() === '') throw emptyFile(file)
  return text
}

/** The line, from 1, of a position in a text. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}
