import { KairosError } from '../../model/errors.ts'
import { writeAtomically } from '../io/write.ts'
import { checkDocument, openDocument } from './document.ts'
import { workloadSchema } from './workload.ts'

/**
 * Writes the largest batches of some types into a workload file: those of other types stay, and so do comments.
 *
 * @throws KairosError NO_FILE, BAD_FILE for a file that is no workload; BAD_USAGE where it has one number for all types
 */
export async function writeBatching(path: string, maxBatch: Readonly<Record<string, number>>): Promise<void> {
  const document = await openDocument(path)
  const { batching } = await checkDocument(document, workloadSchema)
  const older = batching?.maxBatch ?? {}
  if (typeof older === 'number') {
    const problem = `is ${older} for all types`
    const cure = 'remove it, or write the largest batch of each type'
    throw new KairosError('BAD_USAGE', problem, { file: path, field: 'batching.maxBatch' }, cure)
  }
  const merged = { ...older, ...maxBatch }
  if (document.tree === undefined) {
    const value = { ...(document.value as object), batching: { maxBatch: merged } }
    await writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`)
    return
  }
  const yaml = document.tree.document
  yaml.setIn(['batching', 'maxBatch'], yaml.createNode(merged))
  await writeAtomically(path, yaml.toString())
}
