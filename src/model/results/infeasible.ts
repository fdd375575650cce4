/** One change of one limit that makes the problem feasible. */
export interface Remedy {
  readonly limit: 'budget' | 'minimum' | 'maximum' | 'qos' | 'percentile' | 'target'
  readonly message: string
  /**
   * The smallest budget, the smallest QoS in ms, the largest percentile, or a target, queries per second: the largest one, with
   * spare instances one within 0.1% of it. Absent for counts, and where no target is reached with that many spare instances.
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
