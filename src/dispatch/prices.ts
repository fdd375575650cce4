import { fluidProgramOf } from '../bound/fluid.ts'
import { batchedProgram } from '../bound/modes.ts'
import type { FluidProgram } from '../kernel/contract.ts'
import { sharedKernel } from '../kernel/shared.ts'
import { MAX_TYPES } from '../model/checks.ts'
import { dot } from '../model/dot.ts'
import { type Counts, typesInUse } from '../model/fleet/space.ts'
import { rowsOf } from '../model/workload/latency-table.ts'
import type { Service } from '../model/workload/service.ts'
import type { PolicyContext } from './policy.ts'

/** The prices of a configuration, from the dual of its fluid program. */
export interface Prices {
  /** T prices, queries a second per instance; 0 for a type that is not in use. */
  readonly price: Float64Array
  /** Queries a second, for one more query a millisecond that may miss QoS: as in `FluidBounds`. */
  readonly violationPrice: number
}

/**
 * The prices of the fluid bound. All are 0 where no routing keeps the percentile, and where more than 16 types are in
 * use.
 *
 * They come from the WebAssembly kernel whichever replays: where prices are not unique, two solvers differ.
 */
export function pricesOf(context: PolicyContext, counts: Counts): Prices {
  const price = new Float64Array(context.types.length)
  const used = typesInUse(counts)
  // a space has no more types; a live fleet may
  if (used.length === 0 || used.length > MAX_TYPES) return { price, violationPrice: 0 }
  const found = sharedKernel().fluidRouting({
    program: programInUse(context, used),
    counts: Float64Array.from(used, (t) => counts[t]),
  })
  used.forEach((t, row) => {
    price[t] = found.price[row]
  })
  return { price, violationPrice: found.violationPrice }
}

/** The fluid bound of a configuration from its prices, queries per second: by strong duality, prices times counts. */
export function boundOfPrices(price: Float64Array, counts: Counts): number {
  return dot(counts, price)
}

/** The fluid program of some types of a context, with batches where it has them. */
export function programInUse(
  context: PolicyContext,
  used: readonly number[],
  service?: Service,
): FluidProgram {
  const { meanMs, knotsMs, batchSizes, levels, batchBins } = context
  const program = fluidProgramOf({
    ...context,
    meanMs: rowsOf(meanMs, used, batchSizes.length),
    knotsMs: rowsOf(knotsMs, used, batchSizes.length * levels.length),
    service,
  })
  if (!batchBins) return program
  const largest = Int32Array.from(used, (t) => batchBins[t])
  return batchedProgram(program, batchSizes, largest)
}
