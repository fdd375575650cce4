/** Output to the terminal: results on stdout, everything else on stderr. */
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { printableLines } from '../../model/errors.ts'
import { DONE } from './exit-status.ts'

/**
 * Whether results may be coloured: on a terminal, unless a flag or the environment forbids it. FORCE_COLOR, such as 1,
 * colours a pipe too, and 0 does not colour; it takes precedence over NO_COLOR, as in Node.
 */
export function wantsColor(flag: boolean): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env
  if (!flag) return false
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return process.stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb'
}

/**
 * The characters of a line of a result; unlimited if stdout is not a terminal, and for one that is saved: it is for
 * terminals of any width.
 *
 * @param out the folder that it is saved in
 */
export function lineRoom(out: string | undefined): number {
  if (out !== undefined) return Infinity
  // 0 columns mean that the terminal does not know its width
  return process.stdout.columns || Infinity
}

/** A text for stdout, piece by piece. */
export type Shown = AsyncIterable<string> | readonly string[]

/** Writes chunks to stdout with backpressure, and passes them on. */
export async function* showing(chunks: Shown): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    await write(chunk)
    yield chunk
  }
}

/** Passes chunks on without colours. */
export async function* withoutColor(chunks: Shown): AsyncGenerator<string> {
  for await (const chunk of chunks) yield chunk.includes('\u001b') ? stripVTControlCharacters(chunk) : chunk
}

export async function show(chunks: Shown): Promise<void> {
  for await (const chunk of chunks) await write(chunk)
}

let isRead = true
let savesFiles = false

/** Lets the command go on without a reader: it saves files as well. */
export function keepSaving(): void {
  savesFiles = true
}

/**
 * A reader has closed the pipe, or the terminal is closed: the command ends, or drops only its output if it saves
 * files.
 */
export function loseReader(): void {
  if (!savesFiles) process.exit(DONE)
  isRead = false
}

async function write(chunk: string): Promise<void> {
  if (!isRead || process.stdout.write(chunk)) return
  // rejects where the reader leaves meanwhile
  await once(process.stdout, 'drain').catch((error) => {
    if (isRead) throw error
  })
}

/** Lines on stderr, unless `--quiet`. */
export function tell(quiet: boolean | undefined, lines: string): void {
  if (quiet || !process.stderr.writable) return
  process.stderr.write(`${printableLines(lines)}\n`)
}
