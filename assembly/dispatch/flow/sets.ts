// Which query is in which set of the flow, and which instances of a type are idle (layout/flow.ts).
//
// Invariants: between decisions a pending query is in one set, and `place` of its slot is twice the number of that set
// plus the level of the query: 0 if its type admits it by the guard, 1 if by the loose guard. After takeOut `place` is
// out of date: a caller that settles the query then sets it to NOWHERE. The bit of a bin in the masks of a type is set
// exactly where the set of the two is not empty. While the flow is stale, all queries are new or late, and nothing is
// known of instances.

import { Dispatcher } from '../../layout/dispatcher'
import { ASSIGNED, Flow, FRESH, flowOf, STALLED } from '../../layout/flow'
import { LATE, slotAt } from '../../layout/queue'
import { FlowTable } from '../../layout/rules'
import { nodeAt } from '../../layout/tree'
import { bitOf } from '../../layout/vector'
import { countOf, insertNode, removeNode, smallest } from '../tree'

/** The oldest query of a set, -1 if it is empty. */
export function oldestIn(dispatcher: Dispatcher, set: i32): i32 {
  const root = flowOf(dispatcher).roots[set]
  return root < 0 ? -1 : smallest(dispatcher.byArrival, root)
}

export function levelOf(dispatcher: Dispatcher, slot: i32): i32 {
  return slotAt(dispatcher, slot).place & 1
}

export function isIn(dispatcher: Dispatcher, slot: i32, set: i32): bool {
  return slotAt(dispatcher, slot).place >> 1 == set
}

/** Puts a query that is in no set into one. */
export function putInto(dispatcher: Dispatcher, slot: i32, set: i32, level: i32): void {
  const query = slotAt(dispatcher, slot)
  const root = flowOf(dispatcher).roots.from(set).address
  query.place = 2 * set + level
  insertNode(dispatcher.byArrival, root, slot, query.arrival, query.sequence)
}

/** Assigns a query that is in no set to a type. */
export function assignTo(dispatcher: Dispatcher, slot: i32, type: i32, level: i32): void {
  const flow = flowOf(dispatcher)
  const query = slotAt(dispatcher, slot)
  const set = ASSIGNED + type * dispatcher.bins + query.bin
  if (flow.roots[set] < 0) flipMasks(dispatcher, type, query.bin)
  putInto(dispatcher, slot, set, level)
  const latest = latestOn(dispatcher, slot, type, level)
  insertNode(dispatcher.byLatest, flow.assigned.from(type).address, slot, latest, query.sequence)
}

/** Takes a query out of its set. */
export function takeOut(dispatcher: Dispatcher, slot: i32): void {
  const flow = flowOf(dispatcher)
  const query = slotAt(dispatcher, slot)
  const set = query.place >> 1
  removeNode(dispatcher.byArrival, flow.roots.from(set).address, slot)
  if (set < ASSIGNED) return
  const type = (set - ASSIGNED) / dispatcher.bins
  removeNode(dispatcher.byLatest, flow.assigned.from(type).address, slot)
  if (flow.roots[set] < 0) flipMasks(dispatcher, type, query.bin)
}

/** Until when a query may start on a type. */
export function latestOn(dispatcher: Dispatcher, slot: i32, type: i32, level: i32): f64 {
  const query = slotAt(dispatcher, slot)
  const guards = flowOf(dispatcher).guards
  const guard = guards[(level * dispatcher.types + type) * dispatcher.bins + query.bin]
  return query.arrival + qosOf(dispatcher) - guard
}

function qosOf(dispatcher: Dispatcher): f64 {
  return changetype<FlowTable>(dispatcher.table).qosMs
}

function flipMasks(dispatcher: Dispatcher, type: i32, bin: i32): void {
  const flow = flowOf(dispatcher)
  const types = dispatcher.types
  for (let to = 0; to < types; to++) {
    const pair = type * types + to
    const rank = flow.rank[pair * dispatcher.bins + bin]
    flow.masks[pair * flow.maskWords + (rank >> 6)] ^= bitOf(rank)
  }
}

