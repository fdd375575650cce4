import { KairosError } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import { writeAtomically } from '../io/write.ts'
import { checkDocument, openDocument, placeOf } from './document.ts'

/**
 * Reads the published config.json, `{ "<instance type>": count }`, in JSON or YAML.
 *
 * @param types the only instance types that may be counted, where given
 * @returns counts by instance type, in the order of the file
 * @throws KairosError NO_FILE; BAD_FILE, also for a type that is none of `types`, with the nearest
 */
export async function readCounts(path: string, types?: readonly string[]): Promise<Map<string, number>> {
  const document = await openDocument(path)
  const counts = new Map(Object.entries(await checkDocument(document, 'counts')))
  const unknown = types && [...counts.keys()].find((name) => !types.includes(name))
  if (unknown === undefined) return counts
  const meant = nearest(unknown, types ?? [])
  throw new KairosError(
    'BAD_FILE',
    'is none of the instance types',
    await placeOf(document, [unknown]),
    meant ? `did you mean "${meant}"?` : `they are ${types?.join(', ')}`,
  )
}

/** Writes the published config.json. */
export async function writeCounts(path: string, counts: ReadonlyMap<string, number>): Promise<void> {
  await writeAtomically(path, `${JSON.stringify(Object.fromEntries(counts), null, 4)}\n`)
}
