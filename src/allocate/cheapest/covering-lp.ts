/**
 * Small linear programs of one family, by the dual simplex method with bounded variables:
 *
 *   min Σ_t c_t n_t   subject to   lower_t <= n_t <= upper_t,   Σ_t u_it n_t >= r_i for every cut i
 *
 * Branch and bound changes the bounds and the right-hand sides r from one node to the next, and adds cuts. The
 * activity y_i = Σ_t u_it n_t is a variable with the lower bound r_i, so the tableau has no constants: a basis that is
 * dual feasible once is so for every node, and each node starts from the basis of the one before.
 *
 *   tableau   x_basic[i] = Σ_j a[i][j] x_nonbasic[j]     variables 0 to T - 1 are n_t, T + i is y_i
 *   costs     Σ_t c_t n_t = Σ_j z[j] x_nonbasic[j]       a nonbasic variable is at its upper bound where z[j] < 0
 */

/** What bounds a node. */
interface Box {
  /** T smallest and T largest counts. */
  readonly lower: Float64Array
  readonly upper: Float64Array
}

export interface CoveringLp {
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

/** @param cost T costs, > 0 */
export function coveringLp(cost: Float64Array): CoveringLp {
  const types = cost.length
  const coefficients: Float64Array[] = []
  /** The solve in which each cut was last tight. */
  let lastTight: number[] = []
  const a = new Float64Array(MAX_CUTS * types)
  const z = Float64Array.from(cost)
  const basic = new Int32Array(MAX_CUTS)
  const nonbasic = Int32Array.from({ length: types }, (_, t) => t)
  const value = new Float64Array(types + MAX_CUTS)
  const low = new Float64Array(types + MAX_CUTS)
  const high = new Float64Array(types + MAX_CUTS).fill(Infinity)
  /** 1 for a nonbasic variable at its upper bound. */
  const atHigh = new Uint8Array(types + MAX_CUTS)
  let pivots = 0
  let solves = 0

  /** Writes the row of a cut: its coefficients with the basic counts replaced by their rows. */
  const writeRow = (row: number, cut: Float64Array) => {
    const at = row * types
    a.fill(0, at, at + types)
    for (let j = 0; j < types; j++) if (nonbasic[j] < types) a[at + j] += cut[nonbasic[j]]
    for (let i = 0; i < row; i++) {
      if (basic[i] >= types || cut[basic[i]] === 0) continue
      for (let j = 0; j < types; j++) a[at + j] += cut[basic[i]] * a[i * types + j]
    }
  }

  /** Starts again from the basis of activities. */
  const reset = () => {
    pivots = 0
    z.set(cost)
    for (let t = 0; t < types; t++) nonbasic[t] = t
    for (const [i, cut] of coefficients.entries()) {
      basic[i] = types + i
      a.set(cut, i * types)
    }
  }

  const pivot = (row: number, column: number) => {
    pivots++
    const at = row * types
    const inverse = 1 / a[at + column]
    // the row, solved for the variable that enters
    for (let j = 0; j < types; j++) a[at + j] *= -inverse
    a[at + column] = inverse
    for (let i = 0; i < coefficients.length; i++) {
      if (i === row) continue
      const factor = a[i * types + column]
      if (factor === 0) continue
      a[i * types + column] = 0
      for (let j = 0; j < types; j++) a[i * types + j] += factor * a[at + j]
    }
    const factor = z[column]
    z[column] = 0
    for (let j = 0; j < types; j++) z[j] += factor * a[at + j]
    const entering = nonbasic[column]
    nonbasic[column] = basic[row]
    basic[row] = entering
  }

  /** Places nonbasic variables at the bound that their reduced cost asks for. */
  const place = () => {
    for (let j = 0; j < types; j++) {
      // activities have no upper bound: a negative reduced cost of one is a rounding error
      atHigh[nonbasic[j]] = z[j] < 0 && high[nonbasic[j]] < Infinity ? 1 : 0
    }
  }

  /** Computes the values of all variables. @returns the cost */
  const evaluate = (): number => {
    let sum = 0
    for (let j = 0; j < types; j++) {
      const x = nonbasic[j]
      value[x] = atHigh[x] === 1 ? high[x] : low[x]
      sum += z[j] * value[x]
    }
    for (let i = 0; i < coefficients.length; i++) {
      let x = 0
      for (let j = 0; j < types; j++) x += a[i * types + j] * value[nonbasic[j]]
      value[basic[i]] = x
    }
    return sum
  }

  /** The row whose variable is furthest outside its bounds, relative to them; -1 if none is. */
  const chooseRow = (): number => {
    let worst = FEASIBLE
    let chosen = -1
    for (let i = 0; i < coefficients.length; i++) {
      const x = basic[i]
      const excess =
        value[x] < low[x]
          ? (low[x] - value[x]) / (1 + Math.abs(low[x]))
          : (value[x] - high[x]) / (1 + high[x])
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
  const chooseColumn = (row: number): number => {
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

  const solve: CoveringLp['solve'] = (box, rhs, counts, stopAbove) => {
    solves++
    if (pivots > REFACTOR_INTERVAL) reset()
    low.set(box.lower)
    high.set(box.upper)
    for (let i = 0; i < coefficients.length; i++) low[types + i] = rhs[i]
    place()
    let sum = evaluate()
    for (let step = 0; step < MAX_PIVOTS && sum <= stopAbove; step++) {
      const row = chooseRow()
      if (row < 0) break
      const column = chooseColumn(row)
      if (column === INFEASIBLE) return Infinity
      if (column === UNDECIDED) break
      pivot(row, column)
      sum = evaluate()
    }
    // a node that ended early may have counts outside its box
    for (let t = 0; t < types; t++) counts[t] = Math.min(high[t], Math.max(low[t], value[t]))
    for (let j = 0; j < types; j++) if (nonbasic[j] >= types) lastTight[nonbasic[j] - types] = solves
    return sum
  }

  return {
    addCut: (given) => {
      const cut = Float64Array.from(given)
      const row = coefficients.push(cut) - 1
      basic[row] = types + row
      writeRow(row, cut)
      lastTight[row] = solves
    },
    dropCuts: () => {
      const kept = lastTight
        .map((tight, i) => ({ tight, i }))
        .sort((one, other) => other.tight - one.tight)
        .slice(0, MAX_CUTS / 2)
        .map(({ i }) => i)
        .sort((one, other) => one - other)
      const old = coefficients.splice(0)
      coefficients.push(...kept.map((i) => old[i]))
      lastTight = kept.map((i) => lastTight[i])
      reset()
      return kept
    },
    solve,
  }
}
