import type { DispatchRule } from '../kernel/dispatch-contract.ts'
import type { Counts } from '../model/space.ts'

/** What a policy may go by: T instance types, K bins. */
export interface PolicyContext {
  /** T names of the instance types. */
  readonly types: readonly string[]
  /** How many of each are there. */
  readonly counts: Counts
  /** K batch sizes. */
  readonly batchSizes: Float64Array
  /** K probabilities of the bins. */
  readonly probabilities: Float64Array
  /** T x K mean service times, ms. */
  readonly meanMs: Float64Array
  /** L quantile levels, and T x K x L service times at them, ms. */
  readonly levels: Float64Array
  readonly knotsMs: Float64Array
  readonly qosMs: number
  readonly percentile: number
}

/** The rule of a dispatcher: which pending query starts on which idle instance. */
export interface Policy {
  readonly name: string
  /** One line, as it is printed. */
  readonly summary: string
  /**
   * The rule for a configuration. It is asked again when the types in use change, and where it goes by how many
   * there are of each, `byCounts`, whenever an instance joins or leaves: each time for a rule of the same kind.
   */
  rule(context: PolicyContext): DispatchRule
  readonly byCounts?: boolean
}
