import { readCounts } from '../../files/documents/counts.ts'
import { readSpace } from '../../files/documents/space.ts'
import { checkCounts } from '../../model/configuration.ts'
import { KairosError } from '../../model/errors.ts'
import type { Counts } from '../../model/space.ts'
import type { Workload } from '../../model/workload.ts'
import { readAskedWorkload, type WorkloadFlags } from './question.ts'

interface CountsFlags {
  /** Counts, or the file that has them. */
  readonly counts?: number[] | string
}

export interface ConfigurationFlags extends WorkloadFlags, CountsFlags {
  readonly space?: string
}

/** What flags ask about: a workload, instance types, and how many of each. */
interface AskedConfiguration {
  readonly workload: Workload
  readonly types: readonly string[]
  readonly counts: Counts
}

/**
 * Reads the workload and the configuration that flags name. Types that a file does not count are not there.
 *
 * @throws KairosError BAD_USAGE where no counts are given; BAD_FILE for a file that counts other types
 */
export async function readConfiguration(given: ConfigurationFlags): Promise<AskedConfiguration> {
  const [workload, space] = await Promise.all([
    readAskedWorkload(given),
    given.space === undefined ? undefined : readSpace(given.space),
  ])
  const types = space?.types.map(({ name }) => name) ?? workload.latency.types
  const counts = countsGiven(given, types)
  if (typeof counts !== 'string') return { workload, types, counts }
  const read = await readCounts(counts, types)
  return { workload, types, counts: types.map((name) => read.get(name) ?? 0) }
}

export interface FleetConfigurationFlags extends CountsFlags {
  readonly space: string
}

/** A configuration of live servers: instance types, and how many of each. */
export interface FleetConfiguration {
  readonly types: readonly string[]
  readonly counts: Counts
}

/**
 * The configuration that flags name: counts in the order of the types of the space, or a published config.json,
 * which names its types itself and whose order is that of the servers.
 *
 * @throws KairosError BAD_USAGE where there is none; BAD_MODEL where counts and types differ in number
 */
export async function readFleetConfiguration(given: FleetConfigurationFlags): Promise<FleetConfiguration> {
  const space = await readSpace(given.space)
  const types = space.types.map(({ name }) => name)
  const counts = countsGiven(given, types)
  if (typeof counts === 'string') {
    const read = await readCounts(counts)
    return { types: [...read.keys()], counts: [...read.values()] }
  }
  checkCounts(types, counts, 1, Number.MAX_SAFE_INTEGER)
  return { types, counts }
}

function countsGiven({ counts }: CountsFlags, types: readonly string[]): number[] | string {
  if (counts !== undefined) return counts
  const cure = `say how many there are of ${types.join(', ')}, as 2,0,9,0, or name a config.json that does`
  throw new KairosError('BAD_USAGE', 'is missing', { field: 'counts' }, cure)
}
