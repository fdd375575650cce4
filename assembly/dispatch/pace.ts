// How long types really take, learned from what they have served.
//
// Pace block, for T types; a dispatcher whose rule does not learn has none, at address 0:
//
//   speed f64[T] | pace f64[T] | took f64[T] | means f64[T] | typicals f64[T]
//
// Sums over the queries that a type has served, with exponential forgetting, so that a long query counts for
// more than what asking and answering takes. Speed, took / means, is how many times as long as its means a
// type takes; pace, took / typicals, as long as its quantiles say, of which `typical` has the means. The two
// differ where only the means of a table are wrong.

import { CELL, MEAN, PACE, TYPES, TYPICAL } from '../layout/dispatcher'
import { typeAt } from './fleet'

/** What is left of a sum after each query: about the last five hundred count. */
const KEEP: f64 = 0.998046875

/** Queries of the largest bin that the table is believed for, to begin with. */
const TRUST: f64 = 2

/** Bytes of the block. */
export function paceBytes(types: i32): i32 {
  return 40 * types
}

/** Lays the block of a dispatcher that learns, as if each type had served queries of the largest bin in its mean. */
export function layPace(pacePtr: usize, types: i32, bins: i32, meanPtr: usize): void {
  const row: usize = 8 * (types as usize)
  for (let t = 0; t < types; t++) {
    const at = pacePtr + 8 * (t as usize)
    const largest = load<f64>(meanPtr + 8 * (((t + 1) * bins - 1) as usize))
    store<f64>(at, 1)
    store<f64>(at + row, 1)
    for (let sum: usize = 2; sum < 5; sum++) store<f64>(at + sum * row, TRUST * largest)
  }
}

/** An instance has taken so long for the query that it served. */
export function learn(dispatcherPtr: usize, position: i32, took: f64): void {
  const row: usize = 8 * (load<i32>(dispatcherPtr, TYPES) as usize)
  const at = load<usize>(dispatcherPtr, PACE) + 8 * (typeAt(dispatcherPtr, position) as usize)
  const cell: usize = 8 * (load<i32>(load<usize>(dispatcherPtr, CELL) + 4 * (position as usize)) as usize)
  const tooks = KEEP * load<f64>(at + 2 * row) + took
  const means = KEEP * load<f64>(at + 3 * row) + load<f64>(load<usize>(dispatcherPtr, MEAN) + cell)
  const typicals = KEEP * load<f64>(at + 4 * row) + load<f64>(load<usize>(dispatcherPtr, TYPICAL) + cell)
  store<f64>(at, tooks / means)
  store<f64>(at + row, tooks / typicals)
  store<f64>(at + 2 * row, tooks)
  store<f64>(at + 3 * row, means)
  store<f64>(at + 4 * row, typicals)
}

/** How many times as long as its means a type takes. */
export function speedOf(dispatcherPtr: usize, type: i32): f64 {
  const pacePtr = load<usize>(dispatcherPtr, PACE)
  return pacePtr == 0 ? 1 : load<f64>(pacePtr + 8 * (type as usize))
}

/** How many times as long as its quantiles say. */
export function paceOf(dispatcherPtr: usize, type: i32): f64 {
  const pacePtr = load<usize>(dispatcherPtr, PACE)
  return pacePtr == 0 ? 1 : load<f64>(pacePtr + 8 * ((load<i32>(dispatcherPtr, TYPES) + type) as usize))
}
