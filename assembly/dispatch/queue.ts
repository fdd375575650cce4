// The pending queries of a dispatcher, in order of arrival: a linked list in slots (layout/queue.ts).

import { Dispatcher } from '../layout/dispatcher'
import { LATE, LIVE, queueBytes, slotAt } from '../layout/queue'
import { treeBytes } from '../layout/tree'
import { BATCH_SPACE, FLOW_SPACE } from '../layout/window'
import { addFresh, takeOut } from './flow/sets'
import { learnGap } from './gaps'

/**
 * Moves the pending queries to a larger block of slots, and their nodes to `nodes`, where there is room for those of
 * `queries` queries; unless the flow decides, there are no nodes.
 */
export function growQueue(dispatcher: Dispatcher, slots: usize, nodes: usize, queries: i32): void {
  memory.copy(slots, dispatcher.slots, queueBytes(dispatcher.unused))
  dispatcher.slots = slots
  const used = treeBytes(dispatcher.unused)
  const behind = nodes + treeBytes(queries)
  if (dispatcher.byArrival != 0) {
    memory.copy(nodes, dispatcher.byArrival, used)
    memory.copy(behind, dispatcher.byLatest, used)
  }
  dispatcher.byArrival = nodes
  dispatcher.byLatest = behind
}

/** Adds a pending query, for which there is a slot, behind those that arrived before it or with it. */
export function arrive(dispatcher: Dispatcher, query: i32, bin: i32, arrival: f64): void {
  learnGap(dispatcher, arrival)
  const number = takeSlot(dispatcher)
  let previous = dispatcher.tail
  while (previous >= 0 && slotAt(dispatcher, previous).arrival > arrival) {
    previous = slotAt(dispatcher, previous).previous
  }
  const next = previous < 0 ? dispatcher.head : slotAt(dispatcher, previous).next
  const slot = slotAt(dispatcher, number)
  slot.arrival = arrival
  slot.query = query
  slot.bin = bin
  slot.next = next
  slot.previous = previous
  slot.sequence = dispatcher.arrived++
  dispatcher.everArrived += 1
  slot.place = LIVE
  if (previous < 0) dispatcher.head = number
  else slotAt(dispatcher, previous).next = number
  if (next < 0) dispatcher.tail = number
  else slotAt(dispatcher, next).previous = number
  dispatcher.pending++
  if (dispatcher.space == FLOW_SPACE) addFresh(dispatcher, number)
}

/** A free slot, taken out of its list. */
function takeSlot(dispatcher: Dispatcher): i32 {
  const freed = dispatcher.freed
  if (freed < 0) return dispatcher.unused++
  dispatcher.freed = slotAt(dispatcher, freed).next
  return freed
}

/** Removes a pending query; returns 0 if none has that number. */
export function cancel(dispatcher: Dispatcher, query: i32): i32 {
  let slot = dispatcher.head
  while (slot >= 0 && queryIn(dispatcher, slot) != query) slot = slotAfter(dispatcher, slot)
  if (slot < 0) return 0
  release(dispatcher, slot)
  return 1
}

/** Removes a query from the queue and frees its slot. */
export function release(dispatcher: Dispatcher, number: i32): void {
  const slot = slotAt(dispatcher, number)
  const next = slot.next
  const previous = slot.previous
  if (dispatcher.space == FLOW_SPACE) takeOut(dispatcher, number)
  else if (dispatcher.space == BATCH_SPACE && slot.place == LATE) dispatcher.lateCount--
  if (previous < 0) dispatcher.head = next
  else slotAt(dispatcher, previous).next = next
  if (next < 0) dispatcher.tail = previous
  else slotAt(dispatcher, next).previous = previous
  if (dispatcher.inTime == number) dispatcher.inTime = next
  slot.next = dispatcher.freed
  dispatcher.freed = number
  dispatcher.pending--
}

/**
 * Returns the slot of the oldest pending query that arrived less than `qos` ago, -1 if there is none. The queries
 * before it are late. Times never decrease, so each late query is passed only once.
 */
export function findInTime(dispatcher: Dispatcher, qos: f64): i32 {
  let slot = dispatcher.inTime
  let previous = slot < 0 ? dispatcher.tail : slotAt(dispatcher, slot).previous
  // back over queries that arrived since then, some of them with an early arrival
  while (previous >= 0 && qos - ageOf(dispatcher, previous) > 0) {
    slot = previous
    previous = slotAt(dispatcher, previous).previous
  }
  while (slot >= 0 && !(qos - ageOf(dispatcher, slot) > 0)) slot = slotAfter(dispatcher, slot)
  dispatcher.inTime = slot
  return slot
}

/** The slot behind another in order of arrival, -1 for none. */
export function slotAfter(dispatcher: Dispatcher, slot: i32): i32 {
  return slotAt(dispatcher, slot).next
}

export function arrivalIn(dispatcher: Dispatcher, slot: i32): f64 {
  return slotAt(dispatcher, slot).arrival
}

/** How long a query has waited at the time of the decision, ms. */
export function ageOf(dispatcher: Dispatcher, slot: i32): f64 {
  return dispatcher.now - arrivalIn(dispatcher, slot)
}

export function queryIn(dispatcher: Dispatcher, slot: i32): i32 {
  return slotAt(dispatcher, slot).query
}

export function binIn(dispatcher: Dispatcher, slot: i32): i32 {
  return slotAt(dispatcher, slot).bin
}
