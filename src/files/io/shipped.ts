import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { KairosError } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'

/** Where a document lies, and whether it came with the package. */
export interface Found {
  readonly path: string
  readonly shipped: boolean
}

/** The path of a file that comes with the package; the same from src/ and from dist/. */
export function shippedPath(path: string): string {
  return fileURLToPath(new URL(`../../../data/${path}`, import.meta.url))
}

/**
 * The file behind what a user gave: a bare name is one of data/, everything else a path.
 *
 * @throws KairosError BAD_USAGE for what is no text, or a bare name that is neither shipped nor a file, with the
 *   shipped ones
 */
export async function findDocument(kind: 'workloads' | 'spaces', pathOrName: string): Promise<Found> {
  if (typeof pathOrName !== 'string') {
    throw new KairosError(
      'BAD_USAGE',
      `is ${pathOrName}`,
      { field: kind },
      'the path of a file, or a name, is expected',
    )
  }
  if (/[\\/.]/.test(pathOrName)) return { path: pathOrName, shipped: false }
  const names = (await readdir(shippedPath(kind))).map((file) => file.replace(/\.json$/, '')).sort()
  if (names.includes(pathOrName)) {
    return { path: shippedPath(`${kind}/${pathOrName}.json`), shipped: true }
  }
  if (pathOrName !== '' && existsSync(pathOrName)) return { path: pathOrName, shipped: false }
  const meant = nearest(pathOrName, names)
  throw new KairosError(
    'BAD_USAGE',
    `there is no shipped ${kind === 'workloads' ? 'workload' : 'space'} "${pathOrName}"`,
    {},
    `${meant ? `did you mean "${meant}"? There` : 'there'} is ${names.join(', ')}; or give the path of a file`,
  )
}
