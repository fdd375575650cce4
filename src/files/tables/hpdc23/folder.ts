import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { KairosError } from '../../../model/errors.ts'
import type { SourceFile, SourceOptions } from './archive.ts'

/**
 * Reads the wanted files of a folder and those inside it.
 *
 * @throws KairosError ABORTED; what the file system throws
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
    if (signal?.aborted) throw new KairosError('ABORTED', 'ended by the caller', { file: folder })
    yield { name, text: await readFile(join(folder, name), 'utf8') }
    onProgress?.(++done, names.length)
  }
}
