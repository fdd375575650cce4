import { programInUse } from '../dispatch/prices.ts'
import type { PreparedPolicy } from '../dispatch/setup.ts'
import { sharedKernel } from '../kernel/shared.ts'
import { boundedTypes } from '../model/fleet/space.ts'
import type { Queries } from './input.ts'

/**
 * The fluid bound of a configuration for the sizes that were drawn, and for service times as they are drawn, queries
 * per second. The sizes of 20,000 queries move the bound by some tenths of a percent. 0 where no rate keeps the target.
 *
 * To a millionth, or to the ninth digit where it is below 1, so that it does not depend on the solver.
 *
 * @throws KairosError TOO_LARGE for more than 16 types with instances
 */
export function drawnBound({ context, setup }: PreparedPolicy, { bin, uniform }: Queries): number {
  const { bins, types, instanceType } = setup
  const counts = new Array<number>(types).fill(0)
  for (const t of instanceType) counts[t]++
  const used = boundedTypes(counts)
  const queries = new Float64Array(bins)
  for (const k of bin) queries[k]++
  const drawn = { ...context, probabilities: queries.map((count) => count / bin.length) }
  const { bound } = sharedKernel().fluidRouting({
    program: programInUse(drawn, used, uniform ? 'sampled' : 'mean'),
    counts: Float64Array.from(used, (t) => counts[t]),
  })
  return bound < 1 ? Number(bound.toPrecision(9)) : Math.round(bound * 1e6) / 1e6
}
