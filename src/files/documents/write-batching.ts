import { resolve } from 'node:path'
import { KairosError, placedAt } from '../../model/errors.ts'
import { checkBatching } from '../../model/workload/batching.ts'
import { writeAtomically } from '../io/write.ts'
import { readLatencyTable } from '../tables/latency-table.ts'
import { checkDocument, openDocument, placeOf } from './document.ts'
import { fromFolderOf, workloadSchema } from './workload.ts'

type BatchesByType = Readonly<Record<string, number>>

/**
 * Checks that the largest batches of some types can be written into a workload file, before they are measured.
 *
 * @param table the latency table that will have these types
 * @throws KairosError as `writeBatching`
 */
export async function checkWritesBatching(
  path: string,
  table: string,
  types: readonly string[],
): Promise<void> {
  const { document, latency } = await openWorkload(path)
  if (resolve(latency) === resolve(table)) return
  const known = await readLatencyTable(latency)
  const missing = types.find((type) => !known.types.includes(type))
  if (missing === undefined) return
  const problem = `names ${latency}, which has no ${missing}`
  const cure = `name ${table} there, or leave --workload out`
  throw new KairosError('BAD_USAGE', problem, await placeOf(document, ['latency']), cure)
}

/**
 * Writes the largest batches of some types into a workload file: those of other types stay, and so do comments.
 *
 * @throws KairosError NO_FILE, BAD_FILE for a file that is no workload; BAD_USAGE where it has one number for all
 *   types; BAD_MODEL for a type or a size that its latency table lacks
 */
export async function writeBatching(path: string, maxBatch: BatchesByType): Promise<void> {
  const { document, latency, older } = await openWorkload(path)
  const merged = { ...older, ...maxBatch }
  const table = await readLatencyTable(latency)
  placedAt({ file: path }, () => checkBatching({ maxBatch: merged }, table))
  if (document.tree === undefined) {
    const value = { ...(document.value as object), batching: { maxBatch: merged } }
    await writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`)
    return
  }
  const yaml = document.tree.document
  const keys = ['batching', 'maxBatch']
  // one by one, because a new map would lose the comments; also equal ones, which may be aliases of one that changes
  if (yaml.hasIn(keys)) for (const [type, size] of Object.entries(merged)) yaml.setIn([...keys, type], size)
  else yaml.setIn(keys, yaml.createNode(merged))
  await writeAtomically(path, yaml.toString())
}

/** A workload file, the path of its latency table, and the largest batches of types that it has. */
async function openWorkload(path: string) {
  const document = await openDocument(path)
  const { latency, batching } = await checkDocument(document, workloadSchema)
  const older: number | BatchesByType = batching?.maxBatch ?? {}
  if (typeof older === 'number') {
    const problem = `is ${older} for all types`
    const cure = 'remove it, or write the largest batch of each type'
    throw new KairosError('BAD_USAGE', problem, { file: path, field: 'batching.maxBatch' }, cure)
  }
  return { document, older, latency: fromFolderOf(path, latency) }
}
