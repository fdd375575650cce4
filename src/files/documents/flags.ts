import { KairosError } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import { openDocument, placeOf } from './document.ts'

/**
 * Reads a file of flags, JSON or YAML: one object whose keys are names of flags, in camel case or with
 * dashes as on the command line. A published config.json, which counts instances by type, stands for the flag
 * `counts` where there is one.
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
  if (known.includes('counts') && isConfiguration(value, known)) return new Map([['counts', file]])
  const flags = new Map<string, unknown>()
  for (const [key, given] of Object.entries(value)) {
    const name = nameOf(key)
    if (!known.includes(name)) {
      const meant = nearest(name, known)
      const cure = meant ? `did you mean "${meant}"?` : `the flags are ${known.join(', ')}`
      throw new KairosError('BAD_FILE', 'is no flag of this command', await placeOf(document, [key]), cure)
    }
    flags.set(name, given)
  }
  return flags
}

function nameOf(key: string): string {
  return key.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** Whether an object counts something that resembles no flag. */
function isConfiguration(value: object, known: readonly string[]): boolean {
  const entries = Object.entries(value)
  return (
    entries.length > 0 &&
    entries.every(([key, count]) => Number.isSafeInteger(count) && nearest(nameOf(key), known) === undefined)
  )
}
