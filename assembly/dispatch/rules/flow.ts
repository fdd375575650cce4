// The flow between types, for large fleets. Instances of a type differ only by when they are free, so that what matters
// of an assignment is how many queries each type has. It is kept from one decision to the next, and a decision improves
// it by the cheapest moves.
//
// Under light load queries start where they finish first (flow/light.ts). Otherwise a decision takes seven steps:
//
//   1. queries past their latest start on their type are assigned again by the loose guard; those that had it are late
//   2. stalled queries, oldest first, and 3. new ones are assigned
//   4. queries move to another type while that is cheaper
//   5. late queries that have waited for QoS, oldest first, start on the type that serves them cheapest, until that has
//      no idle instance, or too many queries are late
//   6. idle instances start what is assigned to their type, the earliest latest start first
//   7. late queries, oldest first, start where that is cheapest, until that is a type without an idle instance. If
//      there are more late queries than instances, one that waits for such a type lengthens its tail for those that
//      follow; in a fleet of more than 64 instances it stands for several, and the next ones are passed over
//
// Without step 5 some late queries would wait until the load falls, which at a high load may take long.
//
// Ties: the lowest type, the lowest bin in order of rank, the youngest query to move, the earliest arrival to start,
// the lowest idle number.

import { Dispatcher } from '../../layout/dispatcher'
import { FRESH, flowOf, STALLED } from '../../layout/flow'
import { LATE, NOWHERE, slotAt } from '../../layout/queue'
import { FlowTable } from '../../layout/rules'
import { isLight, startOnSoonestType } from '../flow/light'
import { cheapestMove, LESS, leftOfKth, move, settle, updateTail } from '../flow/moves'
import { rebuildFlow } from '../flow/rebuild'
import {
  addLate,
  assignedTo,
  firstIdleOf,
  isIn,
  isThere,
  latestOf,
  levelOf,
  oldestIn,
  takeOut,
} from '../flow/sets'
import { start } from '../start'
import { countOf, kth, smallest } from '../tree'

/** Most stalled queries that a decision tries. */
const TRIED: i32 = 64

/** Most moves of a decision. */
const MOVES: i32 = 64

/** About how many late queries that wait a decision looks at: in larger fleets each stands for several. */
const LOOKED_AT: i32 = 64

export function startFlow(dispatcher: Dispatcher): void {
  if (dispatcher.idle == 0) return
  rebuildFlow(dispatcher)
  if (isLight(dispatcher) && startOnSoonestType(dispatcher)) return
  for (let t = 0; t < dispatcher.types; t++) updateTail(dispatcher, t)
  for (let t = 0; t < dispatcher.types; t++) reassign(dispatcher, t)
  tryStalled(dispatcher)
  for (let slot = oldestIn(dispatcher, FRESH); slot >= 0; slot = oldestIn(dispatcher, FRESH)) {
    settle(dispatcher, slot, 0)
  }
  rebalance(dispatcher)
  startOverdue(dispatcher)
  for (let t = 0; t < dispatcher.types; t++) startAssigned(dispatcher, t)
  startLate(dispatcher)
}

/** Assigns queries past their latest start on a type again, by the loose guard; those that had that guard are late. */
function reassign(dispatcher: Dispatcher, type: i32): void {
  const flow = flowOf(dispatcher)
  while (flow.assigned[type] >= 0) {
    const slot = smallest(dispatcher.byLatest, flow.assigned[type])
    if (latestOf(dispatcher, slot) >= dispatcher.now) return
    const level = levelOf(dispatcher, slot)
    takeOut(dispatcher, slot)
    slotAt(dispatcher, slot).place = NOWHERE
    updateTail(dispatcher, type)
    if (level == 0) settle(dispatcher, slot, 1)
    else addLate(dispatcher, slot)
  }
}

function tryStalled(dispatcher: Dispatcher): void {
  const flow = flowOf(dispatcher)
  const qos = changetype<FlowTable>(dispatcher.table).qosMs
  // queries that miss their target are late, whether they would be tried or not
  for (let slot = oldestIn(dispatcher, STALLED); slot >= 0; slot = oldestIn(dispatcher, STALLED)) {
    if (slotAt(dispatcher, slot).arrival + qos >= dispatcher.now) break
    takeOut(dispatcher, slot)
    addLate(dispatcher, slot)
  }
  const tried = min(TRIED, countOf(dispatcher.byArrival, flow.roots[STALLED]))
  let remained = 0
  for (let n = 0; n < tried; n++) {
    const slot = kth(dispatcher.byArrival, flow.roots[STALLED], remained)
    settle(dispatcher, slot, 0)
    if (isIn(dispatcher, slot, STALLED)) remained++
  }
}

