import { KairosError, type Place } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import { objectOf } from '../io/json-values.ts'
import { faultAt, openDocument, placeOf } from './document.ts'

export interface FileFlags {
  /** By name, in camel case. */
  readonly values: ReadonlyMap<string, unknown>
  /** Where the file gives a flag. */
  readonly placeOf: (name: string) => Promise<Place>
}

/**
 * Reads a file of flags in JSON or YAML: an object whose keys are names of flags, in camel case or with dashes as on
 * the command line. A published config.json, which counts instances by type, is read as the value of the flag `counts`,
 * if the command has it.
 *
 * @param known the flags of the command, in camel case
 * @throws KairosError NO_FILE; BAD_FILE for a key that is not a flag, with the nearest one
 */
export async function readFlags(file: string, known: readonly string[]): Promise<FileFlags> {
  const document = await openDocument(file)
  const value = objectOf(document.value)
  if (value === undefined) {
    const cure = 'an object such as { "model": "rm2" } is expected'
    throw new KairosError('BAD_FILE', 'is not an object of flags', { file }, cure)
  }
  if (known.includes('counts') && isConfiguration(value, known)) {
    return { values: new Map([['counts', file]]), placeOf: async () => ({ file }) }
  }
  const values = new Map<string, unknown>()
  const keys = new Map<string, string>()
  for (const [key, given] of Object.entries(value)) {
    const name = nameOf(key)
    if (!known.includes(name)) {
      const meant = nearest(name, known)
      const cure = meant ? `did you mean "${meant}"?` : `the flags are ${[...new Set(known)].join(', ')}`
      throw await faultAt(document, [key], 'is not a flag of this command', cure)
    }
    if (values.has(name)) {
      throw await faultAt(document, [key], `repeats ${keys.get(name)}`, 'leave one of them out')
    }
    values.set(name, given)
    keys.set(name, key)
  }
  return { values, placeOf: (name) => placeOf(document, [keys.get(name) ?? name]) }
}

function nameOf(key: string): string {
  return key.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** Whether an object consists of counts, and no key resembles a flag. */
function isConfiguration(value: object, known: readonly string[]): boolean {
  const entries = Object.entries(value)
  return (
    entries.length > 0 &&
    entries.every(([key, count]) => Number.isSafeInteger(count) && nearest(nameOf(key), known) === undefined)
  )
}
