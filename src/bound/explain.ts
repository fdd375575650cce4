/**
 * What is behind the fluid bound of one configuration: which bins go to which type, what one more instance of each
 * type gains, and how much of its time is left over.
 */
import type { FluidProgram, Kernel } from '../kernel/contract.ts'
import type { BinRange, Explanation, TypeExplanation } from '../model/results/explanation.ts'
import { type Counts, costOf, dollars, type Space } from '../model/space.ts'
import { LEAST_PERCENTILE, type Workload } from '../model/workload.ts'
import { gainsOfOneMore, qpsPerPoint } from './one-more.ts'

/** Shares that differ by less are equal, and smaller shares are 0. */
const SHARE_DIGITS = 1e-9

/** The largest share of queries that may miss QoS. */
const MOST_MISSES = (100 - LEAST_PERCENTILE) / 100

/**
 * Explains the fluid bound of one configuration by its optimal routing, and by what more of each resource gains.
 *
 * @param program the fluid program of the workload over the types of the space, in their order
 */
export function explainRouting(
  kernel: Pick<Kernel, 'fluidRouting' | 'fluidBounds'>,
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
  const gains = gainsOfOneMore(kernel, program, [counts], [bound])
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
      oneMoreQps: gains[t],
      oneMoreQpsPerDollar: gains[t] / pricePerHour,
      marginalQps: price[t],
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
    violations: {
      share: missed,
      allowed: epsilon,
      onePointMoreQps: bound > 0 ? gainOfOnePoint(kernel, program, counts, bound) : 0,
      marginalQpsPerPoint: qpsPerPoint(violationPrice, bound),
    },
  }
}

/** What one percentage point more of queries that may miss QoS adds to the bound; solved exactly. */
function gainOfOnePoint(
  kernel: Pick<Kernel, 'fluidBounds'>,
  program: FluidProgram,
  counts: Counts,
  bound: number,
): number {
  const epsilon = Math.min(MOST_MISSES, program.epsilon + 0.01)
  const looser = kernel.fluidBounds({ program: { ...program, epsilon }, counts: Float64Array.from(counts) })
  return Math.max(0, looser.bound[0] - bound)
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
