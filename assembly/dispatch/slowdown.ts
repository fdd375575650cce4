// Slowdowns: how many times as long as its latency table an instance takes. They are learned from served queries: by
// type, by instance, or not at all.
//
// By type. Sums with exponential forgetting, so that a long query counts for more than the constant overhead of a
// call. The slowdown of the means of a type is tookSum / meanSum, that of its quantiles tookSum / typicalSum. The two
// differ if only the means of a table are wrong. The own slowdown of an instance does not count for its type.
//
// By instance, for live fleets. Sums as above with a short memory. The prior is the usual slowdown of the type: the
// median of its instances, so that a faulty instance does not count. An estimate without observations returns to the
// usual slowdown, and that to the table. Otherwise an estimate that keeps queries away from an instance would never be
// corrected. With f, the freshness, which is 1 while queries are observed and 0 after a time without,
//
//   level    = (took + w start) / (table + w)     w = TRUST trust (table / queries)
//   slowdown = 1 / (f / level + (1 - f) / usual)
//
// Only + - x / are used, so that the fallback agrees to the last bit.

import { Dispatcher } from '../layout/dispatcher'
import { clearEstimate, estimateOf, InstanceEstimate } from '../layout/slowdown'
import { Vector } from '../layout/vector'
import { rebuildRuns } from './fleet'

/** What a dispatcher learns; 1 stands for the slowdowns of types. */
export const NOTHING: i32 = 0
export const INSTANCES: i32 = 2

/** By type: the share of a sum that is kept at each query; about the last 500 queries count. */
const KEEP_OF_TYPE: f64 = 0.998046875

/** Prior weight of the table, in queries of the largest bin. */
const TABLE_TRUST: f64 = 2

/** By instance: the share of a sum that is kept at each query; about the last 12 queries count. */
const KEEP: f64 = 0.92

/** Prior weight of the level of the type, in queries, and the share of it that is kept at each query. */
const TRUST: f64 = 3
const KEEP_TRUST: f64 = KEEP * KEEP

/** An instance counts for its type from so many queries on, of which older ones count less: three in a row are 2.77. */
const FEW: f64 = 2.5

/** An estimate is forgotten gradually during FORGET_MS, from FORGET_AFTER_MS of silence on. */
const FORGET_AFTER_MS: f64 = 500
const FORGET_MS: f64 = 1500

/** After this many queries in a row that took less than this share of the estimate, earlier ones are forgotten. */
const RECOVERED_AFTER: f64 = 3
const RECOVERED: f64 = 0.6

/** Estimates are brought up to date this often. */
const REFRESH_MS: f64 = 100

/** Starts the slowdowns of types as if each had served queries of the largest bin in exactly their mean. */
export function resetTypeSlowdowns(dispatcher: Dispatcher): void {
  for (let t = 0; t < dispatcher.types; t++) {
    const took = TABLE_TRUST * dispatcher.mean[(t + 1) * dispatcher.bins - 1]
    dispatcher.typeSlowdown[t] = 1
    dispatcher.quantileSlowdown[t] = 1
    dispatcher.usual[t] = 1
    dispatcher.tookSum[t] = took
    dispatcher.meanSum[t] = took
    dispatcher.typicalSum[t] = took
  }
}

/** Learns from a query that a position has served: it took `took` ms. */
export function learn(dispatcher: Dispatcher, position: i32, took: f64, now: f64): void {
  if (dispatcher.learns == INSTANCES) learnInstance(dispatcher, position, took, now)
  else learnType(dispatcher, position, took)
}

function learnType(dispatcher: Dispatcher, position: i32, took: f64): void {
  const type = dispatcher.type[position]
  const cell = dispatcher.cell[position]
  const slowdown = dispatcher.slowdown[position]
  const tookSum = KEEP_OF_TYPE * dispatcher.tookSum[type] + took
  const meanSum = KEEP_OF_TYPE * dispatcher.meanSum[type] + dispatcher.mean[cell] * slowdown
  const typicalSum = KEEP_OF_TYPE * dispatcher.typicalSum[type] + dispatcher.typical[cell] * slowdown
  dispatcher.typeSlowdown[type] = tookSum / meanSum
  dispatcher.quantileSlowdown[type] = tookSum / typicalSum
  dispatcher.tookSum[type] = tookSum
  dispatcher.meanSum[type] = meanSum
  dispatcher.typicalSum[type] = typicalSum
}

function learnInstance(dispatcher: Dispatcher, position: i32, took: f64, now: f64): void {
  const estimate = estimateOf(dispatcher, dispatcher.number[position])
  observe(estimate, took, dispatcher.mean[dispatcher.cell[position]], now)
  updateSlowdown(dispatcher, position, now)
  rebuildRuns(dispatcher)
}

/** Adds a query to an estimate: it took `took` where the table says `table`. */
function observe(estimate: InstanceEstimate, took: f64, table: f64, now: f64): void {
  if (took * estimate.table < RECOVERED * table * estimate.took) {
    estimate.fasterTook += took
    estimate.fasterTable += table
    estimate.fasterQueries += 1
  } else {
    forgetFaster(estimate)
  }
  if (estimate.fasterQueries == RECOVERED_AFTER) {
    estimate.took = estimate.fasterTook
    estimate.table = estimate.fasterTable
    estimate.queries = RECOVERED_AFTER
    estimate.start = 0
    estimate.trust = KEEP_TRUST * KEEP_TRUST * KEEP_TRUST
    forgetFaster(estimate)
  } else {
    const fresh = freshness(estimate, now)
    const keep = KEEP * fresh
    if (fresh == 0) estimate.start = 0
    estimate.took = keep * estimate.took + took
    estimate.table = keep * estimate.table + table
    estimate.queries = keep * estimate.queries + 1
    // silence adds to the weight of the level of the type, not to that of a level that was set
    const silent: f64 = estimate.start > 0 ? 0 : 1 - fresh
    estimate.trust = KEEP_TRUST * (fresh * estimate.trust + silent)
  }
  estimate.last = now
}

