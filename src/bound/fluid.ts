import type { FluidProgram, KernelName } from '../kernel/contract.ts'
import { sharedKernel } from '../kernel/shared.ts'
import { largestBatchBins } from '../model/batching.ts'
import { checkSlots } from '../model/concurrency.ts'
import { exceedance, type Knots } from '../model/latency-table.ts'
import type { Service } from '../model/service.ts'
import type { Counts } from '../model/space.ts'
import { binProbabilities, checkWorkload, tableRows, type Workload } from '../model/workload.ts'
import { batchedProgram } from './modes.ts'

/** The inputs of a fluid program: K bins, and T x K service times. */
interface FluidInput extends Knots {
  readonly probabilities: Float64Array
  readonly meanMs: Float64Array
  readonly qosMs: number
  readonly percentile: number
  /** T slots of an instance; 1 unless given. */
  readonly slots?: readonly number[] | undefined
}

/** The fluid program of types whose tables are given. */
export function fluidProgramOf(input: FluidInput): FluidProgram {
  const { probabilities, meanMs, qosMs, percentile, slots } = input
  const bins = probabilities.length
  return {
    probability: probabilities,
    // a query takes one of the slots of an instance: this share of its time
    service: slots ? meanMs.map((ms, cell) => ms / slots[Math.floor(cell / bins)]) : meanMs,
    violation: meanMs.map((_, cell) => exceedance(input, cell, qosMs)),
    // 1 - 99 / 100 would be 0.010000000000000009
    epsilon: (100 - percentile) / 100,
  }
}

/**
 * The fluid program of a workload over some types of its latency table, in their order. With mean service times a
 * query of a bin is either always a violation or never. If the workload has batching, its lines are modes.
 *
 * @param slots the slots of an instance of each type; 1 unless given
 * @throws KairosError BAD_MODEL for a type that the table does not have, or that it has at another concurrency than its slots
 */
export function fluidProgram(
  workload: Workload,
  types: readonly string[],
  service: Service = 'sampled',
  slots?: readonly number[],
): FluidProgram {
  checkWorkload(workload)
  const { latency, qosMs, percentile, batching } = workload
  const bins = latency.batchSizes.length
  const rows = tableRows(latency, types)
  checkSlots(latency, types, slots)
  const rowsOf = (table: Float64Array, width: number) =>
    Float64Array.from({ length: rows.length * width }, (_, i) => {
      return table[rows[Math.floor(i / width)] * width + (i % width)]
    })
  const meanMs = rowsOf(latency.meanMs, bins)
  const program = fluidProgramOf({
    probabilities: binProbabilities(workload),
    meanMs,
    slots,
    levels: latency.levels,
    knotsMs: rowsOf(latency.knotsMs, bins * latency.levels.length),
    qosMs,
    percentile,
  })
  const served =
    service === 'sampled' ? program : { ...program, violation: meanMs.map((ms) => (ms > qosMs ? 1 : 0)) }
  if (batching === undefined) return served
  return batchedProgram(served, latency.batchSizes, largestBatchBins(batching, types, latency.batchSizes))
}

export interface FluidBoundOptions {
  readonly service?: Service | undefined
  /** The slots of an instance of each type; 1 unless given. */
  readonly slots?: readonly number[] | undefined
  readonly kernel?: KernelName | undefined
}

/** The fluid bound of one configuration, queries per second. */
export function fluidBound(
  workload: Workload,
  types: readonly string[],
  counts: Counts,
  options: FluidBoundOptions = {},
): number {
  const { service, slots, kernel } = options
  const program = fluidProgram(workload, types, service, slots)
  return sharedKernel(kernel).fluidRouting({ program, counts: Float64Array.from(counts) }).bound
}
