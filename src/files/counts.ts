import { checkDocument, openDocument } from './document.ts'
import { writeAtomically } from './write.ts'

/**
 * Reads the published config.json, `{ "<instance type>": count }`, in JSON or YAML.
 *
 * @returns counts by instance type, in the order of the file
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readCounts(path: string): Promise<Map<string, number>> {
  return new Map(Object.entries(await checkDocument(await openDocument(path), 'counts')))
}

/** Writes the published config.json. */
export async function writeCounts(path: string, counts: ReadonlyMap<string, number>): Promise<void> {
  await writeAtomically(path, `${JSON.stringify(Object.fromEntries(counts), null, 4)}\n`)
}
