/** What the rules of the fallback decide on: pending queries, instances, and what is kept between decisions. */

/** A pending query. */
export interface Query {
  readonly query: number
  readonly bin: number
  readonly arrivalMs: number
  /** Grows from query to query in the order in which they became known. */
  readonly sequence: number
}

/** An instance, idle or busy. */
export interface Instance {
  readonly number: number
  readonly type: number
  /** How many times as long as its type it takes; 1 when it joins. */
  slowdown: number
  busy: boolean
  /**
   * When its query or batch started, when it is expected to finish, and its bin. Out of date while the instance is
   * idle; the bin is 0 while it is held.
   */
  startMs: number
  expectedFinishMs: number
  bin: number
}

/** T slowdowns of the means of each type, and T of the quantiles. */
export interface TypeSlowdowns {
  readonly ofMeans: Float64Array
  readonly ofQuantiles: Float64Array
}

/** An assignment to a type. */
interface Assigned {
  readonly type: number
  readonly level: Level
}

/** The guard by which a query is assigned: 0 the guard, 1 the loose guard. */
export type Level = 0 | 1

/** What the flow keeps from one decision to the next. A pending query that is nowhere here is new. */
export interface FlowState {
  readonly assigned: Map<Query, Assigned>
  readonly stalled: Set<Query>
  readonly late: Set<Query>
  /** How many more queries may be late. */
  allowance: number
  /** T slowdowns of quantiles that the guards contain; absent: nothing is assigned or stalled. */
  stretch: Float64Array | undefined
  /** Makes every query that is assigned or stalled a new one. */
  invalidate(): void
  /** Makes every query a new one, before any of them. @param lateShare the share of queries that may be late */
  forget(lateShare: number): void
  /** A query has arrived. */
  arrive(lateShare: number): void
}

/** What `batched` keeps from one decision to the next. */
export interface BatchState {
  /** Pending queries that are late: hopeless or given up. */
  readonly late: Set<Query>
  /** All that were ever late, less those that were taken back, and all that ever arrived. */
  everLate: number
  everArrived: number
}

/** The state that a rule decides on. */
export interface Scene {
  /** Pending queries in order of arrival. */
  readonly queue: readonly Query[]
  /** In order of numbers. */
  readonly fleet: readonly Instance[]
  readonly bins: number
  /** T x K mean service times, ms. */
  readonly meanMs: Float64Array
  readonly nowMs: number
  /**
   * The mean gap of the Poisson process whose gaps have square roots with the same mean as those so far, ms: of two
   * decayed means, over few and over many gaps, the smaller one. Where arrivals come in bursts it is far below their
   * mean gap. 0 until two queries have arrived.
   */
  readonly steadyGapMs: number
  /** Of each type: 1 unless they are learned. */
  readonly slowdowns: TypeSlowdowns
  /** Where the flow rule has assigned queries. */
  readonly flow: FlowState
  readonly batches: BatchState
}

/** A query and the idle instance on which it starts. */
export interface Pair {
  readonly query: Query
  readonly instance: Instance
  /** The bin of its batch; absent: it starts alone. The pairs of a batch follow each other, the oldest first. */
  readonly batchBin?: number
}

/** How long a query or batch of a bin is expected to take on an instance, ms. */
export function serviceOf(
  { bins, meanMs, slowdowns }: Pick<Scene, 'bins' | 'meanMs' | 'slowdowns'>,
  bin: number,
  { type, slowdown }: Instance,
): number {
  return meanMs[type * bins + bin] * slowdowns.ofMeans[type] * slowdown
}

/** How long an instance is expected to stay busy, ms. */
export function leftMs({ busy, expectedFinishMs }: Instance, nowMs: number): number {
  return busy ? Math.max(0, expectedFinishMs - nowMs) : 0
}
