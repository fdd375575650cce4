import { withoutRounding } from '../rounding.ts'
import type { LatencyTable } from './latency-table.ts'

/** The names of the columns of quantiles, by the shortest digits of the percentage: p99.9_ms. */
export function knotNames(levels: Float64Array): string[] {
  return Array.from(levels, (level) => `p${withoutRounding(100 * level)}_ms`)
}

/**
 * A latency table as files have it, the header first; without samples and concurrency where these are not known.
 *
 * @param meanCell and `knotCell`: how times are written
 */
export function tableCells(
  { types, batchSizes, levels, samples, concurrency, meanMs, knotsMs }: LatencyTable,
  meanCell: (ms: number) => string,
  knotCell: (ms: number) => string,
): (number | string)[][] {
  const isCounted = samples.some((count) => count > 0)
  const about = [...(isCounted ? ['samples'] : []), ...(concurrency ? ['concurrency'] : [])]
  const rows = Array.from(meanMs, (ms, row) => {
    const t = Math.floor(row / batchSizes.length)
    const knots = Array.from(knotsMs.subarray(row * levels.length, (row + 1) * levels.length))
    return [
      ...[types[t], batchSizes[row % batchSizes.length]],
      ...(isCounted ? [samples[row]] : []),
      ...(concurrency ? [concurrency[t] || ''] : []),
      ...[meanCell(ms), ...knots.map((knot) => knotCell(knot))],
    ]
  })
  return [['instance_type', 'batch_size', ...about, 'mean_ms', ...knotNames(levels)], ...rows]
}
