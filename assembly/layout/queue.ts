// The pending queries of a dispatcher: slots of 32 bytes. Where the flow decides (layout/flow.ts), as many nodes of
// trees by arrival and by latest start, with the numbers of the slots.
//
//   slot    | 0 | 1 | 2 | 3 | 4 | ...
//   pending   head -> 3 -> 0 -> tail      in order of arrival, linked both ways, so that one may leave anywhere
//   given back  freed -> 2 -> 1           linked by `next`, used again first
//   never used  unused = 5, 6, ...

import { Dispatcher } from './dispatcher'
import { treeBytes } from './tree'

/** Places of queries for `batched`. A late one is hopeless or given up (`BatchedRule` in src/kernel/rules.ts). */
export const LIVE: i32 = 0
/** For the flow as well. */
export const LATE: i32 = 2

/** Place of a query that is in no set of the flow and is settled next: `settle` does not take it out again. */
export const NOWHERE: i32 = -1

/** A pending query. */
@unmanaged
export class Slot {
  arrival: f64
  query: i32
  bin: i32
  /** Neighbours in the list, -1 for none. */
  next: i32
  previous: i32
  /** Grows from query to query in the order in which they became known; it may wrap around. */
  sequence: i32
  /** Where the flow keeps the query: NOWHERE, or as in dispatch/flow/sets.ts. For batches: LIVE or LATE. */
  place: i32
}

export function slotAt(dispatcher: Dispatcher, slot: i32): Slot {
  return changetype<Slot>(dispatcher.slots + (slot as usize) * offsetof<Slot>())
}

/** Bytes of the slots of a number of queries. */
export function queueBytes(queries: i32): usize {
  return (queries as usize) * offsetof<Slot>()
}

/** Bytes of the nodes of as many queries. */
export function queueNodesBytes(queries: i32): usize {
  return 2 * treeBytes(queries)
}
