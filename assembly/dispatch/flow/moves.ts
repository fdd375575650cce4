// Where the flow puts a query, and which query it moves from one type to another. With tail, the time until the next
// instance of a type is free that nothing is assigned to, an assignment to type s costs
//
//   reduced cost + weight tail        if its latest start on s is not before now + tail
//
// A query that has to start before the tail would make those behind it late: the type is full for it. It may take the
// place of another query only if that one moves to an idle or overdue instance of another type, and if it can wait for
// the last instance that queries of the type count on. Those behind it can wait too, because their latest starts are
// not before its own. A new or stalled query that no type admits is put before those that may start later, if all of
// them stay in time.

import { Dispatcher } from '../../layout/dispatcher'
import { ASSIGNED, flowOf, STALLED } from '../../layout/flow'
import { LATE, NOWHERE, slotAt } from '../../layout/queue'
import { FlowTable } from '../../layout/rules'
import { nodeAt } from '../../layout/tree'
import { countOf, countUpTo, kth, largest } from '../tree'
import {
  addLate,
  assignedTo,
  assignTo,
  isIn,
  isThere,
  latestOn,
  levelOf,
  oldestIn,
  putInto,
  takeOut,
} from './sets'

/** A cost is less than another one if it is so by this much. */
export const LESS: f64 = 1e-9

/** The most that putting a query before others may waste, as a share of what it costs on that type. */
const MOST_WASTED: f64 = 0.01

/** The most queries that one may be put before. */
const MOST_BEHIND = 64

/** No query is put before others once a late one has waited for so many times QoS: in overload more would be late. */
const LONGEST_LATE: f64 = 2

/** Computes in how many ms two instances of a type are free: the next without an assigned query, and the one before. */
export function updateTail(dispatcher: Dispatcher, type: i32): void {
  const flow = flowOf(dispatcher)
  const assigned = assignedTo(dispatcher, type)
  flow.tail[type] = leftOfKth(dispatcher, type, assigned)
  flow.last[type] = leftOfKth(dispatcher, type, assigned - 1)
  flow.firm[type] = -Infinity
}

/** For how long the k-th instance of a type is busy: idle ones come first, then those that are busy, soonest first. */
export function leftOfKth(dispatcher: Dispatcher, type: i32, k: i32): f64 {
  const flow = flowOf(dispatcher)
  const busy = k - flow.idle[type]
  if (busy < 0) return 0
  const root = flow.busy[type]
  if (busy >= countOf(flow.busyNodes, root)) return Infinity
  return max<f64>(0, nodeAt(flow.busyNodes, kth(flow.busyNodes, root, busy)).key - dispatcher.now)
}

/**
 * What the cheapest move of a query between two types costs, (newCost + difference of reduced costs) + weight tail -
 * saved, if that is less than `limit`; Infinity otherwise. Its slot is `found` of the flow. Of the bins in order of
 * what they cost more on `to`, the first counts whose youngest query is admitted there.
 *
 * @param newCost the reduced cost of a new query that takes its place, 0 if there is none
 * @param saved the cost of waiting for the last instance that queries of `from` count on; 0 if a new query takes the
 *   place
 */
export function cheapestMove(
  dispatcher: Dispatcher,
  from: i32,
  to: i32,
  newCost: f64,
  saved: f64,
  limit: f64,
): f64 {
  const flow = flowOf(dispatcher)
  const tail = flow.tail[to]
  if (tail == Infinity) return Infinity
  const table = changetype<FlowTable>(dispatcher.table)
  const bins = dispatcher.bins
  const pair = from * dispatcher.types + to
  const order = flow.order.from(pair * bins)
  const mask = flow.masks.from(pair * flow.maskWords)
  const wait = table.weight[to] * tail
  for (let word = 0; word < flow.maskWords; word++) {
    for (let bits = mask[word]; bits != 0; bits &= bits - 1) {
      const bin = order[64 * word + (ctz(bits) as i32)]
      const cell = from * bins + bin
      const cost = newCost + (table.reducedCost[to * bins + bin] - table.reducedCost[cell]) + wait - saved
      // bins that follow cost as much or more
      if (!(cost < limit)) return Infinity
      const slot = largest(dispatcher.byArrival, flow.roots[ASSIGNED + cell])
      if (latestOn(dispatcher, slot, to, levelOf(dispatcher, slot)) - dispatcher.now >= tail) {
        flow.found = slot
        return cost
      }
    }
  }
  return Infinity
}

/**
 * Assigns a query where that is cheapest: at the tail of a type, or in the place of another query, which moves to
 * another type; false if there is no such type.
 */
