import { fluidProgramOf } from '../bound/fluid.ts'
import type { Counts } from '../model/space.ts'
import type { PolicyContext } from './policy.ts'
import { sharedKernel } from './shared-kernel.ts'

/** The fluid kernel keeps a word for every set of types: so many types are as many as it should see. */
const MOST_TYPES = 12

export interface Prices {
  /** T prices, queries a second per instance; 0 for a type that is not in use. */
  readonly price: Float64Array
  /** Of a query a millisecond that may miss. All are 0 where no routing keeps the percentile. */
  readonly violationPrice: number
}

/**
 * The prices of the fluid bound. Of more than 12 types in use, as where a live fleet has a type for each
 * degree of wear, those closest in speed are counted as the most frequent of them, and share its price in
 * proportion to their speed.
 *
 * They come from the WebAssembly kernel whichever replays: where prices are not unique, two solvers differ.
 */
export function pricesOf(context: PolicyContext, counts: Counts): Prices {
  const { types, batchSizes, levels } = context
  const bins = batchSizes.length
  const groups = groupsOf(context, counts)
  const price = new Float64Array(types.length)
  if (groups.length === 0) return { price, violationPrice: 0 }
  const rowsOf = (table: Float64Array, width: number) => {
    const rows = new Float64Array(groups.length * width)
    groups.forEach(([t], g) => {
      rows.set(table.subarray(t * width, (t + 1) * width), g * width)
    })
    return rows
  }
  const found = sharedKernel().fluidRouting({
    program: fluidProgramOf({
      ...context,
      meanMs: rowsOf(context.meanMs, bins),
      knotsMs: rowsOf(context.knotsMs, bins * levels.length),
    }),
    counts: Float64Array.from(groups, (group) => group.reduce((sum, t) => sum + counts[t], 0)),
  })
  groups.forEach((group, g) => {
    for (const t of group) {
      price[t] = (found.price[g] * largestMs(context, group[0])) / largestMs(context, t)
    }
  })
  return { price, violationPrice: found.violationPrice }
}

/** The types in use in up to 12 groups, the most frequent of each group first. */
function groupsOf(context: PolicyContext, counts: Counts): number[][] {
  const { types } = context
  const speed = (t: number) => Math.log(largestMs(context, t))
  const groups = Array.from(types.keys())
    .filter((t) => counts[t] > 0)
    .sort((a, b) => speed(a) - speed(b))
    .map((t) => [t])
  while (groups.length > MOST_TYPES) {
    let closest = 1
    for (let g = 2; g < groups.length; g++) {
      const apart = (at: number) => speed(groups[at][0]) - speed(groups[at - 1][0])
      if (apart(g) < apart(closest)) closest = g
    }
    const merged = [...groups[closest - 1], ...groups[closest]]
    groups.splice(
      closest - 1,
      2,
      merged.sort((a, b) => counts[b] - counts[a] || a - b),
    )
  }
  return groups.sort((a, b) => a[0] - b[0])
}

function largestMs({ meanMs, batchSizes }: PolicyContext, type: number): number {
  return meanMs[(type + 1) * batchSizes.length - 1]
}
