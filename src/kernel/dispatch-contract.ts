/** What the kernels of matching, dispatch and replay take and return. Matrices are row-major. */

/** A rectangular assignment problem. */
export interface AssignmentProblem {
  /** rows x cols costs; Infinity forbids a pair. */
  readonly cost: Float64Array
  readonly rows: number
  readonly cols: number
}

/**
 * min(rows, cols) pairs of least total cost, in increasing order of rows, and potentials that prove it:
 * `rowPotential[i] + colPotential[j] <= cost[i][j]`, with equality on the pairs. On the longer side potentials are <= 0,
 * and 0 where unmatched. All up to rounding.
 *
 * Infeasible is an outcome: no pairs, no potentials, a total of Infinity.
 */
export interface Assignment {
  readonly status: 'assigned' | 'infeasible'
  readonly rows: Int32Array
  readonly cols: Int32Array
  readonly total: number
  readonly rowPotential: Float64Array
  readonly colPotential: Float64Array
}

/** Oldest query first, on the first idle instance. */
export interface FcfsRule {
  readonly kind: 'fcfs'
}

/**
 * A minimum-cost assignment of the first 2N pending queries to all N instances, busy ones included
 * (docs/architecture.md, "Matching"). Pairs whose instance is idle start; the others wait. left is the time until the
 * instance is expected to be idle, slack the time that the query has until its target. A pair costs
 *
 *   coefficient (left + mean slowdown) + latePenalty   if slack = 0
 *   missCost                                           else if slack - left - guard slowdown < 0
 *   nearCost                                           else if slack - left - guard slowdown < margin
 *   coefficient (left + mean slowdown)                 else
 */
export interface MatchingRule {
  readonly kind: 'matching'
  /** T weights of a millisecond of an instance. */
  readonly coefficient: Float64Array
  /** T x K service times with which targets are checked, ms. */
  readonly guardMs: Float64Array
  readonly qosMs: number
  readonly marginMs: number
  readonly missCost: number
  readonly nearCost: number
  readonly latePenalty: number
}

/**
 * A minimum-cost assignment of the first 2N pending queries that are in time to all N instances, busy ones
 * included. Pairs whose instance is idle start; the others wait. left is as above, age the time since the query
 * arrived, and slack = qos - age. A pair costs
 *
 *   placement - age   if slack - left - guard quantileSlowdown slowdown >= 0
 *   nearCost          else if slack - left - lastGuard quantileSlowdown slowdown >= 0
 *   missCost          else
 *
 * where placement = weight left + (reducedCost + weight mean (slowdown - 1)).
 *
 * It learns two slowdowns of each type: that of its means and that of its quantiles. Expected finishes use the slowdown
 * of the means.
 *
 * A query is late once its slack is 0. Of the N oldest queries, the late ones start after the others, oldest first: each
 * on the instance with the least placement, if that instance is idle.
 */
export interface PricedRule {
  readonly kind: 'priced'
  /** T costs of a millisecond on an instance. */
  readonly weight: Float64Array
  /** T x K costs of a query on a type above those on the best type. */
  readonly reducedCost: Float64Array
  /** T x K service times with which targets are checked, first the safe ones, then the hopeful ones, ms. */
  readonly guardMs: Float64Array
  readonly lastGuardMs: Float64Array
  /** T x K mean service times by the quantiles, above 0, ms. */
  readonly typicalMs: Float64Array
  readonly qosMs: number
  readonly nearCost: number
  readonly missCost: number
}

/**
 * The latest start of a query on an instance is arrival + qos - mean slowdown. Each idle instance, first to last, takes
 * the query with the earliest latest start that has not passed, of the first 2N pending queries that are in time. An
 * instance without such a query takes the oldest query that no instance can serve in time.
 */
export interface DeadlineRule {
  readonly kind: 'deadline'
  readonly qosMs: number
}

/**
 * Each of the first 2N pending queries, oldest first, goes to the instance on which it is expected to finish first,
 * behind the queries that went there before; of equal instances to the first. A query on an idle instance starts.
 */
export interface CompletionRule {
  readonly kind: 'completion'
  /** How many instances are drawn for each query, which goes to the best of them; 0: all instances. */
  readonly drawn: 0 | 2
  /** The seed of the draws, a whole number from 0 to 2^32 - 1. */
  readonly seed: number
}

/**
 * The first 1,024 pending queries, oldest first, start on the first idle instance of their group. A query whose group
 * has no instance waits for ever.
 */
export interface PartitionRule {
  readonly kind: 'partition'
  /** T groups of types and K of bins, 0 or 1. */
  readonly groupOfType: Float64Array
  readonly groupOfBin: Float64Array
}

