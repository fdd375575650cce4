import type { FluidBounds, FluidProgram, Kernel, KernelName } from '../kernel/contract.ts'
import { lineTypesOf } from '../kernel/fluid-lines.ts'
import { sharedKernel } from '../kernel/shared.ts'
import { refuseModel } from '../model/errors.ts'
import { checkSlots } from '../model/fleet/concurrency.ts'
import { checkCounts } from '../model/fleet/configuration.ts'
import { boundedTypes, type Counts, type Space, slotsOf, typeNames } from '../model/fleet/space.ts'
import { violationBudget } from '../model/results/latencies.ts'
import { maxBatchBins } from '../model/workload/batching.ts'
import { exceedance, type Knots, rowsOf } from '../model/workload/latency-table.ts'
import type { Service } from '../model/workload/service.ts'
import { binProbabilities, checkWorkload, tableRows, type Workload } from '../model/workload/workload.ts'
import { batchedProgram } from './modes.ts'

/** The inputs of a fluid program: K bins, and T x K service times. */
interface FluidInput extends Knots {
  readonly probabilities: Float64Array
  readonly meanMs: Float64Array
  readonly qosMs: number
  readonly percentile: number
  /** With means a query of a bin is either always a violation or never; `sampled` unless given. */
  readonly service?: Service | undefined
  /** T slots of an instance; 1 unless given. */
  readonly slots?: readonly number[] | undefined
}

/** The fluid program of types whose tables are given. */
export function fluidProgramOf(input: FluidInput): FluidProgram {
  const { probabilities, meanMs, qosMs, percentile, service, slots } = input
  const bins = probabilities.length
  return {
    probability: probabilities,
    // a query takes one of the slots of an instance: this share of its time
    service: slots ? meanMs.map((ms, cell) => ms / slots[Math.floor(cell / bins)]) : meanMs,
    violation:
      service === 'mean'
        ? meanMs.map((ms) => (ms > qosMs ? 1 : 0))
        : meanMs.map((_, cell) => exceedance(input, cell, qosMs)),
    epsilon: violationBudget(percentile),
  }
}

/**
 * The fluid program of a workload over some types of its latency table, in their order. If the workload has batching,
 * its lines are modes.
 *
 * @param slots the slots of an instance of each type; 1 unless given
 * @throws KairosError BAD_MODEL for a type that the table lacks, or has at another concurrency than its slots
 */
export function fluidProgram(
  workload: Workload,
  types: readonly string[],
  service?: Service,
  slots?: readonly number[],
): FluidProgram {
  checkWorkload(workload)
  const { latency, qosMs, percentile, batching } = workload
  const bins = latency.batchSizes.length
  const rows = tableRows(latency, types)
  checkSlots(latency, types, slots)
  const alone = fluidProgramOf({
    probabilities: binProbabilities(workload),
    meanMs: rowsOf(latency.meanMs, rows, bins),
    service,
    slots,
    levels: latency.levels,
    knotsMs: rowsOf(latency.knotsMs, rows, bins * latency.levels.length),
    qosMs,
    percentile,
  })
  const program =
    batching === undefined
      ? alone
      : batchedProgram(alone, latency.batchSizes, maxBatchBins(batching, types, latency.batchSizes))
  checkRange(program, types)
  return program
}

/** The fluid bounds and prices of a list of configurations, whose counts need not be whole. */
export function fluidBoundsOf(
  kernel: Kernel,
  program: FluidProgram,
  configurations: readonly Counts[],
): FluidBounds {
  return kernel.fluidBounds({ program, counts: Float64Array.from(configurations.flat()) })
}

/** The fluid program of a workload over the types of a space, with slots. @throws KairosError as `fluidProgram` */
export function spaceProgram(workload: Workload, space: Space, service?: Service): FluidProgram {
  return fluidProgram(workload, typeNames(space), service, slotsOf(space))
}

/** The largest service time of a type, as a multiple of its smallest. Beyond about 10^9 bounds lose digits. */
const WIDEST_RANGE = 1e8

/** @throws KairosError BAD_MODEL where the service times of a type differ too much to be added up */
function checkRange(program: FluidProgram, types: readonly string[]): void {
  const { probability, service } = program
  const bins = probability.length
  const lineTypes = lineTypesOf(program)
  const least = new Float64Array(types.length).fill(Infinity)
  const most = new Float64Array(types.length)
  service.forEach((ms, cell) => {
    if (probability[cell % bins] === 0) return
    const t = lineTypes[Math.floor(cell / bins)]
    least[t] = Math.min(least[t], ms)
    most[t] = Math.max(most[t], ms)
  })
  const wide = types.findIndex((_, t) => most[t] > WIDEST_RANGE * least[t])
  if (wide < 0) return
  refuseModel(
    'latency',
    `has service times from ${least[wide]} to ${most[wide]} ms for ${types[wide]}`,
    `the largest may be 10^8 times the smallest: for a size that ${types[wide]} cannot serve, a time above the target is enough`,
  )
}

interface FluidBoundOptions {
  readonly service?: Service | undefined
  /** The slots of an instance of each type; 1 unless given. */
  readonly slots?: readonly number[] | undefined
  readonly kernel?: KernelName | undefined
}

/**
 * The fluid bound of one configuration, queries per second. Types without instances take no part.
 *
 * @throws KairosError BAD_MODEL for counts that do not fit the types; TOO_LARGE for more than 16 types with instances;
 *   as `fluidProgram` for these
 */
export function fluidBound(
  workload: Workload,
  types: readonly string[],
  counts: Counts,
  options: FluidBoundOptions = {},
): number {
  const { service, slots, kernel } = options
  checkCounts(types, counts, 0, Number.MAX_SAFE_INTEGER)
  const used = boundedTypes(counts)
  if (used.length === 0) return 0
  const program = fluidProgram(
    workload,
    used.map((t) => types[t]),
    service,
    slots && used.map((t) => slots[t]),
  )
  return sharedKernel(kernel).fluidRouting({ program, counts: Float64Array.from(used, (t) => counts[t]) })
    .bound
}
