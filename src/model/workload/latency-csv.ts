import { type Cell, csvText } from '../csv.ts'
import type { LatencyTable } from './latency-table.ts'

/** The names of the columns of quantiles: p0_ms, p99.9_ms. */
export function knotNames(levels: Float64Array): string[] {
  // the shortest digits of the percentage: 100 * 0.07 would be 7.000000000000001
  return Array.from(levels, (level) => `p${Number((100 * level).toPrecision(12))}_ms`)
}

/**
 * A latency table as CSV, without `samples` and `concurrency` where they are not known.
 *
 * @param meanCell how a mean is written, and `knotCell` a quantile: with every digit by default
 */
export function latencyCsv(
  { types, batchSizes, levels, samples, concurrency, meanMs, knotsMs }: LatencyTable,
  meanCell: (ms: number) => Cell = (ms) => ms,
  knotCell = meanCell,
): string {
  const counted = samples.some((count) => count > 0)
  const about = [...(counted ? ['samples'] : []), ...(concurrency ? ['concurrency'] : [])]
  const header = ['instance_type', 'batch_size', ...about, 'mean_ms', ...knotNames(levels)]
  const rows = Array.from(meanMs, (mean, row) => {
    const type = Math.floor(row / batchSizes.length)
    const knots = Array.from(knotsMs.subarray(row * levels.length, (row + 1) * levels.length))
    return [
      ...[types[type], batchSizes[row % batchSizes.length], ...(counted ? [samples[row]] : [])],
      ...(concurrency ? [concurrency[type] || ''] : []),
      ...[meanCell(mean), ...knots.map(knotCell)],
    ]
  })
  return csvText([header, ...rows])
}
