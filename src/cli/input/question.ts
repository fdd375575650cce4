import { findDocument } from '../../files/documents/find-document.ts'
import { readProfile } from '../../files/documents/profile.ts'
import { readSpace } from '../../files/documents/space.ts'
import { readWorkload } from '../../files/documents/workload.ts'
import { readCatalog } from '../../files/tables/catalog.ts'
import { KairosError, placedAt, refuseUsage } from '../../model/errors.ts'
import type { InstanceType, Space } from '../../model/fleet/space.ts'
import { type Batching, checkBatching } from '../../model/workload/batching.ts'
import { type LatencyTable, largestBin } from '../../model/workload/latency-table.ts'
import type { Profile } from '../../model/workload/profile.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { tell } from '../output/terminal.ts'

export interface WorkloadFlags {
  readonly workload?: string
  readonly model?: string
  readonly qosMs?: number
  readonly percentile?: number
  readonly batching?: boolean
  readonly maxBatch?: number
  readonly quiet?: boolean
}

export interface QuestionFlags extends WorkloadFlags {
  readonly space?: string
  readonly budget?: number
  readonly catalog?: string
  readonly profile?: string
}

/** The published workload that is used if none is named. */
export const DEFAULT_MODEL = 'rm2'

/** The published space, for published workloads. */
export const DEFAULT_SPACE = 'hpdc23'

/** Whether a workload came with the package. */
export async function isShippedWorkload(pathOrName: string): Promise<boolean> {
  return (await findDocument('workloads', pathOrName)).shipped
}

/** The workload that flags name, or the default one. */
export async function readNamedWorkload({
  workload,
  model,
  quiet,
}: Pick<WorkloadFlags, 'workload' | 'model' | 'quiet'>): Promise<Workload> {
  return readWorkload(workload ?? model ?? DEFAULT_MODEL, { onNote: (note) => tell(quiet, note) })
}

/** The same workload with the target and the batching that flags set. */
export async function readAskedWorkload(given: WorkloadFlags): Promise<Workload> {
  return askedOf(given, await readNamedWorkload(given))
}

/** A workload with the target and the batching that flags set. */
export function askedOf(
  given: Pick<WorkloadFlags, 'qosMs' | 'percentile' | 'batching' | 'maxBatch'>,
  { batching: named, ...workload }: Workload,
): Workload {
  const batching = batchingOf(given, named, workload.latency)
  return {
    ...workload,
    qosMs: given.qosMs ?? workload.qosMs,
    percentile: given.percentile ?? workload.percentile,
    ...(batching && { batching }),
  }
}

/** The batching of the flags, else of the workload; with `--batching` alone, batches as large as the table. */
function batchingOf(
  { batching, maxBatch }: Pick<WorkloadFlags, 'batching' | 'maxBatch'>,
  named: Batching | undefined,
  latency: LatencyTable,
): Batching | undefined {
  if (batching === false) return undefined
  if (maxBatch !== undefined) {
    const asked = { maxBatch }
    placedAt({ field: '--max-batch' }, () => checkBatching(asked, latency))
    return asked
  }
  return batching && named === undefined ? { maxBatch: largestBin(latency) } : named
}

/**
 * The space that flags name, or the published one for a published workload.
 *
 * @throws KairosError BAD_USAGE for a workload of one's own without a space: the published machines are not its own
 */
async function readAskedSpace(given: QuestionFlags, { latency }: Workload): Promise<Space> {
  const { space, workload, catalog, quiet } = given
  if (space === undefined && workload !== undefined && !(await isShippedWorkload(workload))) {
    const cure = `name the file that says how many of ${latency.types.join(', ')} there may be and the budget`
    refuseUsage('space', `is missing for ${workload}`, cure)
  }
  const prices = catalog === undefined ? undefined : await readCatalog(catalog)
  const read = await readSpace(space ?? DEFAULT_SPACE, {
    knownTypes: latency.types,
    latency,
    ...(prices && { catalog: prices }),
  })
  if (prices === undefined) return read
  const types = read.types.map((type) => ({
    ...type,
    pricePerHour: prices.get(type.name) ?? type.pricePerHour,
  }))
  if (types.every(({ name }) => !prices.has(name))) {
    const cure = `it has ${[...prices.keys()].slice(0, 5).join(', ')}`
    throw new KairosError('BAD_MODEL', 'has no price of a type of the space', { file: catalog! }, cure)
  }
  const kept = types
    .filter(({ name }) => !prices.has(name))
    .map((type) => `${type.name} $${type.pricePerHour}`)
  if (kept.length > 0)
    tell(quiet, `${catalog} lacks prices; those of the space count: ${kept.join(', ')} an hour`)
  return { ...read, types }
}

/**
 * Reads the workload, the space and the profile that flags name, with the limits that flags set. Notes slots whose
 * table does not say its concurrency.
 */
export async function readQuestion(
  given: QuestionFlags,
): Promise<{ workload: Workload; space: Space; profile?: Profile }> {
  const workload = await readAskedWorkload(given)
  const space = await readAskedSpace(given, workload)
  tellUnknownConcurrency(given.quiet, workload.latency, space.types)
  const question = {
    workload,
    space: { ...space, budgetPerHour: given.budget ?? space.budgetPerHour },
  }
  if (given.profile === undefined) return question
  const profiles = await readProfile(given.profile)
  const profile = profiles.get(workload.model)
  if (profile) return { ...question, profile }
  const cure =
    profiles.size > 0
      ? `it has ${[...profiles.keys()].join(', ')}`
      : 'it has none: write it by kairos-wasm profile --write'
  throw new KairosError('BAD_MODEL', `has no model "${workload.model}"`, { file: given.profile }, cure)
}

/** Types that one note names. */
const NAMED = 5

/** Notes, in one line, the types with slots whose times do not say at which concurrency they were taken. */
export function tellUnknownConcurrency(
  quiet: boolean | undefined,
  latency: LatencyTable,
  types: readonly InstanceType[],
): void {
  const unknown = types.filter(({ name, slots = 1 }) => {
    return slots > 1 && !latency.concurrency?.[latency.types.indexOf(name)]
  })
  if (unknown.length === 0) return
  const [{ name, slots }] = unknown
  if (unknown.length === 1) {
    const what = `its times are taken as those of ${slots} requests at a time`
    tell(quiet, `${name} has ${slots} slots, and its latency table does not say its concurrency: ${what}`)
    return
  }
  const some = unknown.slice(0, NAMED).map(({ name, slots }) => `${name} (${slots})`)
  const rest = unknown.length > NAMED ? `, and ${unknown.length - NAMED} more` : ''
  const what = 'the times of each are taken as those of that many requests at a time'
  tell(
    quiet,
    `the latency table does not say the concurrency of types with slots: ${what}: ${some.join(', ')}${rest}`,
  )
}
