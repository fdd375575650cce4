/** One change of one limit that makes the problem feasible. */
export interface Remedy {
  readonly limit: 'budget' | 'minimum' | 'maximum' | 'qos' | 'percentile' | 'target'
  readonly message: string
  /**
   * - `budget` the smallest one, dollars per hour
   * - `qos` the smallest one, ms
   * - `percentile` the largest one
   * - `target` the largest one, queries per second: with spare instances to 0.1%, and absent where they leave less than
   *   a thousandth of the largest bound
   *
   * Absent for `minimum` and `maximum`.
   */
  readonly value?: number
}

/** Why no configuration is feasible, and which single changes would help. */
export interface Infeasible {
  /** The limits of `remedies`: a change of any one of them is enough. */
  readonly limits: readonly Remedy['limit'][]
  readonly message: string
  readonly remedies: readonly Remedy[]
  /** The smallest feasible budget, dollars per hour; absent where a larger budget does not help. */
  readonly smallestBudget?: number
}
