import { readCounts } from '../files/counts.ts'
import { readSpace } from '../files/space.ts'
import { KairosError } from '../model/errors.ts'
import type { Counts } from '../model/space.ts'
import type { Workload } from '../model/workload.ts'
import { readAskedWorkload, type WorkloadFlags } from './question.ts'

export interface ConfigurationFlags extends WorkloadFlags {
  /** Counts, or the file that has them. */
  readonly counts?: number[] | string
  readonly space?: string
}

/** What flags ask about: a workload, instance types, and how many of each. */
interface AskedConfiguration {
  readonly workload: Workload
  readonly types: readonly string[]
  readonly counts: Counts
}

/** Reads the workload and the configuration that flags name. Types that a file does not count are not there. */
export async function readConfiguration(given: ConfigurationFlags): Promise<AskedConfiguration> {
  const [workload, space] = await Promise.all([
    readAskedWorkload(given),
    given.space === undefined ? undefined : readSpace(given.space),
  ])
  const types = space?.types.map(({ name }) => name) ?? workload.latency.types
  return { workload, types, counts: await readCountsOf(given.counts, types) }
}

async function readCountsOf(
  given: number[] | string | undefined,
  types: readonly string[],
): Promise<number[]> {
  if (given === undefined) {
    const cure = `say how many there are of ${types.join(', ')}`
    throw new KairosError('BAD_USAGE', 'is missing', { field: 'counts' }, cure)
  }
  if (typeof given !== 'string') return given
  const counts = await readCounts(given, types)
  return types.map((name) => counts.get(name) ?? 0)
}
