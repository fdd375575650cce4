/**
 * The routing and the prices behind the fluid bound of one configuration: which bins go to which type, what an
 * additional instance of each type gains, and how much of its time is left over.
 */

import type { FluidProgram, Kernel } from '../kernel/contract.ts'
import type { BinRange, Explanation, TypeExplanation } from '../model/results/explanation.ts'
import { type Counts, costOf, dollars, type Space } from '../model/space.ts'
import type { Workload } from '../model/workload.ts'

/** Shares that differ by less are equal, and smaller shares are 0. */
const SHARE_DIGITS = 1e-9

/**
 * Explains the fluid bound of one configuration by its optimal routing and prices.
 *
 * @param program the fluid program of the workload over the types of the space, in their order
 */
export function explainRouting(
  kernel: Pick<Kernel, 'fluidRouting'>,
  program: FluidProgram,
  workload: Workload,
  space: Space,
  counts: Counts,
): Explanation {
  const { bound, price, violationPrice, share } = kernel.fluidRouting({
    program,
    counts: Float64Array.from(counts),
  })
  const { probability, service, violation, epsilon } = program
  const bins = probability.length
  const sizes = workload.latency.batchSizes
  let missed = 0
  const types = space.types.map(({ name, pricePerHour }, t): TypeExplanation => {
    let queries = 0
    let busyMs = 0
    for (let k = 0; k < bins; k++) {
      const part = probability[k] * share[t * bins + k]
      queries += part
      busyMs += part * service[t * bins + k]
      missed += part * violation[t * bins + k]
    }
    return {
      name,
      count: counts[t],
      price: price[t],
      gainPerDollar: price[t] / pricePerHour,
      utilisation: counts[t] > 0 ? (bound * busyMs) / 1000 / counts[t] : 0,
      queries,
      bins: rangesOf(share.subarray(t * bins, (t + 1) * bins), probability, sizes),
    }
  })
  return {
    counts,
    costPerHour: dollars(costOf(space, counts)),
    bound,
    types,
    // w is per query per millisecond that may miss; one percentage point lets λ / 100 queries per second more miss
    violations: { share: missed, allowed: epsilon, gainPerPoint: (violationPrice * bound) / 100_000 },
  }
}

function rangesOf(share: Float64Array, probability: Float64Array, sizes: Float64Array): BinRange[] {
  const ranges: { from: number; to: number; share: number }[] = []
  for (let k = 0; k < share.length; k++) {
    // a bin without queries does not separate its neighbours
    if (probability[k] === 0) continue
    const last = ranges.at(-1)
    if (last && Math.abs(last.share - share[k]) < SHARE_DIGITS) last.to = sizes[k]
    else ranges.push({ from: sizes[k], to: sizes[k], share: share[k] })
  }
  return ranges.filter((range) => range.share > SHARE_DIGITS)
}
