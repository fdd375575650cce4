import { spaceProgram } from '../bound/fluid.ts'
import type { Kernel } from '../kernel/contract.ts'
import { configurationsOf, nextCounts } from '../kernel/lattice.ts'
import { refuseLarge } from '../model/errors.ts'
import type { Space } from '../model/fleet/space.ts'
import type { Workload } from '../model/workload/workload.ts'
import { countRanges } from './lattice.ts'

/** The most configurations of a plan: a table of the cost-to-go has a cell for each. */
export const MOST_CONFIGURATIONS = 1e6

/** Configurations whose bounds are computed in one call of the kernel. */
const CHUNK = 4096

/**
 * The fluid bound of every configuration of the counts 0 to max, row-major, the last type fastest, in queries per
 * second.
 *
 * @throws KairosError TOO_LARGE beyond a million configurations
 */
export function boundsOfLattice(kernel: Kernel, workload: Workload, space: Space): Float64Array {
  const { types } = space
  const ranges = countRanges(types)
  const size = configurationsOf(ranges)
  if (size > MOST_CONFIGURATIONS) {
    const problem = `the space has ${size.toExponential(1)} configurations, a plan takes up to ${MOST_CONFIGURATIONS}`
    const cure = 'lower the budget, or the maxima of the types to what the largest rate can need'
    refuseLarge('space', problem, cure)
  }
  const program = spaceProgram(workload, space)
  const bounds = new Float64Array(size)
  const counts = new Array<number>(types.length).fill(0)
  for (let from = 0; from < size; from += CHUNK) {
    const rows = Math.min(CHUNK, size - from)
    const chunk = new Float64Array(rows * types.length)
    for (let i = 0; i < rows; i++) {
      chunk.set(counts, i * types.length)
      nextCounts(ranges, counts)
    }
    bounds.set(kernel.fluidBounds({ program, counts: chunk }).bound, from)
  }
  return bounds
}
