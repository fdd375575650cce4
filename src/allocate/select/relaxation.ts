/**
 * The best fractional configuration: counts need not be whole. Its bound is an upper bound on every row.
 *
 * The fluid bound is concave in the counts, and the prices at one point are a supergradient there: Σ n_t u_t is at
 * least the bound of every n. Kelley's cutting planes: find the point within the budget where the lowest of all planes
 * is highest, evaluate the bound there, and add the plane of its prices.
 */
import { fluidBoundsOf } from '../../bound/fluid.ts'
import type { Kernel, Lattice } from '../../kernel/contract.ts'
import { costOf } from '../../kernel/lattice.ts'
import { dot } from '../../model/dot.ts'
import { coveringLp, MAX_CUTS } from '../linear-program/covering-lp.ts'
import type { FluidSpace } from './lattice.ts'

export interface Relaxation {
  /** Counts that need not be whole. */
  readonly counts: readonly number[]
  /** No configuration has a higher bound, queries per second. */
  readonly ceiling: number
}

/** Counts below this are rounding errors of the budget, too small to solve for. */
const SMALLEST_PART = 1e-6

/** The relative gap between ceiling and bound at which the planes are close enough. */
const TOLERANCE = 1e-6

/** The relative gap to which the highest value of the planes is bisected. */
const BISECTED = 1e-8

/** If a point cannot keep the percentile, the next one is this share of it and otherwise the best point so far. */
const SHARE = 0.9

/** @param isDue when to end with what has been found, after a point at least; never by default */
export function relax(
  kernel: Kernel,
  { lattice, program }: FluidSpace,
  isDue: () => boolean = () => false,
): Relaxation {
  const types = lattice.size.length
  const planes = planesOf(lattice)
  // starts with something of every type, which is feasible if anything is
  let point = spread(lattice)
  let counts = point
  let least = 0
  let ceiling = Infinity
  for (let round = 0; round < Math.min(MAX_CUTS, 16 * types); round++) {
    const { bound, price } = fluidBoundsOf(kernel, program, [point])
    if (bound[0] === 0) {
      if (ceiling === Infinity) break
      point = point.map((n, t) => SHARE * n + (1 - SHARE) * counts[t])
      continue
    }
    if (bound[0] > least) {
      least = bound[0]
      counts = point
    }
    planes.add(price)
    const highest = planes.highest(least, Math.min(ceiling, dot(fill(lattice, price), price)))
    ceiling = highest.value
    point = highest.counts
    if (ceiling <= least * (1 + TOLERANCE) || isDue()) break
  }
  return { counts, ceiling }
}

/** Planes: linear functions of the counts that no bound exceeds. */
function planesOf({ min, size, price, budget }: Lattice) {
  const program = coveringLp(price)
  const box = { lower: min, upper: min.map((least, t) => least + size[t] - 1) }
  let planes = 0
  let unit = 1
  return {
    add(plane: Float64Array) {
      // right-hand sides are near 1
      if (planes++ === 0) unit = Math.max(...plane) * Math.max(1, ...box.upper)
      program.addCut(plane.map((value) => value / unit))
    },
    /**
     * The highest value that all planes reach within the budget, and where they do.
     *
     * @param low a value that they reach, and `high` one that they do not exceed
     */
    highest(low: number, high: number) {
      const found = new Float64Array(price.length)
      let counts = Array.from(min)
      while (high > low * (1 + BISECTED)) {
        const value = (low + high) / 2
        const cost = program.solve(box, new Float64Array(planes).fill(value / unit), found, budget)
        if (cost <= budget) {
          low = value
          counts = Array.from(found)
        } else high = value
      }
      return { value: high * (1 + BISECTED), counts }
    },
  }
}

/** The least counts, and what is left of the budget in equal shares over the types. */
function spread(lattice: Lattice): number[] {
  const { min, size, price, budget } = lattice
  const left = budget - costOf(lattice, min)
  const share = Math.max(0, left) / min.length
  return Array.from(min, (least, t) => least + Math.min(size[t] - 1, share / price[t]))
}

/** The counts that maximise a plane within the budget: types in order of value per dollar, the last in part. */
function fill(lattice: Lattice, value: Float64Array): number[] {
  const { min, size, price, budget } = lattice
  const counts = Array.from(min)
  let left = budget - costOf(lattice, min)
  const byValue = counts.map((_, t) => t).sort((a, b) => value[b] / price[b] - value[a] / price[a])
  for (const t of byValue) {
    const more = Math.min(size[t] - 1, left / price[t])
    if (more < SMALLEST_PART) continue
    counts[t] += more
    left -= more * price[t]
  }
  return counts
}
