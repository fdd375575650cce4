/**
 * The best fractional configuration: counts need not be whole. Its bound is an upper bound on every row.
 *
 * The fluid bound is concave in the counts, and the prices at one point are a supergradient there: Σ n_t u_t is at
 * least the bound of every n. Kelley's cutting planes: maximise the latest of these planes over the budget,
 * evaluate the bound there, and add the plane of its prices.
 */
import type { Kernel, Lattice } from '../../kernel/contract.ts'
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

export function relax(kernel: Kernel, { lattice, program }: FluidSpace): Relaxation {
  const types = lattice.size.length
  const planes: Float64Array[] = []
  // starts with something of every type, which is feasible if anything is
  let counts = spread(lattice)
  let ceiling = Infinity
  for (let round = 0; round < 4 * types; round++) {
    const { bound, price } = kernel.fluidBounds({ program, counts: Float64Array.from(counts) })
    if (bound[0] === 0) break
    planes.push(price)
    const maxima = planes.map((plane) => fill(lattice, plane))
    const values = maxima.map((point, i) => point.reduce((sum, n, t) => sum + n * planes[i][t], 0))
    const tightest = values.indexOf(Math.min(...values))
    if (values[tightest] < ceiling) {
      ceiling = values[tightest]
      counts = maxima[tightest]
    } else counts = maxima[maxima.length - 1]
    if (ceiling <= bound[0] * (1 + TOLERANCE)) break
  }
  return { counts, ceiling }
}

/** The budget in equal shares over the types. */
function spread({ min, size, price, budget }: Lattice): number[] {
  return Array.from(min, (least, t) =>
    Math.min(least + size[t] - 1, Math.max(least, budget / min.length / price[t])),
  )
}

/** The counts that maximise a plane within the budget: types in order of value per dollar, the last in part. */
function fill({ min, size, price, budget }: Lattice, value: Float64Array): number[] {
  const counts = Array.from(min)
  let left = budget - counts.reduce((sum, n, t) => sum + n * price[t], 0)
  const byValue = counts.map((_, t) => t).sort((a, b) => value[b] / price[b] - value[a] / price[a])
  for (const t of byValue) {
    const more = Math.min(size[t] - 1, left / price[t])
    if (more < SMALLEST_PART) continue
    counts[t] += more
    left -= more * price[t]
  }
  return counts
}
