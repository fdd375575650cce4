import type { DispatchRule } from './rules.ts'

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
 * `rowPotential[i] + colPotential[j] <= cost[i][j]`, with equality on the pairs. On the longer side potentials are at
 * most 0, and 0 where unmatched. All up to rounding.
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
   * - `types`, by default, in rules with `typicalMs`: the slowdowns of each type, over some 500 queries.
   * - `instances`, for live fleets, in every rule: the slowdown of each instance, over some 12 queries. It starts from
   *   the median of its type, and returns to it within two seconds without observations, as the median to the table.
   * - `nothing`
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
  /**
   * Makes an idle instance busy without a query; it is expected to be idle again at `untilMs`, finite. `complete` makes
   * it idle, with `served` false: there is nothing to learn.
   */
  hold(instance: number, nowMs: number, untilMs: number): void
  /** Adds an idle instance; returns its number, the smallest that is not in use. */
  join(type: number): number
  /** Removes an instance, with the query that it was serving. */
  leave(instance: number): void
  /**
   * Replaces the rule, from the next decision on. What was learned is kept. The new rule has the same sizes, and the
   * same kind, unless both have `typicalMs`.
   */
  retune(rule: DispatchRule): void
  /**
   * Sets the slowdown of an instance, without that of its type. It is 1 when the instance joins. If slowdowns of
   * instances are learned, the estimate starts from it.
   */
  setSlowdown(instance: number, slowdown: number, nowMs: number): void
  /** The slowdown of an instance at a time, with that of its type. */
  slowdownOf(instance: number, nowMs: number): number
  /** Sets what a millisecond without observations counts in the age of learned slowdowns, 0 to 1; 1 at the start. */
  setAging(aging: number): void
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

/** Queries are parked that have waited longer than QoS, and have not started, when the last query has arrived. */
interface Parking {
  /** K volumes of a query. */
  readonly volume: Float64Array
  /** The replay ends at the last arrival if more than this is parked. */
  readonly most: number
}

/** A trace of n queries to run in virtual time (docs/architecture.md, "Replay"). */
export interface ReplayInput extends DispatcherSetup {
  /** n arrivals, never decreasing. */
  readonly arrivalMs: Float64Array
  /** n bins. */
  readonly bin: Int32Array
  /** Absent: every query takes its mean. */
  readonly sampled?: SampledService
  /** K sizes of the bins; absent: no backlog is returned. */
  readonly sizes?: Float64Array
  /** A latency above it is a violation. */
  readonly qosMs: number
  /** The replay ends as soon as there are more violations than this; absent: it runs to its end. */
  readonly stopAfterViolations?: number
  /** Absent: parked queries are not counted. */
  readonly parking?: Parking
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
  /** When the last query started, and when the last one finished; 0 if none did. */
  readonly lastStartMs: number
  readonly lastFinishMs: number
  /** The size of all queries that wait after the last arrival; 0 if the replay was stopped before it. */
  readonly backlog?: number
  /** The volume of the parked queries; 0 if the replay was stopped before the last arrival. */
  readonly parked: number
  /** For each quarter of the time in which queries arrive: the sum over queries of the time they waited in it, ms. */
  readonly waitedMs: Float64Array
  /** N busy times, ms. */
  readonly busyMs: Float64Array
  /** By query if recorded, else empty: NaN and -1 for a query that did not start. */
  readonly startMs: Float64Array
  readonly finishMs: Float64Array
  readonly instance: Int32Array
}