/** A policy as numbers: what a kernel decides by. */
export type DispatchRule =
  | FcfsRule
  | MatchingRule
  | PricedRule
  | DeadlineRule
  | CompletionRule
  | PartitionRule

/** What a dispatcher is made of: T instance types, K bins, N instances. */
export interface DispatcherSetup {
  readonly types: number
  readonly bins: number
  /** T x K mean service times, ms. */
  readonly meanMs: Float64Array
  /** The type of each instance; instances are numbered from 0. */
  readonly instanceType: Int32Array
  readonly rule: DispatchRule
  /**
   * What is learned from the times that queries take:
   *
   * - `types`, by default, in rules with `typicalMs`: the slowdowns of each type, over some 500 queries;
   * - `instances`, for live fleets, in every rule: the slowdown of each instance, over some 12 queries. It starts from
   *   the usual one of its type, and returns to the table within two seconds without observations;
   * - `nothing`.
   */
  readonly learns?: Learning
}

/** Whose slowdowns a dispatcher learns: those of types, of single instances, or none. */
export type Learning = 'types' | 'instances' | 'nothing'

/**
 * Pending queries and instances. It has no clock: the caller passes times, in ms, never decreasing. Arguments are not
 * validated.
 *
 * Each instance has a slowdown: how many times as long as the latency table says it takes. The service times in
 * expected finishes, costs and deadlines are those of the table times the slowdown.
 */
export interface KernelDispatcher {
  /** The number of instances. */
  readonly instances: number
  /** The number of idle instances. */
  readonly idle: number
  /** The number of pending queries. */
  readonly pending: number
  /** The queries that the last decision started, and their instances. Valid until the next call. */
  readonly startedQuery: Int32Array
  readonly startedInstance: Int32Array
  /** Adds a pending query, behind those that arrived before it or with it. */
  arrive(query: number, bin: number, arrivalMs: number): void
  /** Removes a pending query; false if none has that number. */
  cancel(query: number): boolean
  /** Starts queries by the rule; returns how many. */
  decide(nowMs: number): number
  /**
   * Makes an instance idle that has completed its query, or failed to serve it: nothing is learned from a failure.
   * Returns how long it was busy, ms.
   */
  complete(instance: number, nowMs: number, served?: boolean): number
  /** Adds an idle instance; returns its number, the smallest that is not in use. */
  join(type: number): number
  /** Removes an instance, with the query that it was serving. */
  leave(instance: number): void
  /** Replaces the rule by one of the same kind and sizes, from the next decision on. What was learned is kept. */
  retune(rule: DispatchRule): void
  /**
   * Sets the slowdown of an instance, without that of its type. It is 1 when the instance joins. If slowdowns of
   * instances are learned, the estimate starts from it.
   */
  setSlowdown(instance: number, slowdown: number, nowMs: number): void
  /** The slowdown of an instance at a time, with that of its type. */
  slowdownOf(instance: number, nowMs: number): number
  /** Whether an instance is there, and whether it serves a query. */
  stateOf(instance: number): 'gone' | 'idle' | 'busy'
}

/** Draws of service times: one uniform number per query, the same on every instance. */
interface SampledService {
  /** n numbers in [0, 1). */
  readonly uniform: Float64Array
  /** L levels from 0 to 1, strictly increasing. */
  readonly levels: Float64Array
  /** T x K x L service times at the levels, ms; linear between them. */
  readonly knotsMs: Float64Array
}

/** A trace of n queries to run in virtual time (docs/architecture.md, "Replay"). */
export interface ReplayInput extends DispatcherSetup {
  /** n arrivals, never decreasing. */
  readonly arrivalMs: Float64Array
  /** n bins. */
  readonly bin: Int32Array
  /** Absent: every query takes its mean. */
  readonly sampled?: SampledService
  /** A latency above it is a violation. */
  readonly qosMs: number
  /** The replay ends as soon as there are more violations than this; absent: it runs to its end. */
  readonly stopAfterViolations?: number
  /** Whether the outcome of each query is returned. */
  readonly record: boolean
}

export interface ReplayOutcome {
  /** Queries that started; fewer than n if the replay was stopped, or if the rule left some waiting. */
  readonly served: number
  /** Whether the replay ended early. */
  readonly stopped: boolean
  /** Latencies above QoS, from arrival to finish. A query that waits longer than QoS counts at that moment. */
  readonly violations: number
  readonly decisions: number
  readonly lastFinishMs: number
  /** N busy times, ms. */
  readonly busyMs: Float64Array
  /** By query if recorded, else empty: NaN and -1 for a query that did not start. */
  readonly startMs: Float64Array
  readonly finishMs: Float64Array
  readonly instance: Int32Array
}
