import { randomUUID } from 'node:crypto'
import { constants, rmdirSync, rmSync } from 'node:fs'
import {
  access,
  type FileHandle,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { checkPath } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
import { diskError, isOfSystem, throwDiskError } from './disk-error.ts'

/** The content of a file, in pieces of any size. */
export type Chunks = string | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

/** Text is collected up to this many characters before it is written. */
const PIECE = 1 << 16

/** The characters of a file's name that its temporary file keeps: systems allow 255 bytes in a name. */
const NAME_START = 60

/** The permissions in the mode of a file. */
const PERMISSIONS = 0o777

/** How long a named pipe may have no reader, and how often that is checked, ms. */
const READER_WAIT_MS = 10_000
const READER_CHECK_MS = 50

/**
 * Writes a whole file or nothing: writes a temporary file in the same folder and renames it. Makes missing folders. A
 * reader never sees a part of the file. After a failure, also one of `chunks`, nothing is left behind and an older file
 * is unchanged. A file that is replaced keeps its permissions. A symbolic link is followed. A pipe or a device is
 * written to directly. A file whose name ends in .gz, in any case, is packed by gzip.
 *
 * @throws KairosError NO_FILE where it cannot be written; DISK, as for a full disk; whatever `chunks` throws
 */
export async function writeAtomically(path: string, chunks: Chunks): Promise<void> {
  await writeTogether([{ path, chunks }])
}

/** The temporary files and the folders that calls under way have made so far. */
const unfinished = new Set<{
  readonly written: readonly { temporary: string }[]
  readonly folders: readonly string[]
}>()

/** Removes what is unfinished where the process ends by process.exit(). */
function removeUnfinished(): void {
  for (const { written, folders } of unfinished) {
    for (const { temporary } of written) rmSync(temporary, { force: true })
    for (const folder of folders.toReversed()) {
      try {
        rmdirSync(folder)
      } catch {
        // not empty: another program uses it
      }
    }
  }
}

/** Writes several files, all or none: renames them once all are written. */
export async function writeTogether(
  files: Iterable<{ readonly path: string; readonly chunks: Chunks }>,
): Promise<void> {
  const written: { path: string; temporary: string }[] = []
  const folders: string[] = []
  let path = ''
  const made = { written, folders }
  // first: another listener may end the process
  if (unfinished.size === 0) process.prependListener('exit', removeUnfinished)
  unfinished.add(made)
  try {
    for (const file of files) {
      path = await checkTarget(file.path)
      const pieces = /\.gz$/i.test(file.path) ? packed(file.chunks) : piecesOf(file.chunks)
      const folder = dirname(path)
      await makeFolder(folder, folders)
      const there = await stat(path).catch(() => undefined)
      if (there !== undefined && !there.isFile()) {
        const probe = there.isFIFO() ? await waitForReader(path) : undefined
        await writePieces(path, pieces, 'w').finally(() => probe?.close())
        continue
      }
      const temporary = join(folder, `.${basename(path).slice(0, NAME_START)}.${randomUUID()}.tmp`)
      written.push({ path, temporary })
      await writePieces(temporary, pieces, 'wx', there && there.mode & PERMISSIONS)
    }
    for (const { temporary, path: target } of written) {
      path = target
      await rename(temporary, target)
    }
  } catch (error) {
    for (const { temporary } of written) await rm(temporary, { force: true }).catch(() => undefined)
    // removes only empty folders: another program may already use one
    for (const folder of folders.reverse()) await rmdir(folder).catch(() => undefined)
    throw isOfSystem(error) ? diskError(error, path) : error
  } finally {
    unfinished.delete(made)
    if (unfinished.size === 0) process.off('exit', removeUnfinished)
  }
}

/**
 * Checks that a file can be written, so that a mistake in its path is seen before the work. Makes nothing.
 *
 * @returns the path behind symbolic links
 * @throws KairosError NO_FILE where it cannot
 */
export async function checkTarget(file: string): Promise<string> {
  checkPath(file)
  if (file === '-') throw new KairosError('NO_FILE', 'is no file', { file }, 'standard output is /dev/stdout')
  const path = await behindLinks(file)
  const there = await stat(path).catch(() => undefined)
  if (there?.isDirectory())
    throw new KairosError('NO_FILE', 'is a folder', { file }, 'give the path of a file')
  if (there === undefined || there.isFile()) {
    // the temporary file lies in the same folder
    await checkFolder(dirname(path)).catch(throwDiskError(path))
  }
  return path
}

/** @throws an error of the system where a folder can neither be written to nor be made */
async function checkFolder(folder: string): Promise<void> {
  try {
    // with the slash, a file is refused
    await access(`${folder}/`, constants.W_OK)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isMissing || dirname(folder) === folder) throw error
    await checkFolder(dirname(folder))
  }
}

