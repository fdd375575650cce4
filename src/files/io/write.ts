import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readlink, realpath, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { KairosError } from '../../model/errors.ts'
import { diskError } from './disk-error.ts'

/** What a file is to hold, in pieces of any size. */
export type Chunks = string | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

/** Text is gathered to pieces of this many characters before it goes to the disk. */
const PIECE = 1 << 16

/**
 * Writes a file whole or not at all: to a temporary file in its folder, which is then renamed. Makes the
 * folder where there is none. A reader never sees half of it; after a failure, one of `chunks` included,
 * nothing is left behind and an older file is untouched. A link is followed; what is no file, such as a pipe or
 * a device, is written to as it is.
 *
 * @throws KairosError NO_FILE where it cannot be written; whatever `chunks` throws
 */
export async function writeAtomically(path: string, chunks: Chunks): Promise<void> {
  await writeTogether([{ path, chunks }])
}

/** The same for several files: none is renamed before all are written. */
export async function writeTogether(
  files: Iterable<{ readonly path: string; readonly chunks: Chunks }>,
): Promise<void> {
  const written: { path: string; temporary: string }[] = []
  const folders: string[] = []
  let path = ''
  try {
    for (const file of files) {
      path = await behindLinks(resolve(file.path))
      const folder = dirname(path)
      folders.push(...(await makeFolder(folder)))
      const there = await stat(path).catch(() => undefined)
      if (there?.isDirectory()) {
        throw new KairosError('NO_FILE', 'is a folder', { file: file.path }, 'a file is to be written there')
      }
      if (there !== undefined && !there.isFile()) {
        await writeChunks(path, file.chunks, 'w')
        continue
      }
      const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`)
      written.push({ path, temporary })
      await writeChunks(temporary, file.chunks, 'wx')
    }
    for (const { temporary, path: target } of written) {
      path = target
      await rename(temporary, target)
    }
  } catch (error) {
    for (const { temporary } of written) await rm(temporary, { force: true }).catch(() => undefined)
    // only what is empty goes: somebody else may have started to use it
    for (const folder of folders.reverse()) await rmdir(folder).catch(() => undefined)
    throw isOfSystem(error) ? diskError(error, path) : error
  }
}

async function writeChunks(path: string, chunks: Chunks, mode: 'w' | 'wx'): Promise<void> {
  const file = await open(path, mode)
  try {
    let text = ''
    for await (const chunk of typeof chunks === 'string' ? [chunks] : chunks) {
      if (typeof chunk === 'string') text += chunk
      if (text.length < PIECE && typeof chunk === 'string') continue
      text = await writeText(file, text)
      if (typeof chunk !== 'string') await file.appendFile(chunk)
    }
    await writeText(file, text)
  } finally {
    await file.close()
  }
}

/** Writes what has been gathered, and what is left of it: nothing. */
async function writeText(file: FileHandle, text: string): Promise<''> {
  if (text !== '') await file.appendFile(text)
  return ''
}

/** Makes a folder and those above it; returns the new ones, the outermost first. */
async function makeFolder(folder: string): Promise<string[]> {
  const first = await mkdir(folder, { recursive: true })
  const made: string[] = []
  if (first === undefined) return made
  for (let at = folder; at.length >= first.length; at = dirname(at)) made.unshift(at)
  return made
}

/** Where a path leads to, whether anything is there or not. */
async function behindLinks(path: string): Promise<string> {
  const target = await readlink(path).catch(() => undefined)
  if (target === undefined) return path
  // a link of the system to a pipe has no path that could be opened
  return realpath(path).catch(() => (target.includes(':[') ? path : resolve(dirname(path), target)))
}

/** An error of the file system, and not one that the chunks brought along. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
