/**
 * Decision rules as kernels take them: numbers, and arrays in rows. N instances of T types, K bins; times in ms.
 *
 * A query is expected to take the mean of its type and bin times the slowdown of its instance. left is the time until
 * an instance is expected to be idle, age the time since a query arrived, and slack = qos - age.
 */
export type DispatchRule =
  | FcfsRule
  | MatchingRule
  | PricedRule
  | FlowRule
  | DeadlineRule
  | CompletionRule
  | PartitionRule
  | OldestRule
  | UrgentRule
  | BatchedRule

/** Oldest query first, on the first idle instance. */
export interface FcfsRule {
  readonly kind: 'fcfs'
}

/**
 * A minimum-cost assignment of the first 2N pending queries to all N instances, busy ones included
 * (docs/architecture.md, "Matching"). Pairs whose instance is idle start; the others wait. A pair costs
 *
 *   coefficient (left + mean slowdown)   if slack <= 0
 *   missCost                             else if slack - left - guard slowdown < 0
 *   nearCost                             else if slack - left - guard slowdown < margin
 *   coefficient (left + mean slowdown)   else
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
}

/**
 * A minimum-cost assignment of the first 2N pending queries that are in time to all N instances, busy ones
 * included. Pairs whose instance is idle start; the others wait. A pair costs
 *
 *   placement - age   if slack - left - guard quantileSlowdown slowdown >= 0
 *   looseCost         else if slack - left - looseGuard quantileSlowdown slowdown >= 0
 *   missCost          else
 *
 * where placement = weight left + (reducedCost + weight mean (slowdown - 1)). A query whose pair costs missCost waits,
 * if another instance can serve it in time after that instance's own matched query. Otherwise it starts, but if its
 * mean there is above longestLateMs, it is left over: it starts after the others, as late queries do.
 *
 * It learns two slowdowns of each type: that of its means and that of its quantiles. Expected finishes use the slowdown
 * of the means.
 *
 * While the load is light and no query is late, each query, oldest first, goes to the instance on which it is expected
 * to finish first, of those with slack - left - guard quantileSlowdown slowdown >= 0, behind the queries that went
 * there before. From the first query that is in time nowhere, the matching decides. The load is light while both hold:
 *
 * - 4 m^2 / pi, the mean gap of Poisson arrivals whose gaps have square roots with the mean m, is at least lightGapMs.
 *   Of two decayed means, in which the last gap has a weight of 1/64 and of 1/512, m is the smaller one.
 * - The weights of busy instances, with the mean weight of an instance for each pending query, are at most lightLoad
 *   times the weights of all.
 *
 * A query is late once its slack is 0. Of the N oldest queries, the late ones start after the others, oldest first:
 * each on the instance with the least placement, if that instance is idle. If more late queries wait than there are
 * instances, one that waits for a busy instance counts in the left of that instance for those that follow.
 */
export interface PricedRule {
  readonly kind: 'priced'
  /** T costs of a millisecond on an instance. */
  readonly weight: Float64Array
  /** T x K costs of a query on a type above those on the best type. */
  readonly reducedCost: Float64Array
  /** T x K service times with which targets are checked, and the shorter ones for pairs that miss those, ms. */
  readonly guardMs: Float64Array
  readonly looseGuardMs: Float64Array
  /** T x K means of the quantiles of service times, above 0, ms. */
  readonly typicalMs: Float64Array
  /** T x K longest mean service times for which an instance starts a query that is late there, ms. */
  readonly longestLateMs: Float64Array
  readonly qosMs: number
  readonly looseCost: number
  readonly missCost: number
  /** The share of weights up to which the load is light; below 0: never. */
  readonly lightLoad: number
  /** The mean time between Poisson arrivals from which on the load may be light, ms. */
  readonly lightGapMs: number
}

/**
 * A flow of queries between types, for large fleets (docs/architecture.md, "Flow"). Each query in time is assigned to a
 * type, not to an instance, and stays assigned from one decision to the next. The n-th query of a type counts on its
 * n-th instance, idle ones first, then those that are expected to finish first; the left of the next one is the tail of
 * the type. A query is admitted while arrival + qos - guard quantileSlowdown - now >= tail, and costs
 * reducedCost + weight tail. `looseGuard` counts where no type admits it by `guard`.
 *
 * While the load is light, as `priced` has it, and every pending query is new, queries go to the type on which they
 * are expected to finish first, of those with arrival + qos - guard quantileSlowdown - now >= left.
 *
 * Late queries start after the others, but once they have waited for qos they start before them, as long as no more
 * than lateShare of the queries are late.
 *
 * It learns slowdowns of types, as `priced` does; those of instances count in expected finishes only.
 */
export interface FlowRule {
  readonly kind: 'flow'
  /** T costs of a millisecond on an instance, above 0. */
  readonly weight: Float64Array
  /** T x K costs of a query on a type above those on the best type. */
  readonly reducedCost: Float64Array
  /** T x K service times with which targets are checked, and shorter ones where no type admits a query by those, ms. */
  readonly guardMs: Float64Array
  readonly looseGuardMs: Float64Array
  /** T x K means of the quantiles of service times, above 0, ms. */
  readonly typicalMs: Float64Array
  readonly qosMs: number
  /** The share of queries that may be late for others that have waited long. */
  readonly lateShare: number
  readonly lightLoad: number
  readonly lightGapMs: number
}

