import { valueText } from '../checks.ts'
import { refuseModel } from '../errors.ts'
import { firstIndex } from '../first-index.ts'
import { nearest } from '../nearest.ts'
import { type LatencyTable, largestBin } from './latency-table.ts'

/** The most queries of a batch, also of the kernel (assembly/layout/batches.ts). */
export const MAX_BATCH_QUERIES = 65

/** That instances serve several queries as one batch, and how large a batch may be. */
export interface Batching {
  /**
   * The largest total of a batch of two or more queries, a bin of the latency table: one number for all instance types,
   * or one by type. A type that is not named serves one query at a time.
   */
  readonly maxBatch: number | Readonly<Record<string, number>>
}

/**
 * Checks how large batches may be.
 *
 * @throws KairosError BAD_MODEL for a size that is no bin, and for a type that the latency table does not have
 */
export function checkBatching(batching: Batching, { types, batchSizes }: LatencyTable): void {
  if (typeof batching !== 'object' || batching === null) {
    const cure = 'an object with maxBatch is expected, or leave it out'
    refuseModel('batching', `is ${valueText(batching)}`, cure)
  }
  const unknown = Object.keys(batching).find((name) => name !== 'maxBatch')
  if (unknown !== undefined) {
    refuseModel(`batching.${unknown}`, 'is unknown', 'batching has maxBatch only')
  }
  const { maxBatch } = batching
  const check = (size: number, path: string) => {
    if (batchSizes.includes(size)) return
    if (typeof size !== 'number') refuseModel(path, `is ${valueText(size)}`, 'a batch size is expected')
    const largest = largestBin({ batchSizes })
    const below = batchSizes.findLast((bin) => bin < size) ?? batchSizes[0]
    refuseModel(
      path,
      size > largest
        ? `is ${size}, beyond the latency table`
        : `is ${size}, which is no bin of the latency table`,
      size > largest
        ? `the largest batch size that was measured is ${largest}`
        : `give one of its batch sizes, such as ${below}`,
    )
  }
  if (typeof maxBatch === 'number') {
    check(maxBatch, 'batching.maxBatch')
    return
  }
  // not a Map, whose entries are no properties
  if (Object.prototype.toString.call(maxBatch) !== '[object Object]') {
    const cure = 'a batch size is expected, or an object of one by instance type'
    refuseModel('batching.maxBatch', `is ${valueText(maxBatch)}`, cure)
  }
  for (const [type, size] of Object.entries(maxBatch)) {
    const field = `batching.maxBatch.${type}`
    if (!types.includes(type)) {
      const meant = nearest(type, types)
      const cure = `${meant ? `did you mean "${meant}"? The` : 'the'} latency table has ${types.join(', ')}`
      refuseModel(field, 'is no instance type of the latency table', cure)
    }
    check(size, field)
  }
}

/** The bin of `maxBatch` of each type, -1 for a type without one. The bound has a mode for each batch up to it. */
export function maxBatchBins(
  batching: Batching | undefined,
  types: readonly string[],
  batchSizes: Float64Array,
): Int32Array {
  return Int32Array.from(types, (type) => {
    if (batching === undefined) return -1
    const { maxBatch } = batching
    return batchSizes.indexOf(typeof maxBatch === 'number' ? maxBatch : (maxBatch[type] ?? NaN))
  })
}

/**
 * The bin of the largest batch of each type, -1 for a type that serves one query at a time. Where two queries of the
 * smallest size are more than the largest batch, no two fit.
 */
export function largestBatchBins(
  batching: Batching | undefined,
  types: readonly string[],
  batchSizes: Float64Array,
): Int32Array {
  return maxBatchBins(batching, types, batchSizes).map((bin) =>
    batchSizes[bin] >= 2 * batchSizes[0] ? bin : -1,
  )
}

/** The smallest unit of sizes, in items. */
const SMALLEST_UNIT = 1e-6

/** The relative rounding error that a size, or a sum of sizes, may have. */
const ROUNDING = 1e-12

/**
 * Batch sizes as whole multiples of a decimal unit, so that their sums are exact: as doubles, 0.1 + 0.2 is above 0.3,
 * but 1 + 2 tenths are 3 tenths. The unit is the largest of which all are multiples; without one, sizes stay.
 */
export function wholeSizes(batchSizes: Float64Array): Float64Array {
  for (let parts = 1; parts <= 1 / SMALLEST_UNIT; parts *= 10) {
    const whole = batchSizes.map((size) => Math.round(size * parts))
    if (whole.every((size, k) => Math.abs(size - batchSizes[k] * parts) <= ROUNDING * size)) return whole
  }
  return batchSizes
}

/**
 * The bin of a batch: that of the sum of the sizes of its members, or of its only query.
 *
 * @param bins of its members, one at least
 */
export function batchBin(batchSizes: Float64Array, bins: readonly number[]): number {
  if (bins.length === 1) return bins[0]
  const total = bins.reduce((sum, bin) => sum + batchSizes[bin], 0)
  // where sizes are no whole numbers, their sum has a rounding error
  return firstIndex(batchSizes.length - 1, (k) => batchSizes[k] >= total * (1 - ROUNDING))
}
