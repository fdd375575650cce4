import { existsSync } from 'node:fs'
import { readCounts } from '../../files/documents/counts.ts'
import { counted } from '../../model/counted.ts'
import { refuseModel, refuseUsage } from '../../model/errors.ts'
import type { Counts } from '../../model/fleet/space.ts'
import { nearest } from '../../model/nearest.ts'
import { type CountsFlag, countsByType, isByType } from './counts-flag.ts'

/** The types that counts may be of. */
export interface CountedTypes {
  readonly types: readonly string[]
  /** Whether a user knows the order of `types`, because a named space or the published one has it. */
  readonly ordered: boolean
  /** Whether they are the types of a shipped workload, such as the default one. */
  readonly isShipped?: boolean
}

/**
 * The counts of a flag by type, in the order of the text or the file; by position, in the order of the types.
 *
 * @throws KairosError BAD_USAGE for numbers by position where the order of the types is not given, or for a type
 * that is none of them; BAD_FILE for a file that counts another type; BAD_MODEL for another number of counts
 */
export async function readCountsFlag(
  field: string,
  flag: CountsFlag,
  { types, ordered, isShipped = false }: CountedTypes,
): Promise<Map<string, number>> {
  if (typeof flag === 'string') {
    if (isByType(flag)) return checkTypes(field, countsByType(flag), types, isShipped)
    const named = types.find((name) => flag.startsWith(name))
    if (named === undefined || existsSync(flag)) return readCounts(flag, types)
    refuseUsage(field, `is "${flag}"`, `write ${named}=1, with commas between types, or the name of a file`)
  }
  const example = types.map((name, t) => `${name}=${flag[t] ?? 0}`).join()
  if (!ordered) {
    const cure = `write ${example}, or name by --space the space whose order they follow`
    refuseUsage(field, `is ${flag.join()}, which does not say which type each number counts`, cure)
  }
  if (flag.length !== types.length) {
    const problem = `has ${counted(flag.length, 'number')}`
    const cure = `one for each of ${types.join(', ')} is expected; or write ${example}`
    refuseModel(field, problem, cure)
  }
  return new Map(types.map((name, t) => [name, flag[t]]))
}

function checkTypes(
  field: string,
  counts: Map<string, number>,
  types: readonly string[],
  isShipped: boolean,
) {
  for (const name of counts.keys()) {
    if (types.includes(name)) continue
    const meant = nearest(name, types)
    const whose = isShipped ? 'types of the shipped workloads' : 'types'
    const own = isShipped && !meant ? '; name your own workload by --workload' : ''
    const cure = `${meant ? `did you mean "${meant}"? The` : 'the'} ${whose} are ${types.join(', ')}${own}`
    refuseUsage(field, `"${name}" is none of the instance types`, cure)
  }
  return counts
}

/** Counts in the order of the types; a type that is not counted has none. */
export function inOrderOf(types: readonly string[], counts: ReadonlyMap<string, number>): Counts {
  return types.map((name) => counts.get(name) ?? 0)
}
