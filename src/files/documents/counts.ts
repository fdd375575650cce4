import { checkNames, checkWhole, isMap, valueText } from '../../model/checks.ts'
import { refuseModel } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import { writeAtomically } from '../io/write.ts'
import { checkDocument, type Fields, faultAt, openDocument } from './document.ts'
import { faultOfKey } from './faults.ts'

export const countsSchema = ({ count, record }: Fields) =>
  record(count('a count, a whole number >= 0'), 'counts by instance type')

/**
 * Reads the published config.json, `{ "<instance type>": count }`, in JSON or YAML.
 *
 * @param types the allowed instance types; any by default
 * @returns counts by instance type, in the order of the file
 * @throws KairosError NO_FILE; BAD_FILE, also for a type that is not one of `types`
 */
export async function readCounts(path: string, types?: readonly string[]): Promise<Map<string, number>> {
  const document = await openDocument(path)
  const counts = new Map(Object.entries(await checkDocument(document, countsSchema)))
  const unknown = types && [...counts.keys()].find((name) => !types.includes(name))
  if (unknown === undefined) return counts
  const meant = nearest(unknown, types ?? [])
  const cure = meant ? `did you mean "${meant}"?` : `they are ${types?.join(', ')}`
  throw await faultAt(document, [unknown], 'is none of the instance types', cure)
}

/**
 * Writes the published config.json.
 *
 * @throws KairosError BAD_MODEL for what is no Map from names, and for the name `__proto__`, which the reader refuses;
 *   BAD_USAGE for a count that is not a whole number; NO_FILE
 */
export async function writeCounts(path: string, counts: ReadonlyMap<string, number>): Promise<void> {
  if (!isMap(counts))
    refuseModel('counts', `is ${valueText(counts)}`, 'a Map from types to counts is expected')
  checkNames('counts', [...counts.keys()])
  for (const [type, count] of counts) {
    const fault = faultOfKey(type, new Set())
    if (fault) refuseModel(`counts.${fault.field}`, fault.problem, fault.cure)
    checkWhole(type, count, 0)
  }
  await writeAtomically(path, `${JSON.stringify(Object.fromEntries(counts), null, 4)}\n`)
}
