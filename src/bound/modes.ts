/**
 * The modes of batching: a query of bin k that a type serves in batches of bin s takes its share of their time,
 * l_s b_k / s, and misses QoS as often as they do, v_s. All modes of a type share its time.
 *
 * The prices of the optimum are >= 0, so only the modes on the lower left hull of (time, violation) can be optimal. The
 * others are left out.
 */
import type { FluidProgram } from '../kernel/contract.ts'

/** A fluid program whose lines are modes. */
export interface BatchedProgram extends FluidProgram {
  readonly lineType: Int32Array
  /** L x K bins of the batches in which a line serves queries of a bin. */
  readonly batchBin: Int32Array
}

interface Mode {
  readonly bin: number
  readonly service: number
  readonly violation: number
}

/**
 * The program with batches, from the one that serves one query at a time.
 *
 * @param batchSizes K batch sizes
 * @param largest of each type the bin of its largest batch, -1 for none
 */
export function batchedProgram(
  program: FluidProgram,
  batchSizes: Float64Array,
  largest: Int32Array,
): BatchedProgram {
  const bins = batchSizes.length
  const service: number[] = []
  const violation: number[] = []
  const batchBin: number[] = []
  const lineType: number[] = []
  largest.forEach((most, type) => {
    const hulls = hullsOf(program, batchSizes, type, most)
    const lines = hulls.reduce((count, hull) => Math.max(count, hull.length), 1)
    for (let line = 0; line < lines; line++) {
      lineType.push(type)
      for (let k = 0; k < bins; k++) {
        const mode = hulls[k][Math.min(line, hulls[k].length - 1)]
        service.push(mode.service)
        violation.push(mode.violation)
        batchBin.push(mode.bin)
      }
    }
  })
  return {
    ...program,
    service: Float64Array.from(service),
    violation: Float64Array.from(violation),
    lineType: Int32Array.from(lineType),
    batchBin: Int32Array.from(batchBin),
  }
}

/** Of each bin the modes of a type that may be optimal, fastest first. */
function hullsOf(program: FluidProgram, batchSizes: Float64Array, type: number, most: number): Mode[][] {
  const bins = batchSizes.length
  const row = type * bins
  const modeOf = (k: number, bin: number): Mode => {
    // alone a query takes what the table says, to the last bit
    const share = bin === k ? 1 : batchSizes[k] / batchSizes[bin]
    return { bin, service: program.service[row + bin] * share, violation: program.violation[row + bin] }
  }
  const perItem = (bin: number) => program.service[row + bin] / batchSizes[bin]
  const batches = Array.from({ length: most + 1 }, (_, bin) => bin).sort(
    (a, b) => perItem(a) - perItem(b) || program.violation[row + a] - program.violation[row + b],
  )
  return Array.from({ length: bins }, (_, k) => {
    const alone = modeOf(k, k)
    // a bin without queries has no part in the program: one mode is enough
    if (program.probability[k] === 0) return [alone]
    const candidates = batches.filter((bin) => bin >= k).map((bin) => modeOf(k, bin))
    if (k > most) candidates.push(alone)
    return lowerLeftHull(candidates)
  })
}

/** The modes that no other one, and no mixture of two, dominates. `modes` are in order of their services. */
function lowerLeftHull(modes: readonly Mode[]): Mode[] {
  const hull: Mode[] = []
  for (const mode of modes) {
    const last = hull.at(-1)
    if (last && mode.violation >= last.violation) continue
    while (hull.length > 0 && isAbove(hull.at(-2), hull[hull.length - 1], mode)) hull.pop()
    hull.push(mode)
  }
  return hull
}

/** Whether a mode lies on or above the line between the ones before and after it. */
function isAbove(before: Mode | undefined, mode: Mode, after: Mode): boolean {
  if (before === undefined) return mode.service >= after.service
  const rise = (mode.violation - before.violation) * (after.service - before.service)
  return rise >= (after.violation - before.violation) * (mode.service - before.service)
}
