import { dirname, isAbsolute, join } from 'node:path'
import { KairosError } from '../../model/errors.ts'
import { type Batching, checkBatching } from '../../model/workload/batching.ts'
import type { LatencyTable } from '../../model/workload/latency-table.ts'
import { LEAST_PERCENTILE, type Workload } from '../../model/workload/workload.ts'
import { type ReadLatencyTableOptions, readLatencyTable } from '../tables/latency-table.ts'
import { readServedMix } from '../tables/mix.ts'
import { type Checked, checkDocument, type Document, type Fields, openDocument, placeOf } from './document.ts'
import { findDocument } from './find-document.ts'

/** How the servers of a workload batch. */
export const batchingSchema = ({ either, object, positive, record }: Fields) =>
  object(
    {
      maxBatch: either(
        positive('the largest batch, a batch size of the latency table'),
        record(positive('the largest batch of a type, a batch size of the latency table'), 'by type'),
        'the largest batch, a batch size of the latency table; or one by instance type',
      ),
    },
    'that instances serve several queries as one batch: an object with maxBatch',
  )

export const workloadSchema = (fields: Fields) => {
  const { between, latencyTarget, model, object, text } = fields
  return object(
    {
      model: model(),
      latency: text('the path of a latency table (CSV), relative to this file'),
      mix: text('the path of a mix (CSV), relative to this file'),
      qosMs: latencyTarget(),
      percentile: between(LEAST_PERCENTILE, 100, `a percentile from ${LEAST_PERCENTILE} to 100, such as 99`),
      batching: batchingSchema(fields).optional(),
    },
    'a workload: an object with model, latency, mix, qosMs, percentile, and optionally batching',
  )
}

/**
 * Reads `{ model, latency, mix, qosMs, percentile, batching? }` in JSON or YAML, and the two tables that it names by
 * paths relative to it. A bare name such as `rm2` is a shipped workload.
 *
 * @throws KairosError BAD_USAGE for a name that is not shipped; NO_FILE, BAD_FILE
 */
export async function readWorkload(
  pathOrName: string,
  options: ReadLatencyTableOptions = {},
): Promise<Workload> {
  const { path, shipped } = await findDocument('workloads', pathOrName)
  const document = await openDocument(path)
  // the tests check the shipped workloads; loading zod would take longer than all the rest
  const { model, latency, mix, qosMs, percentile, batching } = shipped
    ? (document.value as Checked<typeof workloadSchema>)
    : await checkDocument(document, workloadSchema)
  const latencyFile = fromFolderOf(path, latency)
  const mixFile = fromFolderOf(path, mix)
  // in turn: nothing is read, and no note is given, after an error
  const table = await namedBy(document, 'latency', readLatencyTable(latencyFile, options))
  const weights = await namedBy(document, 'mix', readServedMix(mixFile, table, latencyFile))
  const workload = {
    ...{ model, latency: table, mix: weights, qosMs, percentile },
    ...(batching !== undefined && { batching }),
  }
  if (batching !== undefined) await checkBatchingOf(document, batching, table)
  return workload
}

/** Checks the largest batches of the document, with the place of the field in an error. */
async function checkBatchingOf(document: Document, batching: Batching, table: LatencyTable): Promise<void> {
  try {
    checkBatching(batching, table)
  } catch (error) {
    if (!(error instanceof KairosError)) throw error
    // names of types may contain points
    const [, , type] = /^batching\.maxBatch(\.(.*))?$/.exec(error.place.field ?? '') ?? []
    const path = type === undefined ? ['batching', 'maxBatch'] : ['batching', 'maxBatch', type]
    throw error.at(await placeOf(document, path))
  }
}

/** Reads a file that a field of the document names. If the file is missing, the error gives the place of the field. */
async function namedBy<Content>(
  document: Document,
  field: 'latency' | 'mix',
  content: Promise<Content>,
): Promise<Content> {
  try {
    return await content
  } catch (error) {
    if (!(error instanceof KairosError) || error.code !== 'NO_FILE') throw error
    const problem = `names ${error.place.file}: ${error.problem}`
    const cure = 'correct the path, which is relative to this file'
    throw new KairosError('NO_FILE', problem, await placeOf(document, [field]), cure, { cause: error })
  }
}

/** A path that a document gives relative to itself. */
export function fromFolderOf(document: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(document), path)
}
