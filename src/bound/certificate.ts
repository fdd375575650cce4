/**
 * Proofs of fluid bounds that need no solver. Prices that are dual feasible prove that no throughput above Σ n_t u_t
 * is possible; a routing within every limit proves that the bound is attained.
 */
import type { FluidProgram } from '../kernel/contract.ts'
import { lineTypesOf } from '../kernel/fluid-lines.ts'
import { dot } from '../model/dot.ts'

/** A bound of one configuration with its prices: the claim that is checked. */
interface Claim {
  /** Queries a second. */
  readonly bound: number
  /** T prices. */
  readonly price: Float64Array
  /** In the unit of `FluidBounds`. */
  readonly violationPrice: number
}

interface Certificate {
  /** By what share the prices violate the dual constraint. If it is more than rounding, they prove nothing. */
  readonly infeasibility: number
  /** The relative distance between Σ n_t u_t and the bound. */
  readonly gap: number
}

/**
 * Checks Σ_k p_k min_j (l_jk u_t + v_jk w) − ε w >= 1000 over the lines j, prices >= 0 and Σ n_t u_t = bound.
 *
 * @param counts T counts, not all 0, of a configuration with a bound above 0
 */
export function certify(program: FluidProgram, counts: Float64Array, claim: Claim): Certificate {
  const { probability, service, violation, epsilon } = program
  const { bound, price, violationPrice } = claim
  const bins = probability.length
  const lineTypes = lineTypesOf(program)
  // line after line, as they stand in memory: the other order takes ten times as long
  const least = new Float64Array(bins).fill(Infinity)
  for (let line = 0, at = 0; line < lineTypes.length; line++) {
    const linePrice = price[lineTypes[line]]
    for (let k = 0; k < bins; k++, at++) {
      const cost = service[at] * linePrice + violation[at] * violationPrice
      least[k] = Math.min(least[k], cost)
    }
  }
  const mix = least.reduce((sum, cost, k) => sum + probability[k] * cost, 0)
  const budget = epsilon * violationPrice
  // if the violation price is high both terms are large, and so are their rounding errors
  const short = (1000 - (mix - budget)) / (1000 + budget)
  const negative = Math.max(0, -violationPrice, ...price.map((value) => -value))
  const value = dot(counts, price)
  return { infeasibility: Math.max(short, negative), gap: Math.abs(value - bound) / bound }
}

/**
 * By how much a routing violates its limits: the largest of shares below 0, shares that do not sum to 1, busy time
 * above the available time (relative to it), and violations above the budget.
 *
 * @param share L x K shares
 */
export function overstep(
  program: FluidProgram,
  counts: Float64Array,
  { bound, share }: { readonly bound: number; readonly share: Float64Array },
): number {
  const { probability, service, violation, epsilon } = program
  const bins = probability.length
  const sums = new Float64Array(bins)
  let worst = 0
  let missed = 0
  const busyMs = new Float64Array(counts.length)
  lineTypesOf(program).forEach((type, line) => {
    for (let k = 0; k < bins; k++) {
      const part = share[line * bins + k]
      worst = Math.max(worst, -part)
      sums[k] += part
      busyMs[type] += probability[k] * part * service[line * bins + k]
      missed += probability[k] * part * violation[line * bins + k]
    }
  })
  counts.forEach((count, type) => {
    const busy = (bound * busyMs[type]) / 1000
    worst = Math.max(worst, (busy - count) / (count || 1))
  })
  sums.forEach((sum, k) => {
    if (probability[k] > 0) worst = Math.max(worst, Math.abs(sum - 1))
  })
  return Math.max(worst, missed - epsilon)
}
