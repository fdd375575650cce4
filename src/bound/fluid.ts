import type { FluidProgram } from '../kernel/contract.ts'
import { exceedance } from '../model/latency-table.ts'
import { binProbabilities, tableRows, type Workload } from '../model/workload.ts'

/**
 * The fluid program of a workload over some types of its latency table, in their order.
 *
 * @throws KairosError BAD_MODEL for a type that the table does not have
 */
export function fluidProgram(workload: Workload, types: readonly string[]): FluidProgram {
  const { latency, qosMs, percentile } = workload
  const bins = latency.batchSizes.length
  const rows = tableRows(latency, types)
  const cells = Array.from(
    { length: types.length * bins },
    (_, i) => rows[Math.floor(i / bins)] * bins + (i % bins),
  )
  return {
    probability: binProbabilities(workload),
    service: Float64Array.from(cells, (cell) => latency.meanMs[cell]),
    violation: Float64Array.from(cells, (cell) => exceedance(latency, cell, qosMs)),
    // 1 - 99 / 100 would be 0.010000000000000009
    epsilon: (100 - percentile) / 100,
  }
}
