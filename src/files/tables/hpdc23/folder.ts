import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { readBytes } from '../../io/open-file.ts'
import { ARCHIVE_LIMITS, type SourceFile, type SourceOptions } from './archive.ts'

/**
 * Reads the wanted files of a folder and of its subfolders.
 *
 * @throws KairosError NO_FILE; TOO_LARGE for a file beyond the limit of an archive; the reason of an aborted signal
 */
export async function* readFolder(folder: string, options: SourceOptions): AsyncGenerator<SourceFile> {
  const { wanted, onProgress, signal } = options
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = found
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter(wanted)
    .sort()
  let done = 0
  for (const name of names) {
    signal?.throwIfAborted()
    const bytes = await readBytes(join(folder, name), ARCHIVE_LIMITS.entryBytes)
    yield { name, text: bytes.toString('utf8') }
    onProgress?.({ done: ++done, total: names.length })
  }
}
