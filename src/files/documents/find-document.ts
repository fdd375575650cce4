import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { valueText } from '../../model/checks.ts'
import { KairosError, refuseUsage } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import { shippedPath } from '../io/shipped.ts'

/** The path of a document, and whether it came with the package. */
export interface Found {
  readonly path: string
  readonly shipped: boolean
}

/**
 * Finds the document that a user means. A bare name is that of a shipped document, or else of a file in the working
 * folder; a text with a dot or a slash is a path.
 *
 * @throws KairosError BAD_USAGE for a value that is not a text, or a name that nothing has; it lists the shipped ones
 */
export async function findDocument(kind: 'workloads' | 'spaces', pathOrName: string): Promise<Found> {
  if (typeof pathOrName !== 'string') {
    refuseUsage(kind, `is ${valueText(pathOrName)}`, 'the path of a file, or a name, is expected')
  }
  if (/[\\/.]/.test(pathOrName)) return { path: pathOrName, shipped: false }
  const names = (await readdir(shippedPath(kind))).map((file) => file.replace(/\.json$/, '')).sort()
  if (names.includes(pathOrName)) {
    return { path: shippedPath(`${kind}/${pathOrName}.json`), shipped: true }
  }
  if (pathOrName !== '' && existsSync(pathOrName)) return { path: pathOrName, shipped: false }
  const meant = nearest(pathOrName, names)
  const hint = meant ? `did you mean "${meant}"? There` : 'there'
  const problem = `there is no shipped ${kind === 'workloads' ? 'workload' : 'space'} "${pathOrName}"`
  const cure = `${hint} is ${names.join(', ')}; or give the path of a file`
  throw new KairosError('BAD_USAGE', problem, {}, cure)
}
