import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { KairosError } from '../../../model/errors.ts'
import { diskError } from '../../io/disk-error.ts'
import { isPacked } from '../../io/gzip.ts'
import { openFile, type ReadOptions } from '../../io/open-file.ts'

export interface SourceFile {
  /** The path inside the source, with slashes. */
  readonly name: string
  readonly text: string
}

export interface SourceOptions extends ReadOptions {
  /** Whether to read a file; the others are skipped. */
  readonly wanted: (name: string) => boolean
}

/**
 * The limits of an archive; the published one has 4,010 entries and 8 MB. Nothing is unpacked to the disk, so the
 * limits bound memory and time.
 */
export const ARCHIVE_LIMITS = { entries: 20_000, entryBytes: 1 << 20, totalBytes: 1 << 26 } as const

const FETCH_AGAIN = 'fetch the archive again'
const UNPACK = 'if you trust it, unpack it and give the folder'

/**
 * Reads the wanted files of a .tar.gz as a stream.
 *
 * @throws KairosError NO_FILE; BAD_ARCHIVE where the archive is damaged or larger than the limits, or where an entry is
 * a link, a device, or a path outside the archive; the reason of an aborted signal
 */
export async function* readArchive(file: string, options: SourceOptions): AsyncGenerator<SourceFile> {
  const { wanted, onProgress, signal } = options
  const { chunks: bytes, size } = await openFile(file)
  const entries = extract()
  const stop = new AbortController()
  let isGzip = false
  const feeding = pipeline(
    bytes,
    async function* counted(chunks: AsyncIterable<Buffer>) {
      let done = 0
      for await (const chunk of chunks) {
        if (done === 0) isGzip = isPacked(chunk)
        done += chunk.length
        onProgress?.({ done, total: size })
        yield chunk
      }
    },
    createGunzip(),
    async function* limited(chunks: AsyncIterable<Buffer>) {
      let bytes = 0
      for await (const chunk of chunks) {
        bytes += chunk.length
        if (bytes > ARCHIVE_LIMITS.totalBytes) {
          throw refusal(file, `holds more than ${ARCHIVE_LIMITS.totalBytes} bytes`, UNPACK)
        }
        yield chunk
      }
    },
    entries,
    { signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal },
  )
  // an error of the pipeline also ends the loop below with an error, but the first one names the cause
  let failure: unknown
  const fed = feeding.catch((error: unknown) => {
    failure = error
  })
  try {
    let count = 0
    for await (const entry of entries) {
      const { header } = entry
      if (++count > ARCHIVE_LIMITS.entries) {
        throw refusal(file, `holds more than ${ARCHIVE_LIMITS.entries} entries`, UNPACK)
      }
      checkEntry(file, header)
      if (header.type === 'file' && wanted(header.name)) {
        const chunks: Buffer[] = []
        for await (const chunk of entry) chunks.push(chunk as Buffer)
        yield { name: header.name, text: Buffer.concat(chunks).toString('utf8') }
      } else {
        entry.resume()
      }
    }
    await fed
    if (failure) throw failure
  } catch (error) {
    if (error instanceof KairosError) throw error
    entries.destroy()
    await fed
    throw archiveError(failure ?? error, file, isGzip)
  } finally {
    stop.abort()
    entries.destroy()
    await fed
  }
}

function checkEntry(file: string, { name, type, size = 0 }: Header): void {
  const outside = /^[\\/]|^[a-z]:|\0/i.test(name) || name.split(/[\\/]/).includes('..')
  if (outside) throw refusal(file, 'leads outside the archive', 'do not use this archive', name)
  if (type !== 'file' && type !== 'directory') {
    throw refusal(file, `is a ${type}`, 'only files and folders are expected: pack it without links', name)
  }
  if (size > ARCHIVE_LIMITS.entryBytes) {
    throw refusal(file, `has ${size} bytes, more than ${ARCHIVE_LIMITS.entryBytes}`, UNPACK, name)
  }
}

function refusal(file: string, problem: string, cure: string, entry?: string): KairosError {
  const place = entry === undefined ? { file } : { file, field: entry }
  return new KairosError('BAD_ARCHIVE', problem, place, cure)
}

/** Turns an error of the libraries about an archive into a KairosError. */
function archiveError(error: unknown, file: string, isGzip: boolean): unknown {
  if (error instanceof KairosError || !(error instanceof Error)) return error
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === 'ABORT_ERR' || 'syscall' in error) return diskError(error, file)
  if (code === 'Z_BUF_ERROR' || error.message === 'Unexpected end of data') {
    return refusal(file, 'is cut off', FETCH_AGAIN)
  }
  if (error.message === 'incorrect header check') {
    if (isGzip) return refusal(file, 'has other data after its end', FETCH_AGAIN)
    return refusal(file, 'is not a gzip file', 'expected a folder or a .tar.gz')
  }
  return refusal(file, `is damaged: ${error.message}`, FETCH_AGAIN)
}