/** Moves queries one by one, each time the one whose move saves most. */
function rebalance(dispatcher: Dispatcher): void {
  const flow = flowOf(dispatcher)
  const table = changetype<FlowTable>(dispatcher.table)
  const types = dispatcher.types
  for (let n = 0; n < MOVES; n++) {
    let best = -LESS
    let slot = -1
    let from = -1
    let to = -1
    for (let t = 0; t < types; t++) {
      if (flow.assigned[t] < 0) continue
      const saved = table.weight[t] * flow.last[t]
      for (let s = 0; s < types; s++) {
        if (s == t) continue
        const cost = cheapestMove(dispatcher, t, s, 0, saved, best)
        if (cost == Infinity) continue
        best = cost
        slot = flow.found
        from = t
        to = s
      }
    }
    if (slot < 0) return
    move(dispatcher, slot, to)
    updateTail(dispatcher, from)
  }
}

/**
 * Late queries that have waited for QoS start before those in time, as long as queries may be late. This makes other
 * queries late, but bounds the age of the oldest one.
 */
function startOverdue(dispatcher: Dispatcher): void {
  const flow = flowOf(dispatcher)
  const qos = changetype<FlowTable>(dispatcher.table).qosMs
  while (flow.roots[LATE] >= 0 && flow.allowance >= 1) {
    const slot = oldestIn(dispatcher, LATE)
    if (slotAt(dispatcher, slot).arrival + qos >= dispatcher.now) return
    const type = cheapestFor(dispatcher, slot, false)
    if (flow.idle[type] == 0) return
    start(dispatcher, slot, firstIdleOf(flow, type))
  }
}

/**
 * The type on which a late query costs least; nothing is lost by missing its target again.
 *
 * @param waits whether it may wait for an instance: then the tail of a type counts
 */
function cheapestFor(dispatcher: Dispatcher, slot: i32, waits: bool): i32 {
  const flow = flowOf(dispatcher)
  const weight = changetype<FlowTable>(dispatcher.table).weight
  const bin = slotAt(dispatcher, slot).bin
  let least = Infinity
  let type = -1
  for (let t = 0; t < dispatcher.types; t++) {
    if (!isThere(flow, t)) continue
    const tail = waits ? flow.tail[t] : 0
    const cost = weight[t] * (tail + dispatcher.mean[t * dispatcher.bins + bin])
    if (cost < least) {
      least = cost
      type = t
    }
  }
  return type
}

function startAssigned(dispatcher: Dispatcher, type: i32): void {
  const flow = flowOf(dispatcher)
  while (flow.idle[type] > 0 && flow.assigned[type] >= 0) {
    const slot = smallest(dispatcher.byLatest, flow.assigned[type])
    start(dispatcher, slot, firstIdleOf(flow, type))
  }
}

function startLate(dispatcher: Dispatcher): void {
  const flow = flowOf(dispatcher)
  let late = countOf(dispatcher.byArrival, flow.roots[LATE])
  if (late == 0) return
  const isBacklog = late > dispatcher.instances
  flow.waiting.clear(dispatcher.types)
  for (let t = 0; t < dispatcher.types; t++) updateLateTail(dispatcher, t)
  const stride = (dispatcher.instances + LOOKED_AT - 1) / LOOKED_AT
  let waited = 0
  while (waited < late && dispatcher.idle > 0) {
    const slot = kth(dispatcher.byArrival, flow.roots[LATE], waited)
    const type = cheapestFor(dispatcher, slot, true)
    if (flow.idle[type] > 0) {
      start(dispatcher, slot, firstIdleOf(flow, type))
      late--
    } else {
      if (!isBacklog) return
      flow.waiting[type] += stride
      waited += stride
    }
    updateLateTail(dispatcher, type)
  }
}

/** In how many ms the next instance of a type is free for which no query waits, assigned or late. */
function updateLateTail(dispatcher: Dispatcher, type: i32): void {
  const flow = flowOf(dispatcher)
  flow.tail[type] = leftOfKth(dispatcher, type, assignedTo(dispatcher, type) + flow.waiting[type])
}
