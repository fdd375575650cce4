/**
 * Small linear programs of one family, by the dual simplex method with bounded variables:
 *
 *   min Σ_t c_t n_t   subject to   lower_t <= n_t <= upper_t,   Σ_t u_it n_t >= r_i for every cut i
 *
 * Branch and bound changes the bounds and the right-hand sides r from one node to the next, and adds cuts. The
 * tableau (tableau.ts) has no constants: a basis that is dual feasible once is so for every node, and each node starts
 * from the basis of the one before.
 */
import { addRow, createTableau, evaluate, pivot, place, reset, type Tableau } from './tableau.ts'

/** What bounds a node. */
interface Box {
  /** T smallest and T largest counts. */
  readonly lower: Float64Array
  readonly upper: Float64Array
}

interface CoveringLp {
  /** Adds a cut as the last one. There are at most MAX_CUTS. */
  addCut(coefficients: ArrayLike<number>): void
  /** Drops the half of the cuts that were not tight for the longest time. @returns the indices of those that stay */
  dropCuts(): readonly number[]
  /**
   * Solves the program of a box.
   *
   * @param rhs right-hand side of each cut
   * @param counts T counts, written
   * @param stopAbove the solution is of no interest if its cost exceeds this
   * @returns the least cost, or a lower bound on it above `stopAbove`; Infinity where no counts satisfy the cuts
   */
  solve(box: Box, rhs: ArrayLike<number>, counts: Float64Array, stopAbove: number): number
}

/** The most cuts; the tableau has room for them. */
export const MAX_CUTS = 160

/** Pivots after which the tableau is computed again from the cuts, to remove rounding errors. */
const REFACTOR_INTERVAL = 400

/** The most pivots of one node. The cost at any pivot is a lower bound, so a node may end early. */
const MAX_PIVOTS = 300

/** Relative tolerance of bounds, and the smallest pivot. */
const FEASIBLE = 1e-9
const SMALLEST_PIVOT = 1e-11

/** What `chooseColumn` returns where no column repairs the row, and where only columns below the smallest pivot do. */
const INFEASIBLE = -1
const UNDECIDED = -2

/** A program without cuts. @param cost T costs, > 0 */
export function coveringLp(cost: Float64Array): CoveringLp {
  const tableau = createTableau(cost, MAX_CUTS)
  const { types, cuts, nonbasic, value, low, high } = tableau
  /** The solve in which each cut was last tight. */
  let lastTight: number[] = []
  let solves = 0

  return {
    addCut(coefficients) {
      addRow(tableau, Float64Array.from(coefficients))
      lastTight[cuts.length - 1] = solves
    },
    dropCuts() {
      const kept = lastTight
        .map((tight, i) => ({ tight, i }))
        .sort((one, other) => other.tight - one.tight)
        .slice(0, MAX_CUTS / 2)
        .map(({ i }) => i)
        .sort((one, other) => one - other)
      const old = cuts.splice(0)
      cuts.push(...kept.map((i) => old[i]))
      lastTight = kept.map((i) => lastTight[i])
      reset(tableau)
      return kept
    },
    solve(box, rhs, counts, stopAbove) {
      solves++
      if (tableau.pivots > REFACTOR_INTERVAL) reset(tableau)
      low.set(box.lower)
      high.set(box.upper)
      for (let i = 0; i < cuts.length; i++) low[types + i] = rhs[i]
      const cost = minimise(tableau, stopAbove)
      if (cost === Infinity) return Infinity
      // a node that ended early may have counts outside its box
      for (let t = 0; t < types; t++) counts[t] = Math.min(high[t], Math.max(low[t], value[t]))
      for (let j = 0; j < types; j++) if (nonbasic[j] >= types) lastTight[nonbasic[j] - types] = solves
      return cost
    },
  }
}

/**
 * The dual simplex method, from the basis of the tableau and for its bounds.
 *
 * @returns the least cost, or a lower bound on it where the method ends early; Infinity where no values are within the
 *   bounds
 */
function minimise(tableau: Tableau, stopAbove: number): number {
  place(tableau)
  let cost = evaluate(tableau)
  for (let step = 0; step < MAX_PIVOTS && cost <= stopAbove; step++) {
    const row = chooseRow(tableau)
    if (row < 0) break
    const column = chooseColumn(tableau, row)
    if (column === INFEASIBLE) return Infinity
    if (column === UNDECIDED) break
    pivot(tableau, row, column)
    cost = evaluate(tableau)
  }
  return cost
}

/** The row whose variable is furthest outside its bounds, relative to them; -1 if none is. */
function chooseRow({ cuts, basic, value, low, high }: Tableau): number {
  let worst = FEASIBLE
  let chosen = -1
  for (let i = 0; i < cuts.length; i++) {
    const x = basic[i]
    const excess =
      value[x] < low[x] ? (low[x] - value[x]) / (1 + Math.abs(low[x])) : (value[x] - high[x]) / (1 + high[x])
    if (excess > worst) {
      worst = excess
      chosen = i
    }
  }
  return chosen
}

/**
 * The column that enters for a row: the least ratio of reduced cost to change. A variable whose whole range does not
 * repair the row is moved to its other bound, and the next one is taken (the long-step ratio test).
 */
function chooseColumn(tableau: Tableau, row: number): number {
  const { types, a, z, basic, nonbasic, value, low, high, atHigh } = tableau
  const at = row * types
  const x = basic[row]
  const sign = value[x] < low[x] ? 1 : -1
  let missing = sign > 0 ? low[x] - value[x] : value[x] - high[x]
  let ignored = FEASIBLE * (1 + Math.abs(sign > 0 ? low[x] : high[x]))
  let passed = 0
  for (;;) {
    let chosen = -1
    let least = Infinity
    for (let j = 0; j < types; j++) {
      const y = nonbasic[j]
      if ((passed >> j) & 1 || low[y] === high[y]) continue
      const change = sign * a[at + j] * (atHigh[y] === 1 ? -1 : 1)
      if (change < SMALLEST_PIVOT) {
        if (change > 0 && passed === 0) ignored += change * (high[y] - low[y])
        continue
      }
      const ratio = Math.abs(z[j]) / change
      if (ratio < least || (ratio === least && Math.abs(a[at + j]) > Math.abs(a[at + chosen]))) {
        least = ratio
        chosen = j
      }
    }
    if (chosen < 0) return missing > ignored ? INFEASIBLE : UNDECIDED
    const y = nonbasic[chosen]
    missing -= Math.abs(a[at + chosen]) * (high[y] - low[y])
    if (missing <= 0) {
      for (let j = 0; j < types; j++) if ((passed >> j) & 1) atHigh[nonbasic[j]] ^= 1
      atHigh[x] = sign > 0 ? 0 : 1
      return chosen
    }
    passed |= 1 << chosen
  }
}
