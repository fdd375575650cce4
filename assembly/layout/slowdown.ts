// What a dispatcher learns of how long instances really take.
//
//   by type (T each)      | type slowdown | quantile slowdown | took sum | mean sum | typical sum | usual |
//   by instance           InstanceEstimate, at its number, in the arrays of the fleet

import { Dispatcher } from './dispatcher'
import { vectorAt } from './vector'

/** What is known of the slowdown of an instance; all is 0 of one that has just joined. */
@unmanaged
export class InstanceEstimate {
  /** Decayed sums of what its queries took, and of what the table says they take, ms. */
  took: f64
  table: f64
  /** How many queries the sums stand for. */
  queries: f64
  /** The level that it starts from; 0 for that of its type. */
  start: f64
  /** What is left of the weight of that level, of 1. */
  trust: f64
  /** When it was last observed, or set. */
  last: f64
  /** The last queries in a row that took far less than estimated: the same sums, without decay. */
  fasterTook: f64
  fasterTable: f64
  fasterQueries: f64
}

export function estimateOf(dispatcher: Dispatcher, instance: i32): InstanceEstimate {
  return changetype<InstanceEstimate>(
    dispatcher.estimates + (instance as usize) * offsetof<InstanceEstimate>(),
  )
}

/** Forgets what is known of an instance. */
export function clearEstimate(dispatcher: Dispatcher, instance: i32): void {
  memory.fill(changetype<usize>(estimateOf(dispatcher, instance)), 0, offsetof<InstanceEstimate>())
}

/** Bytes of the vectors by type. */
export function typeSlowdownBytes(types: i32): usize {
  return 6 * 8 * (types as usize)
}

export function placeTypeSlowdowns(dispatcher: Dispatcher, address: usize): void {
  const types = dispatcher.types
  dispatcher.typeSlowdown = vectorAt<f64>(address)
  dispatcher.quantileSlowdown = dispatcher.typeSlowdown.from(types)
  dispatcher.tookSum = dispatcher.quantileSlowdown.from(types)
  dispatcher.meanSum = dispatcher.tookSum.from(types)
  dispatcher.typicalSum = dispatcher.meanSum.from(types)
  dispatcher.usual = dispatcher.typicalSum.from(types)
}
