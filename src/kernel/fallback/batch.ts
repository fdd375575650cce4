/** Batches: what several queries that start together on one instance have in common. */
import { MAX_BATCH_QUERIES } from '../../model/workload/batching.ts'
import type { Instance, Pair, Query } from './scene.ts'

/** The bin of a total size: the first that is not smaller; the last one for a larger size. */
export function binOfTotal(batchSize: Float64Array, total: number): number {
  const last = batchSize.length - 1
  let bin = 0
  while (bin < last && !(batchSize[bin] >= total)) bin++
  return bin
}

/** The bin of a batch: that of its only query, or of the sum of the sizes of its members in doubles. */
export function binOfBatch(batchSize: Float64Array, bins: readonly number[]): number {
  if (bins.length === 1) return bins[0]
  return binOfTotal(
    batchSize,
    bins.reduce((sum, bin) => sum + batchSize[bin], 0),
  )
}

export function pairsOf(batchSize: Float64Array, queries: readonly Query[], instance: Instance): Pair[] {
  const bin = binOfBatch(
    batchSize,
    queries.map((query) => query.bin),
  )
  return queries.map((query) => ({ query, instance, batchBin: bin }))
}

/** Whether a batch has room for one more query. */
export function hasRoom(members: number, total: number, size: number, largest: number): boolean {
  return members < MAX_BATCH_QUERIES && total + size <= largest
}

/** The oldest of some queries, and those behind it that still fit into a batch. */
export function oldestThatFit(batchSize: Float64Array, queries: readonly Query[], largest: number): Query[] {
  const members: Query[] = []
  let total = 0
  for (const query of queries) {
    const size = batchSize[query.bin]
    if (members.length > 0 && !hasRoom(members.length, total, size, largest)) continue
    members.push(query)
    total += size
  }
  return members
}
