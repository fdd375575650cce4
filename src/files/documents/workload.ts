import { dirname, isAbsolute, join } from 'node:path'
import { KairosError } from '../../model/errors.ts'
import type { Workload } from '../../model/workload.ts'
import { findDocument } from '../io/shipped.ts'
import { type ReadLatencyTableOptions, readLatencyTable } from '../tables/latency-table.ts'
import { readMix } from '../tables/mix.ts'
import { checkDocument, type Document, openDocument, placeOf } from './document.ts'
import type { Documents } from './schemas.ts'

/**
 * Reads `{ model, latency, mix, qosMs, percentile }` in JSON or YAML and the two files that it names,
 * relative to it; a bare name such as `rm2` is a shipped workload.
 *
 * @throws KairosError BAD_USAGE for a name that is not shipped; NO_FILE, BAD_FILE
 */
export async function readWorkload(
  pathOrName: string,
  options: ReadLatencyTableOptions = {},
): Promise<Workload> {
  const { path, shipped } = await findDocument('workloads', pathOrName)
  const document = await openDocument(path)
  // the tests check what is shipped; loading zod would take longer than all the rest
  const checked = shipped
    ? (document.value as Documents['workload'])
    : await checkDocument(document, 'workload')
  const { model, qosMs, percentile } = checked
  const latencyFile = besides(path, checked.latency)
  const mixFile = besides(path, checked.mix)
  const [latency, mix] = await Promise.all([
    namedBy(document, 'latency', readLatencyTable(latencyFile, options)),
    namedBy(document, 'mix', readMix(mixFile)),
  ])
  const largest = latency.batchSizes[latency.batchSizes.length - 1]
  mix.batchSizes.forEach((size, i) => {
    if (size <= largest || mix.probabilities[i] === 0) return
    throw new KairosError(
      'BAD_FILE',
      `is ${size}, beyond the largest bin ${largest} of ${latencyFile}`,
      { file: mixFile, field: 'batch_size' },
      'measure that size, or leave it out of the mix',
    )
  })
  return { model, latency, mix, qosMs, percentile }
}

/** Reads a file that a field of the document names; where there is none, the error says which field names it. */
async function namedBy<Content>(
  document: Document,
  field: 'latency' | 'mix',
  content: Promise<Content>,
): Promise<Content> {
  try {
    return await content
  } catch (error) {
    if (!(error instanceof KairosError) || error.code !== 'NO_FILE') throw error
    throw new KairosError(
      'NO_FILE',
      `names ${error.place.file}: ${error.problem}`,
      await placeOf(document, [field]),
      'correct the path, which is relative to this file',
      { cause: error },
    )
  }
}

function besides(document: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(document), path)
}
