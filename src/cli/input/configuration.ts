import { readSpace } from '../../files/documents/space.ts'
import { readWorkload } from '../../files/documents/workload.ts'
import { refuseUsage } from '../../model/errors.ts'
import { checkCounts } from '../../model/fleet/configuration.ts'
import { type Counts, type Space, slotsGiven, typeNames } from '../../model/fleet/space.ts'
import type { LatencyTable } from '../../model/workload/latency-table.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { tell } from '../output/terminal.ts'
import { type CountedTypes, inOrderOf, readCountsFlag } from './counts.ts'
import type { CountsFlag } from './counts-flag.ts'
import {
  DEFAULT_SPACE,
  isShippedWorkload,
  readAskedWorkload,
  tellUnknownConcurrency,
  type WorkloadFlags,
} from './question.ts'

export interface FleetConfigurationFlags {
  readonly counts?: CountsFlag
  readonly space?: string
}

export interface ConfigurationFlags extends WorkloadFlags, FleetConfigurationFlags {}

/** Instance types, and how many of each. */
export interface FleetConfiguration {
  readonly types: readonly string[]
  readonly counts: Counts
  /** The slots of an instance of each type, if a space says so. */
  readonly slots?: readonly number[]
}

export interface AskedConfiguration extends FleetConfiguration {
  readonly workload: Workload
}

/**
 * Reads the workload and the configuration that flags name. The types are those of the space, or without one
 * those of the latency table; a type that is not counted has no instance. A note says where they do not fit the space.
 *
 * @throws KairosError BAD_USAGE where no counts are given; as `readCountsFlag`
 */
export async function readConfiguration(given: ConfigurationFlags) {
  const { configurations, fleet, space } = await readConfigurations(given, [given.counts])
  const configuration = { ...fleet, counts: configurations[0] }
  if (space !== undefined) tellAboutSpace(given, configuration, space)
  return { configuration, space }
}

/** The same for several configurations, which have their types in common. */
export async function readConfigurations(
  given: WorkloadFlags & Pick<FleetConfigurationFlags, 'space'>,
  each: readonly (CountsFlag | undefined)[],
) {
  const workload = await readAskedWorkload(given)
  const isShipped = await areShipped(given.workload ?? [])
  const { slots, space, ...counted } = await countedTypes(given.space, workload.latency, isShipped)
  const { types } = counted
  if (given.space === undefined) checkConcurrency(workload.latency)
  const configurations: Counts[] = []
  for (const counts of each) configurations.push(inOrderOf(types, await askedCounts(counts, counted)))
  return { fleet: { workload, types, ...(slots && { slots }) }, configurations, space }
}

/** Refuses times that were taken with several requests at a time, where no space says the slots. */
function checkConcurrency(latency: LatencyTable): void {
  for (const [t, type] of latency.types.entries()) {
    const taken = latency.concurrency?.[t] ?? 0
    if (taken <= 1) continue
    const problem = `is missing, and the latency table of ${type} was taken at concurrency ${taken}`
    const cure = `name a space that gives ${type} slots: ${taken}, by --space FILE`
    refuseUsage('space', problem, cure)
  }
}

/** Notes instances beyond those that the given space allows, and slots whose table does not say its concurrency. */
function tellAboutSpace(
  { space: named, quiet }: ConfigurationFlags,
  { workload: { latency }, types, counts }: AskedConfiguration,
  { types: allowed }: Space,
): void {
  const countOf = (name: string) => counts[types.indexOf(name)] ?? 0
  for (const { name, max } of allowed) {
    const count = countOf(name)
    if (count > max) tell(quiet, `${name}=${count} is beyond the space ${named}, whose max is ${max}`)
  }
  tellUnknownConcurrency(
    quiet,
    latency,
    allowed.filter(({ name }) => countOf(name) > 0),
  )
}

/**
 * The configuration of servers that flags name. Servers are listed type by type: in the order in which a text or
 * a published config.json names the types, or in the order of the space for counts by position.
 *
 * @returns the space too, where flags name one
 * @throws KairosError BAD_USAGE where there is none; BAD_MODEL where counts and types differ in number
 */
export async function readFleetConfiguration(
  given: FleetConfigurationFlags & { readonly workload?: string | readonly string[] },
): Promise<{ configuration: FleetConfiguration; space: Space | undefined }> {
  const own = await ownTypes([given.workload ?? []].flat())
  const named = given.space ?? (own === undefined ? DEFAULT_SPACE : undefined)
  const counted = await countedTypes(named, { types: own ?? [] }, false)
  const read = await askedCounts(given.counts, counted)
  const [types, counts] = [[...read.keys()], [...read.values()]]
  checkCounts(types, counts, 1, Number.MAX_SAFE_INTEGER)
  const slots = counted.slots && types.map((name) => counted.slots![counted.types.indexOf(name)])
  const space = given.space === undefined ? undefined : counted.space
  return { configuration: { types, counts, ...(slots && { slots }) }, space }
}

/** The types of workloads of one's own; undefined where all are published. */
async function ownTypes(names: readonly string[]): Promise<string[] | undefined> {
  if (await areShipped(names)) return undefined
  const workloads = await Promise.all(names.map((name) => readWorkload(name)))
  return [...new Set(workloads.flatMap(({ latency }) => latency.types))]
}

async function areShipped(workloads: string | readonly string[]): Promise<boolean> {
  return (await Promise.all([workloads].flat().map(isShippedWorkload))).every(Boolean)
}

async function countedTypes(
  space: string | undefined,
  latency: Pick<LatencyTable, 'types' | 'concurrency'>,
  isShipped: boolean,
): Promise<CountedTypes & { readonly slots?: readonly number[]; readonly space?: Space }> {
  if (space === undefined) return { types: latency.types, ordered: isShipped, isShipped }
  const read = await readSpace(space, { latency })
  return { types: typeNames(read), ordered: true, ...slotsGiven(read), space: read }
}

async function askedCounts(
  counts: CountsFlag | undefined,
  counted: CountedTypes,
): Promise<Map<string, number>> {
  if (counts !== undefined) return readCountsFlag('counts', counts, counted)
  const example = counted.types.map((name, t) => `${name}=${t === 0 ? 2 : 0}`).join()
  const cure = `say how many there are of each type, as ${example}, or name a config.json that does`
  refuseUsage('counts', 'is missing', cure)
}
