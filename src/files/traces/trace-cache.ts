import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir, rm, stat, utimes } from 'node:fs/promises'
import { endianness, homedir, platform } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { MAX_QUERIES, type Trace } from '../../model/trace/trace.ts'
import { makeFolder, writeAtomically } from '../io/write.ts'

/**
 * The cache of traces: the columns of traces that were read before, one file per trace, little-endian:
 *
 *   0         4         8          16            48          80             80 + 8N        80 + 16N
 *   | "KTRC"  | version | N, f64   | identity    | checksum  | N arrivals   | N sizes       |
 *
 * The identity is the SHA-256 of path, size, times of change, device and inode of the file that was read;
 * the checksum is that of both columns. The cache never fails: a trace whose entry does not match is read again.
 */
const MAGIC = 'KTRC'
const VERSION = 1
const IDENTITY = 16
const CHECKSUM = 48
const HEADER = 80

/** Smaller files are parsed about as fast as they are restored. */
const SMALLEST_BYTES = 1 << 16

/** The most bytes of all entries. Beyond it, the least recently used are removed. */
const LARGEST_TOTAL = 2 ** 30

/**
 * A file that changed this recently may change again without a new time of change: clocks of file systems tick every
 * two seconds at the coarsest.
 */
const SETTLED_MS = 2_500

/** The entry for one state of one file. */
export interface TraceCacheEntry {
  readonly source: string
  readonly path: string
  readonly identity: Buffer
}

/** The entry for the present state of a file; undefined for a short file, or without a cache folder. */
export async function openTraceCache(source: string): Promise<TraceCacheEntry | undefined> {
  const folder = cacheFolder()
  const found = await stat(source, { bigint: true }).catch(() => undefined)
  if (folder === undefined || !found?.isFile() || found.size < SMALLEST_BYTES) return undefined
  if (endianness() !== 'LE') return undefined
  const full = resolve(source)
  const { size, mtimeNs, ctimeNs, dev, ino } = found
  const name = sha256(full).toString('hex').slice(0, 32)
  return {
    source,
    path: join(folder, `${name}.trace`),
    identity: sha256([full, size, mtimeNs, ctimeNs, dev, ino].join('\n')),
  }
}

/** The columns of an entry; undefined where it is missing, damaged, or of another state of the file. */
export async function keptTrace({ path, identity }: TraceCacheEntry): Promise<Trace | undefined> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const header = Buffer.alloc(HEADER)
    await fill(file, header, 0)
    const queries = header.readDoubleLE(8)
    if (header.toString('latin1', 0, 4) !== MAGIC || header.readUInt32LE(4) !== VERSION) return undefined
    if (!identity.equals(header.subarray(IDENTITY, CHECKSUM))) return undefined
    const { size } = await file.stat()
    if (!(queries >= 1 && queries <= MAX_QUERIES) || size !== HEADER + 16 * queries) return undefined
    const trace = { arrivalMs: new Float64Array(queries), batchSize: new Float64Array(queries) }
    await fill(file, bytesOf(trace.arrivalMs), HEADER)
    await fill(file, bytesOf(trace.batchSize), HEADER + 8 * queries)
    if (!checksumOf(trace).equals(header.subarray(CHECKSUM, HEADER))) return undefined
    const now = new Date()
    await utimes(path, now, now).catch(() => undefined)
    return trace
  } catch {
    return undefined
  } finally {
    await file?.close()
  }
}

/** Stores the columns, unless the file changed after the entry was opened or shortly before. */
export async function keepTrace(entry: TraceCacheEntry, trace: Trace): Promise<void> {
  try {
    const now = await openTraceCache(entry.source)
    const { mtimeMs, ctimeMs } = await stat(entry.source)
    if (!now?.identity.equals(entry.identity) || Date.now() - Math.max(mtimeMs, ctimeMs) < SETTLED_MS) return
    const header = Buffer.alloc(HEADER)
    header.write(MAGIC, 0, 'latin1')
    header.writeUInt32LE(VERSION, 4)
    header.writeDoubleLE(trace.arrivalMs.length, 8)
    entry.identity.copy(header, IDENTITY)
    checksumOf(trace).copy(header, CHECKSUM)
    const folder = dirname(entry.path)
    // a trace may be private to its owner
    await makeFolder(folder, [], 0o700)
    await writeAtomically(entry.path, [header, bytesOf(trace.arrivalMs), bytesOf(trace.batchSize)])
    await thinOut(folder)
  } catch {
    // a full or read-only disk, or a missing folder: the trace has been read nevertheless
  }
}

async function thinOut(folder: string): Promise<void> {
  const names = await readdir(folder)
  const entries = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), ...(await stat(join(folder, name))) })),
  )
  entries.sort((a, b) => b.mtimeMs - a.mtimeMs)
  let total = 0
  for (const { path, size } of entries) {
    total += size
    if (total > LARGEST_TOTAL) await rm(path, { force: true })
  }
}

/** The folder of the system for data that programs can recreate. */
function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME = '', LOCALAPPDATA = '' } = process.env
  const name = join('kairos-wasm', 'traces')
  if (isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, name)
  if (platform() === 'win32') return isAbsolute(LOCALAPPDATA) ? join(LOCALAPPDATA, name) : undefined
  const home = homedir()
  if (!isAbsolute(home)) return undefined
  return join(home, platform() === 'darwin' ? join('Library', 'Caches') : '.cache', name)
}

/** Fills all of `bytes` from a position of a file. @throws where the file ends before */
async function fill(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done)
    if (bytesRead === 0) throw new Error('the file ends early')
    done += bytesRead
  }
}

function checksumOf({ arrivalMs, batchSize }: Trace): Buffer {
  return createHash('sha256').update(bytesOf(arrivalMs)).update(bytesOf(batchSize)).digest()
}

function bytesOf(column: Float64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
