import { readCounts } from '../files/counts.ts'
import { readSpace } from '../files/space.ts'
import { KairosError } from '../model/errors.ts'
import type { Counts } from '../model/space.ts'

export interface FleetConfigurationFlags {
  readonly counts?: string
  readonly space: string
}

/** A configuration: instance types, and how many of each. */
export interface FleetConfiguration {
  readonly types: readonly string[]
  readonly counts: Counts
}

/**
 * The configuration that flags name: counts in the order of the types of the space, or a published config.json,
 * which names its types itself and whose order is that of the servers.
 *
 * @throws KairosError BAD_USAGE where there is none, or counts and types differ in number
 */
export async function readFleetConfiguration({
  counts,
  space,
}: FleetConfigurationFlags): Promise<FleetConfiguration> {
  if (counts === undefined) {
    throw new KairosError(
      'BAD_USAGE',
      '--counts is missing',
      {},
      'say how many of each type, for example --counts 2,0,9,0, or give a config.json',
    )
  }
  if (!/^[\d\s,]*$/.test(counts)) {
    const read = await readCounts(counts)
    return { types: [...read.keys()], counts: [...read.values()] }
  }
  const { types } = await readSpace(space)
  const numbers = counts.split(',').map((text) => (text.trim() === '' ? Number.NaN : Number(text)))
  const names = types.map(({ name }) => name)
  if (numbers.length !== names.length || !numbers.every(Number.isSafeInteger)) {
    throw new KairosError(
      'BAD_USAGE',
      `--counts is ${counts}`,
      {},
      `a whole number for each of ${names.join(', ')} is expected`,
    )
  }
  return { types: names, counts: numbers }
}
