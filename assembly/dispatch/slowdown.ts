// The slowdown of each type: how many times as long as the latency table says its instances take, learned from
// the queries that they have served.
//
// Block for T types; a dispatcher whose rule does not learn has none, at address 0:
//
//   of means f64[T] | of quantiles f64[T] | took f64[T] | means f64[T] | typicals f64[T]
//
// The last three are sums over the queries that a type has served, with exponential forgetting: a long query
// counts for more than the constant overhead of a call. The slowdown of means is took / means, that of quantiles
// is took / typicals, where `typical` is the mean of the quantiles of a cell. The two differ where only the means
// of a table are wrong. What an instance takes more than its type (fleet.ts) is not counted against the type.

import { CELL, MEAN, TYPE_SLOWDOWN, TYPES, TYPICAL } from '../layout/dispatcher'
import { positionOf, slowdownAt, typeAt } from './fleet'

/** The share of a sum that is kept at each query: about the last 500 queries count. */
const KEEP: f64 = 0.998046875

/** Prior weight of the table, in queries of the largest bin. */
const TRUST: f64 = 2

/** Bytes of the block. */
export function typeSlowdownBytes(types: i32): i32 {
  return 40 * types
}

/** Initializes the block as if each type had served queries of the largest bin in exactly its mean. */
export function layTypeSlowdowns(slowdownPtr: usize, types: i32, bins: i32, meanPtr: usize): void {
  const row: usize = 8 * (types as usize)
  for (let t = 0; t < types; t++) {
    const at = slowdownPtr + 8 * (t as usize)
    const largest = load<f64>(meanPtr + 8 * (((t + 1) * bins - 1) as usize))
    store<f64>(at, 1)
    store<f64>(at + row, 1)
    for (let sum: usize = 2; sum < 5; sum++) store<f64>(at + sum * row, TRUST * largest)
  }
}

/** Updates the slowdowns of a type: the instance at `position` took `took` ms for the query that it served. */
export function learn(dispatcherPtr: usize, position: i32, took: f64): void {
  const row: usize = 8 * (load<i32>(dispatcherPtr, TYPES) as usize)
  const slowdown = slowdownAt(dispatcherPtr, position)
  const at = load<usize>(dispatcherPtr, TYPE_SLOWDOWN) + 8 * (typeAt(dispatcherPtr, position) as usize)
  const cell: usize = 8 * (load<i32>(load<usize>(dispatcherPtr, CELL) + 4 * (position as usize)) as usize)
  const tooks = KEEP * load<f64>(at + 2 * row) + took
  const mean = load<f64>(load<usize>(dispatcherPtr, MEAN) + cell) * slowdown
  const typical = load<f64>(load<usize>(dispatcherPtr, TYPICAL) + cell) * slowdown
  const means = KEEP * load<f64>(at + 3 * row) + mean
  const typicals = KEEP * load<f64>(at + 4 * row) + typical
  store<f64>(at, tooks / means)
  store<f64>(at + row, tooks / typicals)
  store<f64>(at + 2 * row, tooks)
  store<f64>(at + 3 * row, means)
  store<f64>(at + 4 * row, typicals)
}

/** The slowdown of the mean service times of a type. */
export function typeSlowdown(dispatcherPtr: usize, type: i32): f64 {
  const slowdownPtr = load<usize>(dispatcherPtr, TYPE_SLOWDOWN)
  return slowdownPtr == 0 ? 1 : load<f64>(slowdownPtr + 8 * (type as usize))
}

/** The slowdown of the quantiles of a type. */
export function quantileSlowdown(dispatcherPtr: usize, type: i32): f64 {
  const slowdownPtr = load<usize>(dispatcherPtr, TYPE_SLOWDOWN)
  return slowdownPtr == 0
    ? 1
    : load<f64>(slowdownPtr + 8 * ((load<i32>(dispatcherPtr, TYPES) + type) as usize))
}

/** How many times as long as the latency table says an instance takes: its own slowdown times that of its type. */
export function slowdownOf(dispatcherPtr: usize, instance: i32, _now: f64): f64 {
  const position = positionOf(dispatcherPtr, instance)
  return typeSlowdown(dispatcherPtr, typeAt(dispatcherPtr, position)) * slowdownAt(dispatcherPtr, position)
}
