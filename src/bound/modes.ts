/**
 * The modes of batching: a query of bin k that a type serves in batches of bin s takes its share of their time,
 * l_s b_k / s, and misses QoS as often as they do, v_s. All modes of a type share its time.
 *
 * The prices of the optimum are >= 0, so only the modes on the lower left hull of (time, violation) can be optimal. The
 * others are left out.
 */
import type { FluidProgram } from '../kernel/contract.ts'
import { KairosError } from '../model/errors.ts'

/** A fluid program whose lines are modes. */
export interface BatchedProgram extends FluidProgram {
  readonly lineType: Int32Array
  /** L x K bins of the batches in which a line serves queries of a bin. */
  readonly batchBin: Int32Array
}

/** The most pairs of a line and a bin. For each of them a kernel takes 50 to 70 bytes of its 4 GB. */
const MOST_PAIRS = 2 ** 24

interface Mode {
  readonly bin: number
  readonly service: number
  readonly violation: number
}

/**
 * The program with batches, from the one that serves one query at a time.
 *
 * @param batchSizes K batch sizes
 * @param largestBin of each type the bin of its largest batch, -1 for none
 * @throws KairosError TOO_LARGE where it does not fit the memory of a kernel
 */
export function batchedProgram(
  program: FluidProgram,
  batchSizes: Float64Array,
  largestBin: Int32Array,
): BatchedProgram {
  const bins = batchSizes.length
  const hulls = Array.from(largestBin, (bin, type) => hullsOf(program, batchSizes, type, bin))
  const lineType = Int32Array.from(hulls.flatMap((ofBins, type) => Array(mostModes(ofBins)).fill(type)))
  checkLines(lineType.length, bins)
  const pairs = lineType.length * bins
  const batched = {
    service: new Float64Array(pairs),
    violation: new Float64Array(pairs),
    batchBin: new Int32Array(pairs),
  }
  let at = 0
  for (const ofBins of hulls) {
    for (let line = 0; line < mostModes(ofBins); line++) {
      for (const hull of ofBins) {
        const mode = hull[Math.min(line, hull.length - 1)]
        batched.service[at] = mode.service
        batched.violation[at] = mode.violation
        batched.batchBin[at] = mode.bin
        at++
      }
    }
  }
  return { ...program, ...batched, lineType }
}

function mostModes(hulls: readonly Mode[][]): number {
  return hulls.reduce((count, hull) => Math.max(count, hull.length), 1)
}

function checkLines(lines: number, bins: number): void {
  if (lines * bins <= MOST_PAIRS) return
  const problem = `needs a program of ${lines} or more lines for each of ${bins} batch sizes`
  const cure = 'lower maxBatch, or leave batch sizes out of the latency table'
  throw new KairosError('TOO_LARGE', problem, { field: 'batching' }, cure)
}

/**
 * Of each bin the modes of a type that may be optimal, fastest first.
 *
 * A smaller bin scales the times of all batches alike. A batch off the hull of one bin is off those of smaller bins, so
 * each hull is made of the one before and the batches since: O(K) times the length of a hull, not O(K^2).
 */
function hullsOf(
  program: FluidProgram,
  batchSizes: Float64Array,
  type: number,
  largestBin: number,
): Mode[][] {
  const bins = batchSizes.length
  const row = type * bins
  const modeOf = (k: number, bin: number): Mode => {
    // alone a query takes what the table says, to the last bit
    const share = bin === k ? 1 : batchSizes[k] / batchSizes[bin]
    return { bin, service: program.service[row + bin] * share, violation: program.violation[row + bin] }
  }
  const perItem = (bin: number) => program.service[row + bin] / batchSizes[bin]
  const fasterFirst = (a: number, b: number) =>
    perItem(a) - perItem(b) || program.violation[row + a] - program.violation[row + b] || a - b
  const hulls = Array.from({ length: bins }, (_, k) => [modeOf(k, k)])
  let batches: number[] = []
  for (let k = largestBin; k >= 0; k--) {
    batches.push(k)
    // a bin without queries has no part in the program: one mode is enough
    if (program.probability[k] === 0) continue
    hulls[k] = lowerLeftHull(batches.sort(fasterFirst).map((bin) => modeOf(k, bin)))
    checkLines(hulls[k].length, bins)
    batches = hulls[k].map((mode) => mode.bin)
  }
  return hulls
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
