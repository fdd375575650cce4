/** Batches: what several queries that start together on one instance have in common. */
import type { Instance, Pair, Query } from './scene.ts'

/** The most queries of a batch. */
export const MAX_MEMBERS = 65

/** The bin of a total size: the first that is not smaller; the last one for a larger size. */
export function binOfTotal(batchSize: Float64Array, total: number): number {
  const bin = batchSize.findIndex((size) => size >= total)
  return bin < 0 ? batchSize.length - 1 : bin
}

/** The bin of a batch, whose queries are in order of arrival: that of its total, or of its only query. */
export function binOfBatch(batchSize: Float64Array, bins: readonly number[]): number {
  if (bins.length === 1) return bins[0]
  return binOfTotal(
    batchSize,
    bins.reduce((sum, bin) => sum + batchSize[bin], 0),
  )
}

/** The pairs of a batch. */
export function pairsOf(batchSize: Float64Array, queries: readonly Query[], instance: Instance): Pair[] {
  const batchBin = binOfBatch(
    batchSize,
    queries.map(({ bin }) => bin),
  )
  return queries.map((query) => ({ query, instance, batchBin }))
}

/** The oldest of some queries, and those behind it that still fit into a batch. */
export function oldestThatFit(queries: readonly Query[], batchSize: Float64Array, largest: number): Query[] {
  const members: Query[] = []
  let total = 0
  for (const query of queries) {
    const size = batchSize[query.bin]
    if (members.length > 0 && !(members.length < MAX_MEMBERS && total + size <= largest)) continue
    members.push(query)
    total += size
  }
  return members
}
