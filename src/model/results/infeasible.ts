/** One change of one limit that makes the problem feasible. */
export interface Remedy {
  readonly limit: 'budget' | 'minimum' | 'maximum' | 'qos' | 'percentile' | 'target'
  readonly message: string
  /** The smallest budget, the smallest QoS in ms, or the largest percentile; absent for counts. */
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
