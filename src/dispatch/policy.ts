import type { DispatchRule } from '../kernel/rules.ts'
import type { Counts } from '../model/fleet/space.ts'

/** A workload and the types of a fleet, without counts: T instance types, K bins. */
export interface PolicyContext {
  /** T names of the instance types. */
  readonly types: readonly string[]
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
  /** T bins of the largest batch of each type, -1 for one that serves one query at a time; absent: all do. */
  readonly batchBins?: Int32Array | undefined
}

/** Gives the rule for T counts of instances. Each rule is of the same kind, or of two kinds with `typicalMs`. */
export type RuleFor = (counts: Counts) => DispatchRule

/** The rule of a dispatcher: which pending query starts on which idle instance. */
export interface Policy {
  readonly name: string
  /** One line, as it is printed. */
  readonly summary: string
  /**
   * Computes what does not depend on the counts, once for each dispatcher or replay. The rule is asked for at the
   * start, again when the types in use change, and with `byCounts` after instances have joined or left: on more than 64
   * instances at most every 100 ms.
   */
  prepare(context: PolicyContext): RuleFor
  /** Whether rules depend on how many instances of a type there are, not only on whether there is one. */
  readonly byCounts?: boolean | undefined
}
