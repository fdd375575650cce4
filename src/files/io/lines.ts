import { KairosError } from '../../model/errors.ts'
import { kindOf, NO_TEXT } from './file-kind.ts'
import { type OpenOptions, openFile } from './open-file.ts'

/** A text file that is read in pieces, because it may be too large for memory. */
export interface TextStream {
  /** Pieces of the text, without a byte order mark. A piece may end anywhere in a line. */
  readonly pieces: AsyncGenerator<string>
  /** Whether the text ends inside a line. Valid after the last piece. */
  endsInsideLine(): boolean
}

/** The longest line, in characters. */
export const LONGEST_LINE = 1 << 20

const NEWLINE = 10
const RETURN = 13

/**
 * Opens a text file in UTF-8, which gzip may have packed.
 *
 * @throws KairosError from `pieces`: NO_FILE; BAD_FILE where the file is empty, binary or cannot be unpacked;
 *   TOO_LARGE; the reason of an aborted signal
 */
export function openText(file: string, options: OpenOptions = {}): TextStream {
  let last = NEWLINE
  async function* read(): AsyncGenerator<string> {
    const { chunks } = await openFile(file, { unpacks: true, ...options })
    const decoder = textDecoder(file)
    let isEmpty = true
    for await (const chunk of chunks) {
      last = chunk[chunk.length - 1]
      isEmpty = false
      yield decoder.decode(chunk)
    }
    if (isEmpty) throw emptyFile(file)
    yield decoder.end()
  }
  return { pieces: read(), endsInsideLine: () => last !== NEWLINE && last !== RETURN }
}

/** A text that is in memory already. */
export function heldText(text: string): TextStream {
  async function* whole(): AsyncGenerator<string> {
    yield text
  }
  return { pieces: whole(), endsInsideLine: () => !/[\r\n]$/.test(text) }
}

/** The lines of a text, without their ends. @throws KairosError BAD_FILE for a line beyond LONGEST_LINE */
export async function* linesOf(text: TextStream, file: string): AsyncGenerator<string> {
  let rest = ''
  let line = 1
  for await (const piece of text.pieces) {
    const lines = splitLines(rest + piece)
    rest = lines.pop()!
    yield* lines
    line += lines.length
    if (rest.length > LONGEST_LINE) throw longLine(file, line)
  }
  if (rest !== '') yield rest.replace(/\r$/, '')
}

/** Splits at line ends of every system. A return at the very end stays: a newline may follow in the next piece. */
export function splitLines(text: string): string[] {
  return text.includes('\r') ? text.split(/\r\n|\n|\r(?!$)/) : text.split('\n')
}

/** How a file begins that Git LFS has put in place of a large one (Git LFS specification, "The Pointer"). */
const LFS_POINTER = 'version https://git-lfs.github.com/spec/'

/**
 * Decodes the bytes of a text file, without a byte order mark, piece by piece. UTF-8 has no zero byte, UTF-16 and
 * archives do.
 *
 * @throws KairosError BAD_FILE from both where the bytes are not text in UTF-8, or are a pointer of Git LFS
 */
export function textDecoder(file: string): { decode(bytes: Buffer): string; end(): string } {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let isFirst = true
  const refused = (bytes?: Buffer) => {
    const { problem, cure } = bytes === undefined ? NO_TEXT : kindOf(bytes, isFirst)
    return new KairosError('BAD_FILE', problem, { file }, cure)
  }
  const decoded = (bytes?: Buffer) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch {
      throw refused(bytes)
    }
  }
  return {
    decode(bytes) {
      if (bytes.includes(0)) throw refused(bytes)
      const text = decoded(bytes)
      if (isFirst && text.startsWith(LFS_POINTER)) {
        const problem = 'is a pointer of Git LFS in place of the file'
        throw new KairosError('BAD_FILE', problem, { file }, 'fetch the file, such as by git lfs pull')
      }
      isFirst = false
      return text
    },
    end: () => decoded(),
  }
}

export function emptyFile(file: string): KairosError {
  return new KairosError('BAD_FILE', 'is empty', { file }, 'was it written to the end? Make it again')
}

export function longLine(file: string, line: number): KairosError {
  const problem = `is longer than ${LONGEST_LINE} characters`
  return new KairosError('BAD_FILE', problem, { file, line }, 'is this the right file?')
}
