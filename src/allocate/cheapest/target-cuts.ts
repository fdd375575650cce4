/**
 * Linear cuts on the configurations whose fluid bound reaches a target, also after losses.
 *
 * Prices u that are dual feasible bound every configuration: λ*(n) <= Σ_t n_t u_t. So a configuration n that reaches
 * the target T after the loss d has Σ_t (n_t − d_t) u_t >= T. All losses d of `spare` instances are to be survived; a
 * box of counts with the lower bounds l has every loss d <= l, and the one that costs most under u counts.
 *
 * A set S of types that cannot keep the percentile has the bound 0 and no prices. Then spare + 1 instances of other
 * types are needed: Σ_{t not in S} n_t >= spare + 1.
 */
import { fluidBoundsOf } from '../../bound/fluid.ts'
import type { FluidProgram, Kernel } from '../../kernel/contract.ts'
import { WHOLE } from './branching.ts'
import { afterLosses } from './losses.ts'

export interface Cut {
  readonly coefficients: Float64Array
  /** The right-hand side before losses. */
  readonly rhs: number
  /** The types by coefficient, largest first; empty where losses are in `rhs` already. */
  readonly order: readonly number[]
}

interface Judgement {
  /** Whether the target is reached after every loss. */
  readonly survives: boolean
  /** For each loss within the lower bounds that misses the target, a cut that the point violates. */
  readonly violated: readonly Cut[]
  /** A type that a loss beyond the lower bounds takes, where such a loss misses the target. */
  readonly undecided: number | undefined
}

/** Bounds a point, whose counts need not be whole, after every loss. `lower` are the least counts of its box. */
export type Judge = (point: ArrayLike<number>, lower: ArrayLike<number>) => Judgement

/** The right-hand sides of cuts in a box with these least counts. */
export function rhsOf(cuts: readonly Cut[], lower: ArrayLike<number>, spare: number): Float64Array {
  return Float64Array.from(cuts, ({ coefficients, rhs, order }) => {
    let sum = rhs
    let left = order.length > 0 ? spare : 0
    for (let i = 0; left > 0 && i < order.length; i++) {
      const lost = Math.min(left, lower[order[i]])
      sum += lost * coefficients[order[i]]
      left -= lost
    }
    return sum
  })
}

/** The right-hand side of a cut is lower by this share, which is more than its rounding errors. */
const MARGIN = 1e-10

/** Counts below this are none: too small to solve for. */
const SMALLEST_COUNT = 1e-7

/** A cut is of use if the point misses the target by more than this share. */
const USEFUL = 1e-9

/** Judges points by the fluid bounds of a kernel. */
export function judgeOf(
  kernel: Kernel,
  program: FluidProgram,
  { types, targetQps, spare }: { readonly types: number; readonly targetQps: number; readonly spare: number },
): Judge {
  const feasible = new Map<number, boolean>()
  const noLoss = new Array<number>(types).fill(0)

  /** Whether configurations with instances of these types, as bits, can keep the percentile. */
  const keepsPercentile = (set: number): boolean => {
    const known = feasible.get(set)
    if (known !== undefined) return known
    const counts = Float64Array.from(noLoss, (_, t) => (set >> t) & 1)
    const answer = set !== 0 && kernel.fluidBounds({ program, counts }).bound[0] > 0
    feasible.set(set, answer)
    return answer
  }

  const supportCut = (counts: ArrayLike<number>): Cut | undefined => {
    let set = 0
    for (let t = 0; t < types; t++) if (counts[t] > 0) set |= 1 << t
    if (keepsPercentile(set)) return undefined
    // the larger the set, the stronger the cut
    for (let t = 0; t < types; t++) if (!keepsPercentile(set | (1 << t))) set |= 1 << t
    return {
      coefficients: Float64Array.from(noLoss, (_, t) => 1 - ((set >> t) & 1)),
      rhs: spare + 1,
      order: [],
    }
  }

  const priceCut = (price: Float64Array): Cut => {
    const coefficients = price.map((value) => value / targetQps)
    const order = spare === 0 ? [] : noLoss.map((_, t) => t).sort((s, t) => coefficients[t] - coefficients[s])
    return { coefficients, rhs: 1 - MARGIN, order }
  }

  return (point, lower) => {
    const counts = Array.from(point, (n) => (n < SMALLEST_COUNT ? 0 : n))
    const whole = counts.map((n) => Math.floor(n + WHOLE))
    const hasSpare = whole.reduce((sum, n) => sum + n, 0) >= spare
    const left = spare > 0 && hasSpare ? leftAfterLosses(counts, whole, spare) : [counts]
    const { bound, price } = fluidBoundsOf(kernel, program, left)
    const violated: Cut[] = []
    let undecided: number | undefined
    let least = Infinity
    for (let i = 0; i < bound.length; i++) {
      if (bound[i] >= targetQps) continue
      const beyond = counts.findIndex((n, t) => n - left[i][t] > lower[t] + 0.5)
      if (beyond >= 0) {
        if (bound[i] < least) undecided = beyond
        least = Math.min(least, bound[i])
      } else if (bound[i] < targetQps * (1 - USEFUL)) {
        const cut = bound[i] > 0 ? priceCut(price.subarray(i * types, (i + 1) * types)) : supportCut(left[i])
        if (cut) violated.push(cut)
      }
    }
    return { survives: hasSpare && bound.every((value) => value >= targetQps), violated, undecided }
  }
}

/** What is left of a point after each loss of `spare` whole instances. */
function leftAfterLosses(counts: readonly number[], whole: readonly number[], spare: number): number[][] {
  return afterLosses(whole, spare).map((left) => counts.map((n, t) => Math.max(0, n - (whole[t] - left[t]))))
}
