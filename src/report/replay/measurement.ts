import type { LatencyTable } from '../../model/workload/latency-table.ts'
import { inColumns, styles } from '../columns.ts'

/** A measured latency table for a terminal: mean, quantiles and spread of every bin. */
export function measurementTable(measured: LatencyTable, color: boolean): string {
  const { types, batchSizes, levels, samples, meanMs, knotsMs } = measured
  const { bold } = styles(color)
  const at = (row: number, level: number) => knotsMs[row * levels.length + levels.indexOf(level)]
  const header = ['type', 'batch', 'samples', 'mean ms', 'p50', 'p99', 'max', 'p99/p50']
  const rows = Array.from(meanMs, (mean, row) => {
    const [p50, p99, max] = [at(row, 0.5), at(row, 0.99), at(row, 1)]
    return [
      types[Math.floor(row / batchSizes.length)],
      String(batchSizes[row % batchSizes.length]),
      String(samples[row]),
      ...[mean, p50, p99, max].map((ms) => ms.toFixed(3)),
      `${(p99 / p50).toFixed(2)}x`,
    ]
  })
  return inColumns([header.map(bold), ...rows])
}
