/**
 * The optimal plan over time: which configuration runs in each window, at the least cost of running and starting
 * instances (docs/plan.md, "What is optimal"). Matrices are row-major.
 *
 *   minimise  Σ_w run·n_w + Σ_w Σ_t start_t max(0, n_wt − n_(w−1)t)
 *   subject to  capacity(n_w) >= need_w  and  lower_w <= n_w <= upper_w
 *
 * T types, W windows, C configurations: the lattice of the counts 0..maxCounts, numbered with the last type fastest.
 */
export interface PlanProblem {
  /** T largest counts. */
  readonly maxCounts: Int32Array
  /** C capacities, queries per second; -1 for a configuration that may not run. */
  readonly capacity: Float64Array
  /**
   * T costs of running an instance for one window, and T costs of starting one: whole numbers >= 0, so that sums are
   * exact. Σ_t maxCounts_t (runCost_t + 2 startCost_t) must stay below 2^53.
   */
  readonly runCost: Float64Array
  readonly startCost: Float64Array
  /** W capacities that are needed. */
  readonly need: Float64Array
  /** W x T smallest and largest counts that a window may have. */
  readonly lower: Int32Array
  readonly upper: Int32Array
  /** Windows before this one cost what they run; from it on, running is free (the closing window of a cycle). */
  readonly billedWindows: number
  /** T counts that run before the first window, at most the maxima; absent: starts of the first window are free. */
  readonly initial?: Int32Array
  /** For how many windows, from the first on, a configuration is chosen; all of them unless given. */
  readonly wanted?: number | undefined
}

/** A plan of least cost; of several, the one whose counts are lexicographically least, window by window. */
export interface Plan {
  readonly status: 'optimal'
  /** Positions in the lattice, one for each window that is wanted. */
  readonly configuration: Int32Array
}

/** No configuration within the bounds of a window reaches what it needs. */
export interface NoPlan {
  readonly status: 'infeasible'
  /** The first such window. */
  readonly window: number
}