/**
 * Waits until another program has opened a named pipe for reading. Without it, open() would wait for ever in a thread
 * that nothing can interrupt.
 *
 * @returns the open pipe: to be closed once the pipe is open for writing as well, or the reader would see its end
 * @throws KairosError NO_FILE where nothing reads from the pipe for ten seconds
 */
async function waitForReader(pipe: string): Promise<FileHandle> {
  for (let waitedMs = 0; ; waitedMs += READER_CHECK_MS) {
    try {
      return await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    }
    if (waitedMs >= READER_WAIT_MS) {
      const problem = `is a pipe that nothing reads from, after ${READER_WAIT_MS / 1000} s`
      const cure = 'start the program that reads from it, or give a file'
      throw new KairosError('NO_FILE', problem, { file: pipe }, cure)
    }
    await new Promise((done) => setTimeout(done, READER_CHECK_MS))
  }
}

/** Collects text into pieces of a size that is worth a write. */
async function* piecesOf(chunks: Chunks): AsyncGenerator<string | Uint8Array> {
  let text = ''
  for await (const chunk of typeof chunks === 'string' ? [chunks] : chunks) {
    if (typeof chunk === 'string') text += chunk
    if (text.length < PIECE && typeof chunk === 'string') continue
    if (text !== '') yield text
    text = ''
    if (typeof chunk !== 'string') yield chunk
  }
  if (text !== '') yield text
}

/** The same content gives the same bytes: the header that zlib writes has no time. */
async function* packed(chunks: Chunks): AsyncGenerator<Uint8Array> {
  // a failure of the chunks reaches the reader of the last stream
  yield* pipeline(Readable.from(piecesOf(chunks)), createGzip(), () => undefined)
}

async function writePieces(
  path: string,
  pieces: AsyncIterable<string | Uint8Array>,
  flags: 'w' | 'wx',
  permissions?: number,
): Promise<void> {
  const file = await open(path, flags, permissions)
  try {
    // open() leaves out the permissions that the umask takes
    if (permissions !== undefined) await file.chmod(permissions)
    for await (const piece of pieces) await file.appendFile(piece)
  } finally {
    await file.close()
  }
}

/**
 * Makes a folder and its parents, one by one: with `recursive`, mkdir() of Node 20 never ends where a parent exists and
 * takes no folders, as /proc.
 *
 * @param made gets the folders that are new, the outermost first
 * @param mode the permissions of the new folders, from which the umask takes some
 */
export async function makeFolder(folder: string, made: string[] = [], mode = 0o777): Promise<void> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) return
  if (dirname(folder) !== folder) await makeFolder(dirname(folder), made, mode)
  try {
    await mkdir(folder, mode)
    made.push(folder)
  } catch (error) {
    // another program may have made it meanwhile
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** The most links that are followed one after another: as many as Linux follows. */
const MOST_LINKS = 40

/** The absolute path behind symbolic links, those of its folders too, whether it exists or not. */
export async function behindLinks(path: string, followed = 0): Promise<string> {
  // not by resolve(): the system follows a link before it goes up from there
  if (!isAbsolute(path)) return behindLinks(`${process.cwd()}/${path}`, followed)
  const found = await realpath(path).catch(() => undefined)
  if (found !== undefined || dirname(path) === path) return found ?? path
  const target = await readlink(path).catch(() => undefined)
  if (target === undefined) return join(await behindLinks(dirname(path), followed), basename(path))
  // the link of the system to a pipe, such as pipe:[123], has no path that can be opened; a link may lead to itself
  if (/^(pipe|socket|anon_inode):\[/.test(target) || followed === MOST_LINKS) return path
  const folder = isAbsolute(target) ? '' : `${await behindLinks(dirname(path), followed)}/`
  return behindLinks(`${folder}${target}`, followed + 1)
}
