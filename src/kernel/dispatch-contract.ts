/** What the kernels of matching, dispatch and replay take and return. Matrices are row-major. */

/** A rectangular assignment problem. */
export interface AssignmentProblem {
  /** rows x cols costs; Infinity forbids a pair. */
  readonly cost: Float64Array
  readonly rows: number
  readonly cols: number
}

/**
 * min(rows, cols) pairs of least total cost, in increasing order of rows, and the proof of it: every
 * `rowPotential[i] + colPotential[j] <= cost[i][j]`, with equality on the pairs, and a side that is not
 * matched whole has potentials <= 0, which are 0 where it is unmatched (all up to rounding).
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
 * (docs/architecture.md, "Matching"); pairs whose instance is idle start, the others wait. With left, the time until the instance
 * is expected to be idle, and slack, the time that the query has left, a pair costs
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
  /** T x K service times to reckon with where the deadline is concerned, ms. */
  readonly guardMs: Float64Array
  readonly qosMs: number
  readonly marginMs: number
  readonly missCost: number
  readonly nearCost: number
  readonly latePenalty: number
}

/**
 * A minimum-cost assignment of the first 2N pending queries that are in time to all N instances, busy ones
 * included; pairs whose instance is idle start, the others wait. With left as above, age, the time since the
 * query arrived, and slack = qos - age, a pair costs
 *
 *   placement - age   if slack - left - guard quantileSlowdown slowdown >= 0
 *   nearCost          else if slack - left - lastGuard quantileSlowdown slowdown >= 0
 *   missCost          else
 *
 * where placement = weight left + (reducedCost + weight mean (slowdown - 1)).
 *
 * It learns two slowdowns of each type, that of its means and that of its quantiles: how many times as long as they
 * say its queries have taken lately. An expected finish counts with the slowdown of the means.
 *
 * A query is late once its slack is 0. Late queries, of the N oldest, are looked at after the others, oldest
 * first: each starts on the instance whose placement is least, if that one is idle.
 */
export interface PricedRule {
  readonly kind: 'priced'
  /** T costs of a millisecond on an instance. */
  readonly weight: Float64Array
  /** T x K costs of a query on a type above those on the best type. */
  readonly reducedCost: Float64Array
  /** T x K service times to be safe with, and T x K of those that leave some hope, ms. */
  readonly guardMs: Float64Array
  readonly lastGuardMs: Float64Array
  /** T x K means of service times as the quantiles have them, above 0, ms. */
  readonly typicalMs: Float64Array
  readonly qosMs: number
  readonly nearCost: number
  readonly missCost: number
}

/**
 * Each idle instance, first to last, takes of the first 2N pending queries that are in time the one whose
 * latest start on it, arrival + qos - mean slowdown, comes first and is not over. One that has none takes the
 * oldest query that no instance can serve in time any more.
 */
export interface DeadlineRule {
  readonly kind: 'deadline'
  readonly qosMs: number
}

/**
 * The first 2N pending queries, oldest first, go to the instance on which they are expected to finish first,
 * behind those that went there before; the first of equal ones. What goes to an idle instance starts.
 */
export interface CompletionRule {
  readonly kind: 'completion'
  /** How many instances are drawn for each query, of which the better is asked; 0: all are asked. */
  readonly drawn: 0 | 2
  /** Of the draws, a whole number from 0 to 2^32 - 1. */
  readonly seed: number
}

/**
 * A query starts on the first idle instance of its own group, oldest first, 1,024 pending queries being looked
 * at. A query whose group has no instance waits for good.
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
 * Pending queries and instances. It has no clock: time is what it is told, in ms, never decreasing. Arguments are
 * not validated.
 *
 * Each instance has a slowdown: how many times as long as the latency table says it takes. The service times in
 * expected finishes, costs and deadlines are those of the table times the slowdown.
 */
export interface KernelDispatcher {
  /** Instances that are there. */
  readonly instances: number
  /** Those of them that serve no query. */
  readonly idle: number
  /** Queries that wait. */
  readonly pending: number
  /** What the last decision started, one query after the other. Valid until the next call. */
  readonly startedQuery: Int32Array
  readonly startedInstance: Int32Array
  /** A query waits from now on, behind those that arrived before it or with it. */
  arrive(query: number, bin: number, arrivalMs: number): void
  /** A pending query is given up; false if there is none of that number. */
  cancel(query: number): boolean
  /** Starts what the rule starts now, and returns how many that is. */
  decide(nowMs: number): number
  /**
   * An instance has completed its query, or has not served it: nothing is learned from that. Returns for how long it
   * was busy, ms.
   */
  complete(instance: number, nowMs: number, served?: boolean): number
  /** An idle instance more; returns its number, the smallest that is not in use. */
  join(type: number): number
  /** An instance is gone, and with it the query that it may have served. */
  leave(instance: number): void
  /** Another rule of the same kind and sizes, from the next decision on. What was learned stays. */
  retune(rule: DispatchRule): void
  /**
   * Sets the slowdown of an instance, 1 when it joins; not that which was learned of its type. Where slowdowns of
   * instances are learned, it is what the estimate starts from.
   */
  setSlowdown(instance: number, slowdown: number, nowMs: number): void
  /** The slowdown of an instance at a time; what was learned of its type is part of it. */
  slowdownOf(instance: number, nowMs: number): number
  /** Whether an instance is there, and whether it serves a query. */
  stateOf(instance: number): 'gone' | 'idle' | 'busy'
}

/** Service times that are drawn: one uniform number per query, the same whatever instance serves it. */
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
  /** Whether what happened to each query is wanted. */
  readonly record: boolean
}

export interface ReplayOutcome {
  /** Queries that were started; fewer than n if the replay was stopped, or if the rule left some waiting. */
  readonly served: number
  /** Whether the replay ended early. */
  readonly stopped: boolean
  /** Latencies above QoS, from arrival to finish; queries that wait for longer than that are counted then. */
  readonly violations: number
  readonly decisions: number
  readonly lastFinishMs: number
  /** N times spent serving, ms. */
  readonly busyMs: Float64Array
  /** Where recorded, by query: NaN and -1 for one that was not started. Else empty. */
  readonly startMs: Float64Array
  readonly finishMs: Float64Array
  readonly instance: Int32Array
}