function forgetFaster(estimate: InstanceEstimate): void {
  estimate.fasterTook = 0
  estimate.fasterTable = 0
  estimate.fasterQueries = 0
}

/** The share of an estimate that still counts, 0 to 1; 0 if it was never observed or set. */
function freshness(estimate: InstanceEstimate, now: f64): f64 {
  if (estimate.trust == 0) return 0
  const silence = now - estimate.last - FORGET_AFTER_MS
  return silence <= 0 ? 1 : max(0, 1 - silence / FORGET_MS)
}

/** The slowdown of an instance, of a type with the given usual one. Its speed, 1 / slowdown, returns linearly. */
function slowdownBy(estimate: InstanceEstimate, usual: f64, now: f64): f64 {
  const fresh = freshness(estimate, now)
  if (fresh == 0) return usual
  let level = estimate.start > 0 ? estimate.start : usual
  if (estimate.queries > 0) {
    const weight = TRUST * estimate.trust * (estimate.table / estimate.queries)
    level = (estimate.took + weight * level) / (estimate.table + weight)
  }
  return fresh == 1 ? level : 1 / (fresh / level + (1 - fresh) / usual)
}

function updateSlowdown(dispatcher: Dispatcher, position: i32, now: f64): void {
  const estimate = estimateOf(dispatcher, dispatcher.number[position])
  dispatcher.slowdown[position] = slowdownBy(estimate, dispatcher.usual[dispatcher.type[position]], now)
}

/** Where slowdowns of instances are learned: brings them up to date, unless that was done less than REFRESH_MS ago. */
export function refreshSlowdowns(dispatcher: Dispatcher, now: f64): void {
  if (now < dispatcher.refreshAt) return
  ageEstimates(dispatcher, now)
  dispatcher.refreshAt = now + REFRESH_MS
  dispatcher.refreshed = now
  for (let t = 0; t < dispatcher.types; t++) dispatcher.usual[t] = usualSlowdown(dispatcher, t, now)
  for (let p = 0; p < dispatcher.instances; p++) updateSlowdown(dispatcher, p, now)
  rebuildRuns(dispatcher)
}

/** Moves the last observations to later times where silence counts for less. */
function ageEstimates(dispatcher: Dispatcher, now: f64): void {
  if (dispatcher.aging == 1) return
  const later = (1 - dispatcher.aging) * (now - dispatcher.refreshed)
  for (let p = 0; p < dispatcher.instances; p++) {
    const estimate = estimateOf(dispatcher, dispatcher.number[p])
    estimate.last = min(now, estimate.last + later)
  }
}

/** The median of the instances of a type that have served some queries lately, 1 if there are none. */
function usualSlowdown(dispatcher: Dispatcher, type: i32, now: f64): f64 {
  const sorted = dispatcher.sorted
  let count = 0
  for (let p = 0; p < dispatcher.instances; p++) {
    if (dispatcher.type[p] != type) continue
    const estimate = estimateOf(dispatcher, dispatcher.number[p])
    const fresh = freshness(estimate, now)
    if (fresh == 0 || estimate.queries < FEW) continue
    sorted[count++] = 1 / ((fresh * estimate.table) / estimate.took + (1 - fresh))
  }
  if (count == 0) return 1
  sort(sorted, count)
  const middle = count >> 1
  return (count & 1) == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Shell's sort, ascending. */
function sort(values: Vector<f64>, count: i32): void {
  let gap = 1
  while (gap < count) gap = 3 * gap + 1
  for (; gap > 0; gap /= 3) {
    for (let i = gap; i < count; i++) {
      const value = values[i]
      let at = i
      for (; at >= gap && values[at - gap] > value; at -= gap) values[at] = values[at - gap]
      values[at] = value
    }
  }
}

/**
 * Sets the slowdown of an instance from the next decision on. If slowdowns of instances are learned, the estimate
 * starts from it.
 */
export function setSlowdown(dispatcher: Dispatcher, instance: i32, slowdown: f64, now: f64): void {
  if (dispatcher.learns == INSTANCES) {
    const estimate = estimateOf(dispatcher, instance)
    clearEstimate(dispatcher, instance)
    estimate.start = slowdown
    estimate.trust = 1
    estimate.last = now
  }
  const position = dispatcher.positionOf[instance]
  if (dispatcher.slowdown[position] == slowdown) return
  dispatcher.slowdown[position] = slowdown
  rebuildRuns(dispatcher)
}

/** Sets what a millisecond of silence counts, from the last refresh on; see ageEstimates. */
export function setAging(dispatcher: Dispatcher, aging: f64): void {
  dispatcher.aging = aging
}

/** How many times as long as the latency table says an instance takes: its own slowdown times that of its type. */
export function slowdownOf(dispatcher: Dispatcher, instance: i32, now: f64): f64 {
  if (dispatcher.learns == INSTANCES) refreshSlowdowns(dispatcher, now)
  const position = dispatcher.positionOf[instance]
  return dispatcher.typeSlowdown[dispatcher.type[position]] * dispatcher.slowdown[position]
}