/** How many queries count as having arrived before the first one, and the most that may be allowed at a time. */
const HEAD_START: f64 = 200
const MOST_ALLOWED: f64 = 1000

/** What is allowed before the first query. */
export function firstAllowance(dispatcher: Dispatcher): f64 {
  return HEAD_START * changetype<FlowTable>(dispatcher.table).lateShare
}

/** Adds a new query, and allows `lateShare` of a late one more. */
export function addFresh(dispatcher: Dispatcher, slot: i32): void {
  const flow = flowOf(dispatcher)
  flow.allowance = min(MOST_ALLOWED, flow.allowance + changetype<FlowTable>(dispatcher.table).lateShare)
  putInto(dispatcher, slot, FRESH, 0)
}

/** Makes a query late that is in no set. */
export function addLate(dispatcher: Dispatcher, slot: i32): void {
  flowOf(dispatcher).allowance -= 1
  putInto(dispatcher, slot, LATE, 0)
}

/** Makes all assigned and stalled queries new: instances or guards change. The next decision rebuilds the rest. */
export function invalidateFlow(dispatcher: Dispatcher): void {
  const flow = flowOf(dispatcher)
  if (flow.isStale) return
  flow.isStale = 1
  for (let t = 0; t < dispatcher.types; t++) {
    while (flow.assigned[t] >= 0) renew(dispatcher, flow.assigned[t])
  }
  while (flow.roots[STALLED] >= 0) renew(dispatcher, flow.roots[STALLED])
}

function renew(dispatcher: Dispatcher, slot: i32): void {
  takeOut(dispatcher, slot)
  putInto(dispatcher, slot, FRESH, 0)
}

/** Makes all pending queries new ones; none of them is in a set. */
export function collectQueries(dispatcher: Dispatcher): void {
  for (let slot = dispatcher.head; slot >= 0; slot = slotAt(dispatcher, slot).next) {
    putInto(dispatcher, slot, FRESH, 0)
  }
}

/** Adds an idle position to those of its type. */
export function addIdle(flow: Flow, type: i32, position: i32): void {
  const word = position >> 6
  flow.idleBits[type * flow.idleWords + word] |= bitOf(position)
  flow.idle[type]++
  flow.firstWord[type] = min(flow.firstWord[type], word)
}

/** Adds a busy position to those of its type. */
export function addBusy(flow: Flow, type: i32, position: i32, expected: f64): void {
  insertNode(flow.busyNodes, flow.busy.from(type).address, position, expected, position)
}

/** Moves a position from the idle to the busy ones of its type; `expected` is set already. */
export function occupy(dispatcher: Dispatcher, position: i32): void {
  const flow = flowOf(dispatcher)
  const type = dispatcher.type[position]
  flow.idleBits[type * flow.idleWords + (position >> 6)] ^= bitOf(position)
  flow.idle[type]--
  addBusy(flow, type, position, dispatcher.expected[position])
}

/** Moves a position from the busy to the idle ones of its type. While the flow is stale neither are listed. */
export function vacate(dispatcher: Dispatcher, position: i32): void {
  const flow = flowOf(dispatcher)
  if (flow.isStale) return
  const type = dispatcher.type[position]
  removeNode(flow.busyNodes, flow.busy.from(type).address, position)
  addIdle(flow, type, position)
}

/** The first idle position of a type that has one. */
export function firstIdleOf(flow: Flow, type: i32): i32 {
  const bits = flow.idleBits.from(type * flow.idleWords)
  let word = flow.firstWord[type]
  while (bits[word] == 0) word++
  flow.firstWord[type] = word
  return 64 * word + (ctz(bits[word]) as i32)
}

/** Whether a type has instances. */
export function isThere(flow: Flow, type: i32): bool {
  return flow.idle[type] > 0 || flow.busy[type] >= 0
}

export function assignedTo(dispatcher: Dispatcher, type: i32): i32 {
  return countOf(dispatcher.byLatest, flowOf(dispatcher).assigned[type])
}

/** The latest start of an assigned query on its type. */
export function latestOf(dispatcher: Dispatcher, slot: i32): f64 {
  return nodeAt(dispatcher.byLatest, slot).key
}
