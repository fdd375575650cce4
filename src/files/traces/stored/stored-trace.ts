/**
 * Traces on storage that several machines share. One machine reads a trace and names it by its path below a root, its
 * size and its SHA-256; another one reads the same bytes below the root of its own, or refuses.
 */
import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkGiven, type OptionNames } from '../../../model/checks.ts'
import { KairosError } from '../../../model/errors.ts'
import type { StoredTrace } from '../../../model/trace/stored-trace.ts'
import { MAX_QUERIES, scaleToRate, type Trace } from '../../../model/trace/trace.ts'
import { throwDiskError } from '../../io/disk-error.ts'
import { openFile } from '../../io/open-file.ts'
import { READ_TRACE_OPTIONS, type ReadTraceOptions, readTrace } from '../trace-csv.ts'
import { download, tooLong } from './download.ts'
import { parseTraceRoot, partsBelow, type TraceRoot } from './root.ts'

/** The largest file: 64 bytes for each query of the largest trace. */
const MOST_BYTES = 64 * MAX_QUERIES

/** Options of `readStoredTrace`. */
export interface StoredTraceOptions extends ReadTraceOptions {
  /** Queries per second to which the arrivals are scaled; they stay as they are by default. */
  readonly rate?: number | undefined
}

const OPTIONS: OptionNames<StoredTraceOptions> = { rate: true, ...READ_TRACE_OPTIONS }

/** A trace, and how other machines find it: the fields `load` and `stored` of a job. */
export interface FoundTrace {
  readonly load: Trace
  readonly stored: StoredTrace
}

/**
 * Reads a trace below a root.
 *
 * @param root a folder, or an http:// or https:// URL; the password to `https://user@host/` is in KAIROS_TRACE_PASSWORD
 * @param file the path below the root, with slashes
 * @throws KairosError BAD_USAGE for the root or the path; NO_FILE; TOO_LARGE; as `readTrace`
 */
export async function readStoredTrace(
  root: string,
  file: string,
  options: StoredTraceOptions = {},
): Promise<FoundTrace> {
  checkGiven(options, OPTIONS)
  const { rate, ...reading } = options
  return withFile(parseTraceRoot(root), file, MOST_BYTES, reading, async (content) => ({
    load: await parse(content, rate, reading),
    stored: { file, sha256: content.sha256, bytes: content.bytes, ...(rate !== undefined && { rate }) },
  }))
}

/**
 * Finds a trace that another machine has read, below the root of this one. Every error says which hash is asked for.
 *
 * @throws KairosError NO_FILE where it cannot be read, or is another file; TOO_LARGE where it is longer; as `readTrace`
 */
export async function findStoredTrace(root: TraceRoot, stored: StoredTrace): Promise<Trace> {
  const { file, sha256, bytes, rate } = checked(stored)
  try {
    return await withFile(root, file, bytes, {}, async (content) => {
      if (content.sha256 === sha256) return parse(content, rate, {})
      const cure = `put the file of the job below ${root.name}, or submit the jobs again with the new one`
      throw new KairosError('NO_FILE', `has SHA-256 ${start(content.sha256)}`, { file: content.name }, cure)
    })
  } catch (error) {
    if (!(error instanceof KairosError)) throw error
    const { code, problem, place, cure } = error
    const asked = `the job asks for ${bytes} bytes of SHA-256 ${start(sha256)}`
    throw new KairosError(code, `${problem}, and ${asked}`, place, cure, { cause: error })
  }
}

/** The start of a hash, for messages. */
function start(sha256: string): string {
  return sha256.slice(0, 12)
}

/** A file whose bytes are all there. */
interface Content {
  /** What messages call it. */
  readonly name: string
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  /** Whether the file is gone afterwards. */
  readonly isTemporary: boolean
}

async function withFile<Result>(
  root: TraceRoot,
  file: string,
  mostBytes: number,
  { signal }: Pick<ReadTraceOptions, 'signal'>,
  work: (content: Content) => Promise<Result>,
): Promise<Result> {
  const parts = partsBelow(root, file)
  if (root.kind === 'folder') {
    const path = join(root.name, ...parts)
    const before = await regularFile(path)
    if (before.size > mostBytes) throw tooLong(path, mostBytes)
    const hashed = await digest((await openFile(path, { signal, mostBytes })).chunks)
    const result = await work({ name: path, path, isTemporary: false, ...hashed })
    const { size, mtimeMs } = await regularFile(path)
    if (size === before.size && mtimeMs === before.mtimeMs) return result
    throw new KairosError('NO_FILE', 'was changed while it was read', { file: path }, 'try again')
  }
  const url = new URL(parts.map(encodeURIComponent).join('/'), root.url)
  const folder = await mkdtemp(join(tmpdir(), 'kairos-trace-')).catch(throwDiskError(tmpdir()))
  try {
    const path = join(folder, 'trace.csv')
    const chunks = download(url, { signal, mostBytes, authorization: root.authorization })
    const content = { name: url.href, path, isTemporary: true }
    return await work({ ...content, ...(await digest(saved(path, chunks))) })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function regularFile(path: string): Promise<Stats> {
  const found = await stat(path).catch(throwDiskError(path))
  if (found.isFile()) return found
  throw new KairosError('NO_FILE', 'is no regular file', { file: path }, 'a file is expected')
}

async function digest(chunks: AsyncIterable<Uint8Array>): Promise<Pick<Content, 'sha256' | 'bytes'>> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of chunks) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { sha256: hash.digest('hex'), bytes }
}

/** Writes chunks to a file while they pass. */
async function* saved(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of chunks) {
      await file.writeFile(chunk).catch(throwDiskError(path))
      yield chunk
    }
  } finally {
    await file.close()
  }
}

async function parse(content: Content, rate: number | undefined, reading: ReadTraceOptions): Promise<Trace> {
  const onNote = (note: string) => reading.onNote?.(note.replace(content.path, content.name))
  try {
    const cached = content.isTemporary ? { cache: false } : {}
    const trace = await readTrace(content.path, { ...reading, ...cached, onNote })
    return rate === undefined ? trace : scaleToRate(trace, rate)
  } catch (error) {
    throw error instanceof KairosError && content.isTemporary ? error.at({ file: content.name }) : error
  }
}

/** @throws KairosError QUEUE for what `readStoredTrace` did not make: jobs come from outside */
function checked(stored: StoredTrace): StoredTrace {
  const { file, sha256, bytes, rate } = stored
  const isSize = Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= MOST_BYTES
  const isRate = rate === undefined || (Number.isFinite(rate) && rate > 0)
  if (typeof file === 'string' && /^[0-9a-f]{64}$/.test(sha256) && isSize && isRate) return stored
  const problem = 'holds a job whose trace was not named by kairos-wasm'
  const cure = 'remove what is there with kairos-wasm queue clean --all, and submit the jobs again'
  throw new KairosError('QUEUE', problem, { field: 'queue' }, cure)
}