/**
 * The latest start of a query on an instance is arrival + qos - mean slowdown. Each idle instance, first to last, takes
 * the query with the earliest latest start that has not passed, of the first 2N pending queries that are in time. An
 * instance without such a query takes the oldest query that would be late on an idle instance of every type.
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

/** What a rule that starts batches knows of them: queries that start together and take the time of their total size. */
interface BatchSizes {
  /** K sizes of the bins. The size of a query is that of its bin. */
  readonly batchSize: Float64Array
  /** T largest totals of two or more queries, 0 for a type that serves one at a time. */
  readonly largest: Float64Array
}

/**
 * Each idle instance, first to last, starts the oldest query, with those behind it in order of arrival up to the first
 * that does not fit into the largest batch of its type.
 */
export interface OldestRule extends BatchSizes {
  readonly kind: 'oldest'
}

/**
 * `deadline` in batches. Each idle instance, first to last, takes the query with the earliest latest start that has not
 * passed. Then each other one, in order of arrival, joins if the batch with it fits and is in time for its oldest
 * query. An instance without such a query takes queries that would be late on an idle instance of every type, oldest
 * first, each if the batch with it fits.
 */
export interface UrgentRule extends BatchSizes {
  readonly kind: 'urgent'
  readonly qosMs: number
}

/** The largest batch in units of a knapsack, as in assembly/layout/batches.ts. */
export const MAX_UNITS = 256

/**
 * Batches by the prices of the fluid program with batches (docs/batched-policy.md). A query is live until it is late:
 * hopeless, which means that no type can serve it in time alone, or given up. Without instances nothing is decided. A
 * decision takes seven steps. If no query is late after the first two, and the load is light, queries start alone where
 * they finish first, as those of `PricedRule`; the other steps follow only if one of them would be in time nowhere:
 *
 * 1. Hopeless queries become late.
 * 2. While the work ahead is small, late queries that can still be in time are live again. While it is more than
 *    `mostAhead` times QoS, the dearest live query becomes late, if the budget of misses has room, and if the work
 *    ahead without it takes nearly all of the time that it can wait.
 * 3. If little work is ahead, a nearly full batch of late queries starts, unless a live one would be late by it; if the
 *    oldest one has waited for very long, and the budget is not used up, a batch of any size.
 * 4. The batch of live queries with the highest score starts, until there is none; late queries join it.
 * 5. The 16 oldest live queries count on instances, oldest first, where they are in time by safe times behind those
 *    that count there. One that can count on none starts alone on an idle instance that none counts on, where it is in
 *    time by the mean.
 * 6. Idle instances start late queries, oldest first, but none that takes longer than longestLateMs and than its age.
 * 7. If no instance is busy, no completion will help live queries that are left: they are late, and start as in 6.
 *
 * Step 4 looks at a batch for each type with an idle instance, on the one with the least slowdown. Its score is what it
 * is worth over what its time costs: the sum of worth (1 + age / qos) over weight mean.
 *
 * By worth, a knapsack over sizes finds the batch that is in time for its oldest query and has the most net worth:
 *
 *   sum of (worth + m) (1 + ageWorth z^p) over its queries
 *     - mean weight timeFactor / (1 + aheadDiscount A)
 *     + stagger (x - a) (b - x)
 *
 * m is missWorth for a query at its last chance, else 0; z is ageScale times its age when a fast instance is idle next;
 * p is 4 on fast types, 3 on others; A is the work ahead. Ages and A are shares of QoS. The batch ends at x, and others
 * on fast types at a and b.
 *
 * In order, a batch is formed around the query with the earliest latest start, in order of arrival, of those that the
 * type serves cheaply, or of all if none of these is in time; one at its last chance goes first if that query can wait.
 *
 * A query has its last chance if it is late when it waits for the next instance that is idle: this one again, or
 * another one by safe times.
 */
export interface BatchedRule extends BatchSizes {
  readonly kind: 'batched'
  readonly qosMs: number
  /**
   * Queries are given up while at most lateShare (arrived + 4,000) are late, of all that have arrived, and while more
   * work is ahead than mostAhead of QoS.
   */
  readonly lateShare: number
  readonly mostAhead: number
  /** As those of `PricedRule`. */
  readonly lightLoad: number
  readonly lightGapMs: number
  /** The unit of sizes in a knapsack. */
  readonly unit: number
  /** 1: batches are formed in order, 0: by worth. */
  readonly inOrder: 0 | 1
  /** In order: how long a query waits, as a share of QoS, before it may join another one. */
  readonly joinAge: number
  readonly missWorth: number
  /** T costs of a millisecond of a type, above 0, and of its largest batch. */
  readonly weight: Float64Array
  readonly fullCost: Float64Array
  /** T: 1 for a type whose largest batch leaves time to wait, else 0. */
  readonly isFast: Float64Array
  /** T each. */
  readonly timeFactor: Float64Array
  readonly aheadDiscount: Float64Array
  readonly ageScale: Float64Array
  readonly ageWorth: Float64Array
  readonly stagger: Float64Array
  /** K costs of a query on its cheapest type and mode at the prices of the program, and what serving it is worth. */
  readonly queryCost: Float64Array
  readonly worth: Float64Array
  /** K least safe times of a query, alone, over the types that are there, ms. */
  readonly aloneMs: Float64Array
  /** T x K: 1 for a type that serves a bin at little more than its least cost, else 0. */
  readonly isCheap: Float64Array
  /** T x K longest times that an instance gives to a late query, alone or as its part of a batch of late ones, ms. */
  readonly longestLateMs: Float64Array
  /** T x K safe times, with which targets are checked, ms; Infinity where a query starts at a risk only. */
  readonly guardMs: Float64Array
}