function admit(dispatcher: Dispatcher, slot: i32, level: i32): bool {
  const flow = flowOf(dispatcher)
  const table = changetype<FlowTable>(dispatcher.table)
  const types = dispatcher.types
  const bins = dispatcher.bins
  const bin = slotAt(dispatcher, slot).bin
  let best = Infinity
  let type = -1
  for (let t = 0; t < types; t++) {
    const tail = flow.tail[t]
    if (!(latestOn(dispatcher, slot, t, level) - dispatcher.now >= tail)) continue
    const cost = table.reducedCost[t * bins + bin] + table.weight[t] * tail
    if (cost < best - LESS) {
      best = cost
      type = t
    }
  }
  // up to 64 stalled queries are tried again in each decision: to look for a query to move for each would take too long
  if (type < 0 && isIn(dispatcher, slot, STALLED)) return false
  // the query that moves on, and where to
  let moved = -1
  let next = -1
  for (let t = 0; t < types; t++) {
    const leftMs = latestOn(dispatcher, slot, t, level) - dispatcher.now
    const isFull = !(leftMs >= flow.tail[t])
    if (flow.assigned[t] < 0 || (isFull && !(leftMs >= flow.last[t]))) continue
    const reducedCost = table.reducedCost[t * bins + bin]
    for (let s = 0; s < types; s++) {
      // a query moves from a full type only where it need not wait: in overload other moves gain nothing
      if (s == t || (isFull && flow.tail[s] > 0)) continue
      const pushed = cheapestMove(dispatcher, t, s, reducedCost, 0, best - LESS)
      if (pushed == Infinity) continue
      best = pushed
      type = t
      moved = flow.found
      next = s
    }
  }
  if (type < 0) return false
  if (moved >= 0) move(dispatcher, moved, next)
  if (slotAt(dispatcher, slot).place != NOWHERE) takeOut(dispatcher, slot)
  assignTo(dispatcher, slot, type, level)
  updateTail(dispatcher, type)
  return true
}

/** Assigns a query to another type. */
export function move(dispatcher: Dispatcher, slot: i32, to: i32): void {
  const level = levelOf(dispatcher, slot)
  takeOut(dispatcher, slot)
  assignTo(dispatcher, slot, to, level)
  updateTail(dispatcher, to)
}

/**
 * Assigns a query at `level`, or else at the next level, if a type admits it there. Otherwise it is stalled, or late if
 * it is too late on every type.
 */
export function settle(dispatcher: Dispatcher, slot: i32, level: i32): void {
  for (let l = level; l < 2; l++) {
    if (admit(dispatcher, slot, l)) return
  }
  if (level == 0 && insert(dispatcher, slot)) return
  const isStalled = hasHope(dispatcher, slot)
  if (isStalled && isIn(dispatcher, slot, STALLED)) return
  if (slotAt(dispatcher, slot).place != NOWHERE) takeOut(dispatcher, slot)
  if (isStalled) putInto(dispatcher, slot, STALLED, 0)
  else addLate(dispatcher, slot)
}

function hasHope(dispatcher: Dispatcher, slot: i32): bool {
  const flow = flowOf(dispatcher)
  for (let t = 0; t < dispatcher.types; t++) {
    if (isThere(flow, t) && latestOn(dispatcher, slot, t, 1) >= dispatcher.now) return true
  }
  return false
}

/** Puts a query before those that may start later, where it is (nearly) cheapest; false if there is no such place. */
function insert(dispatcher: Dispatcher, slot: i32): bool {
  const flow = flowOf(dispatcher)
  const table = changetype<FlowTable>(dispatcher.table)
  const late = oldestIn(dispatcher, LATE)
  if (late >= 0 && slotAt(dispatcher, late).arrival + LONGEST_LATE * table.qosMs < dispatcher.now)
    return false
  const bin = slotAt(dispatcher, slot).bin
  let best = Infinity
  let type = -1
  for (let t = 0; t < dispatcher.types; t++) {
    const tail = flow.tail[t]
    const cell = t * dispatcher.bins + bin
    const wasted = table.reducedCost[cell]
    if (tail == Infinity || wasted > MOST_WASTED * table.weight[t] * dispatcher.mean[cell]) continue
    const cost = wasted + table.weight[t] * tail
    if (!(cost < best - LESS) || !hasPlace(dispatcher, slot, t)) continue
    best = cost
    type = t
  }
  if (type < 0) return false
  takeOut(dispatcher, slot)
  assignTo(dispatcher, slot, type, 0)
  updateTail(dispatcher, type)
  return true
}

/** Whether all stay in time if a query is put before those that may start later. */
function hasPlace(dispatcher: Dispatcher, slot: i32, type: i32): bool {
  const flow = flowOf(dispatcher)
  const queries = dispatcher.byLatest
  const latest = latestOn(dispatcher, slot, type, 0)
  if (latest < dispatcher.now || latest < flow.firm[type]) return false
  const root = flow.assigned[type]
  const place = countUpTo(queries, root, latest)
  const assigned = assignedTo(dispatcher, type)
  if (assigned - place > MOST_BEHIND) {
    flow.firm[type] = nodeAt(queries, kth(queries, root, assigned - MOST_BEHIND - 1)).key
    return false
  }
  if (!(latest - dispatcher.now >= leftOfKth(dispatcher, type, place))) return false
  for (let k = assigned - 1; k >= place; k--) {
    const other = nodeAt(queries, kth(queries, root, k)).key
    if (other - dispatcher.now >= leftOfKth(dispatcher, type, k + 1)) continue
    // nor can others be put before this one, until updateTail
    flow.firm[type] = other
    return false
  }
  return true
}
