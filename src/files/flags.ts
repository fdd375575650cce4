import { KairosError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { openDocument, placeOf } from './document.ts'

/**
 * Reads a file of flags, JSON or YAML: one object whose keys are names of flags, in camel case or with
 * dashes as on the command line.
 *
 * @param known the flags that there are, in camel case
 * @returns what the file gives, by name in camel case
 * @throws KairosError NO_FILE; BAD_FILE for a key that is no flag, with the nearest
 */
export async function readFlags(file: string, known: readonly string[]): Promise<Map<string, unknown>> {
  const document = await openDocument(file)
  const { value } = document
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KairosError(
      'BAD_FILE',
      'is not an object of flags',
      { file },
      'expected e.g. { "model": "rm2" }',
    )
  }
  const flags = new Map<string, unknown>()
  for (const [key, given] of Object.entries(value)) {
    const name = key.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
    if (!known.includes(name)) {
      const meant = nearest(name, known)
      const cure = meant ? `did you mean "${meant}"?` : `the flags are ${known.join(', ')}`
      throw new KairosError('BAD_FILE', 'is no flag of this command', await placeOf(document, [key]), cure)
    }
    flags.set(name, given)
  }
  return flags
}
