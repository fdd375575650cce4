import { fluidProgramOf } from '../bound/fluid.ts'
import { batchedProgram } from '../bound/modes.ts'
import { sharedKernel } from '../kernel/shared.ts'
import type { Counts } from '../model/space.ts'
import type { PolicyContext } from './policy.ts'

/** The most types of a fluid program. A space has no more; a live fleet may. */
const MOST_TYPES = 16

export interface Prices {
  /** T prices, queries a second per instance; 0 for a type that is not in use. */
  readonly price: Float64Array
  /** Of a query a millisecond that may miss. */
  readonly violationPrice: number
}

/**
 * The prices of the fluid bound. All are 0 where no routing keeps the percentile, and where more than 16 types are in
 * use.
 *
 * They come from the WebAssembly kernel whichever replays: where prices are not unique, two solvers differ.
 */
export function pricesOf(context: PolicyContext, counts: Counts): Prices {
  const { types, batchSizes, levels, batchBins } = context
  const price = new Float64Array(types.length)
  const used = Array.from(types.keys()).filter((t) => counts[t] > 0)
  if (used.length === 0 || used.length > MOST_TYPES) return { price, violationPrice: 0 }
  const rowsOf = (table: Float64Array, width: number) => {
    const rows = new Float64Array(used.length * width)
    used.forEach((t, row) => {
      rows.set(table.subarray(t * width, (t + 1) * width), row * width)
    })
    return rows
  }
  const program = fluidProgramOf({
    ...context,
    meanMs: rowsOf(context.meanMs, batchSizes.length),
    knotsMs: rowsOf(context.knotsMs, batchSizes.length * levels.length),
  })
  const found = sharedKernel().fluidRouting({
    program: batchBins
      ? batchedProgram(
          program,
          batchSizes,
          Int32Array.from(used, (t) => batchBins[t]),
        )
      : program,
    counts: Float64Array.from(used, (t) => counts[t]),
  })
  used.forEach((t, row) => {
    price[t] = found.price[row]
  })
  return { price, violationPrice: found.violationPrice }
}
