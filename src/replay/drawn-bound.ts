import { fluidProgramOf } from '../bound/fluid.ts'
import { batchedProgram } from '../bound/modes.ts'
import type { PreparedPolicy } from '../dispatch/setup.ts'
import { sharedKernel } from '../kernel/shared.ts'
import type { Queries } from './input.ts'

/** The most types of a fluid program. */
const MOST_TYPES = 16

/**
 * The fluid bound of a configuration for the sizes that were drawn, and for service times as they are drawn, queries per
 * second. The sizes of 20,000 queries move the bound by some tenths of a percent. 0 where no rate keeps the target, and
 * where more than 16 types are in use.
 *
 * To a millionth, so that it does not depend on the solver.
 */
export function drawnBound({ context, setup }: PreparedPolicy, { bin, uniform }: Queries): number {
  const { meanMs, knotsMs, levels, qosMs, percentile, batchSizes, batchBins } = context
  const { bins, types, instanceType } = setup
  const counts = new Float64Array(types)
  for (const t of instanceType) counts[t]++
  const used = Array.from(counts.keys()).filter((t) => counts[t] > 0)
  if (used.length > MOST_TYPES) return 0
  const queries = new Float64Array(bins)
  for (const k of bin) queries[k]++
  const rowsOf = (table: Float64Array, width: number) =>
    Float64Array.from({ length: used.length * width }, (_, i) => {
      return table[used[Math.floor(i / width)] * width + (i % width)]
    })
  const means = rowsOf(meanMs, bins)
  const program = fluidProgramOf({
    probabilities: queries.map((count) => count / bin.length),
    meanMs: means,
    knotsMs: rowsOf(knotsMs, bins * levels.length),
    ...{ levels, qosMs, percentile },
  })
  const drawn = uniform ? program : { ...program, violation: means.map((ms) => (ms > qosMs ? 1 : 0)) }
  const { bound } = sharedKernel().fluidRouting({
    program: batchBins
      ? batchedProgram(
          drawn,
          batchSizes,
          Int32Array.from(used, (t) => batchBins[t]),
        )
      : drawn,
    counts: Float64Array.from(used, (t) => counts[t]),
  })
  return Math.round(bound * 1e6) / 1e6
}
