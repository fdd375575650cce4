/**
 * What is behind the fluid bound of one configuration: which bins go to which type, what one more instance of each
 * type gains, and how much of its time is left over.
 */
import type { FluidProgram, Kernel } from '../kernel/contract.ts'
import { lineTypesOf } from '../kernel/fluid-lines.ts'
import { type Counts, costOf, dollars, type Space } from '../model/fleet/space.ts'
import type { BatchShare, BinRange, Explanation, TypeExplanation } from '../model/results/explanation.ts'
import { violationBudget } from '../model/results/latencies.ts'
import { withoutRounding } from '../model/rounding.ts'
import { LEAST_PERCENTILE, type Workload } from '../model/workload/workload.ts'
import type { BatchedProgram } from './modes.ts'
import { gainsOfOneMore, qpsPerPoint } from './one-more.ts'

/** Shares that differ by less are equal, and smaller shares are 0. */
const SHARE_TOLERANCE = 1e-9

/** The largest share of queries that may miss QoS. */
const MOST_MISSES = violationBudget(LEAST_PERCENTILE)

/**
 * Explains the fluid bound of one configuration by its optimal routing, and by what more of each resource gains.
 *
 * @param program the fluid program of the workload over the types of the space, in their order
 */
export function explainRouting(
  kernel: Pick<Kernel, 'fluidRouting' | 'fluidBounds'>,
  program: FluidProgram | BatchedProgram,
  workload: Workload,
  space: Space,
  counts: Counts,
): Explanation {
  const { bound, price, violationPrice, share } = kernel.fluidRouting({
    program,
    counts: Float64Array.from(counts),
  })
  const gains = gainsOfOneMore((more) => kernel.fluidBounds({ program, counts: more }), [counts], [bound])
  const sizes = workload.latency.batchSizes
  const lineTypes = lineTypesOf(program)
  const types = space.types.map(({ name, pricePerHour }, t): TypeExplanation => {
    const { queries, busyMs, shares, batches } = usageOf(program, lineTypes, share, t, sizes)
    return {
      name,
      count: counts[t],
      oneMoreQps: gains[t],
      oneMoreQpsPerDollar: gains[t] / pricePerHour,
      marginalQps: price[t],
      utilisation: counts[t] > 0 ? withoutRounding((bound * busyMs) / 1000 / counts[t]) : 0,
      queries: withoutRounding(queries),
      bins: rangesOf(shares, program.probability, sizes),
      ...('batchBin' in program && { batches: batchShares(batches, queries) }),
    }
  })
  return {
    counts,
    costPerHour: dollars(costOf(space, counts)),
    bound,
    types,
    violations: {
      share: withoutRounding(missedShare(program, share)),
      allowed: program.epsilon,
      onePointMoreQps: bound > 0 ? gainOfOnePoint(kernel, program, counts, bound) : 0,
      marginalQpsPerPoint: qpsPerPoint(violationPrice, bound),
    },
  }
}

/** What a routing gives to one type. */
interface Usage {
  /** The share of all queries, and the time that they take per query of the mix, ms. */
  readonly queries: number
  readonly busyMs: number
  /** K shares of the queries of a bin. */
  readonly shares: Float64Array
  /** With batches: by batch size, the share of all queries that are served in batches of it. */
  readonly batches: ReadonlyMap<number, number>
}

/**
 * Sums up what a routing gives to one type.
 *
 * @param lineTypes L types of the lines of the program
 * @param share L x K shares of a routing
 * @param sizes K batch sizes
 */
function usageOf(
  program: FluidProgram | BatchedProgram,
  lineTypes: Int32Array,
  share: Float64Array,
  type: number,
  sizes: Float64Array,
): Usage {
  const { probability, service } = program
  const bins = probability.length
  let queries = 0
  let busyMs = 0
  const shares = new Float64Array(bins)
  const batches = new Map<number, number>()
  lineTypes.forEach((other, line) => {
    if (other !== type) return
    for (let k = 0; k < bins; k++) {
      const at = line * bins + k
      const part = probability[k] * share[at]
      shares[k] += share[at]
      queries += part
      busyMs += part * service[at]
      if (!('batchBin' in program) || part <= SHARE_TOLERANCE) continue
      const size = sizes[program.batchBin[at]]
      batches.set(size, (batches.get(size) ?? 0) + part)
    }
  })
  return { queries, busyMs, shares, batches }
}

/** The share of queries that a routing serves too late. @param share its L x K shares */
function missedShare({ probability, violation }: FluidProgram, share: Float64Array): number {
  const bins = probability.length
  return share.reduce((missed, each, at) => missed + probability[at % bins] * each * violation[at], 0)
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

function batchShares(batches: ReadonlyMap<number, number>, queries: number): BatchShare[] {
  return [...batches]
    .sort(([a], [b]) => a - b)
    .map(([size, part]) => ({ size, queries: withoutRounding(part / queries) }))
}

function rangesOf(share: Float64Array, probability: Float64Array, sizes: Float64Array): BinRange[] {
  const ranges: { from: number; to: number; share: number }[] = []
  for (let k = 0; k < share.length; k++) {
    // a bin without queries does not separate its neighbours
    if (probability[k] === 0) continue
    const last = ranges.at(-1)
    if (last && Math.abs(last.share - share[k]) < SHARE_TOLERANCE) last.to = sizes[k]
    else ranges.push({ from: sizes[k], to: sizes[k], share: share[k] })
  }
  return ranges
    .filter((range) => range.share > SHARE_TOLERANCE)
    .map((range) => ({ ...range, share: withoutRounding(range.share) }))
}
