// The pending queries of a dispatcher.
//
// Queue block, a slot of 24 bytes for each:
//
//   arrival f64 | query i32 | bin i32 | next slot i32 | slot before i32
//
// They form a list in order of arrival, so that one may leave from its middle. Slots that were given back form
// another one, `freed`, and are used again first; those from `fresh` on never were. `in time` is the first that
// was in time when a rule last asked.

import { FREED, FRESH, HEAD, IN_TIME, PENDING, QUEUE, TAIL } from '../layout/dispatcher'

const SLOT_BYTES: usize = 24

/** Bytes of the block, by how many queries it holds. */
export function queueBytes(queries: i32): usize {
  return SLOT_BYTES * (queries as usize)
}

/** Moves the pending queries to a larger block. */
export function layQueue(dispatcherPtr: usize, queuePtr: usize): void {
  const bytes = SLOT_BYTES * (load<i32>(dispatcherPtr, FRESH) as usize)
  memory.copy(queuePtr, load<usize>(dispatcherPtr, QUEUE), bytes)
  store<usize>(dispatcherPtr, queuePtr, QUEUE)
}

/** A query waits from now on, behind those that arrived before it or with it. */
export function arrive(dispatcherPtr: usize, query: i32, bin: i32, arrival: f64): void {
  const queuePtr = load<usize>(dispatcherPtr, QUEUE)
  let slot = load<i32>(dispatcherPtr, FREED)
  const at = queuePtr + SLOT_BYTES * ((slot < 0 ? load<i32>(dispatcherPtr, FRESH) : slot) as usize)
  if (slot < 0) {
    slot = load<i32>(dispatcherPtr, FRESH)
    store<i32>(dispatcherPtr, slot + 1, FRESH)
  } else {
    store<i32>(dispatcherPtr, load<i32>(at, 16), FREED)
  }
  let before = load<i32>(dispatcherPtr, TAIL)
  while (before >= 0 && load<f64>(slotAt(queuePtr, before)) > arrival) {
    before = load<i32>(slotAt(queuePtr, before), 20)
  }
  const next = before < 0 ? load<i32>(dispatcherPtr, HEAD) : load<i32>(slotAt(queuePtr, before), 16)
  store<f64>(at, arrival)
  store<i32>(at, query, 8)
  store<i32>(at, bin, 12)
  store<i32>(at, next, 16)
  store<i32>(at, before, 20)
  if (before < 0) store<i32>(dispatcherPtr, slot, HEAD)
  else store<i32>(slotAt(queuePtr, before), slot, 16)
  if (next < 0) store<i32>(dispatcherPtr, slot, TAIL)
  else store<i32>(slotAt(queuePtr, next), slot, 20)
  store<i32>(dispatcherPtr, load<i32>(dispatcherPtr, PENDING) + 1, PENDING)
}

function slotAt(queuePtr: usize, slot: i32): usize {
  return queuePtr + SLOT_BYTES * (slot as usize)
}

/** A pending query is given up; 0 if there is none of that number. */
export function cancel(dispatcherPtr: usize, query: i32): i32 {
  let slot = load<i32>(dispatcherPtr, HEAD)
  while (slot >= 0 && queryIn(dispatcherPtr, slot) != query) slot = slotAfter(dispatcherPtr, slot)
  if (slot < 0) return 0
  release(dispatcherPtr, slot)
  return 1
}

/** Takes a slot out of the list of pending queries. */
export function release(dispatcherPtr: usize, slot: i32): void {
  const queuePtr = load<usize>(dispatcherPtr, QUEUE)
  const at = slotAt(queuePtr, slot)
  const next = load<i32>(at, 16)
  const before = load<i32>(at, 20)
  if (before < 0) store<i32>(dispatcherPtr, next, HEAD)
  else store<i32>(slotAt(queuePtr, before), next, 16)
  if (next < 0) store<i32>(dispatcherPtr, before, TAIL)
  else store<i32>(slotAt(queuePtr, next), before, 20)
  if (load<i32>(dispatcherPtr, IN_TIME) == slot) store<i32>(dispatcherPtr, next, IN_TIME)
  store<i32>(at, load<i32>(dispatcherPtr, FREED), 16)
  store<i32>(dispatcherPtr, slot, FREED)
  store<i32>(dispatcherPtr, load<i32>(dispatcherPtr, PENDING) - 1, PENDING)
}

export function pendingOf(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, PENDING)
}

/** The oldest pending query's slot, -1 if none waits, and the one behind a slot. */
export function oldestSlot(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, HEAD)
}

export function slotAfter(dispatcherPtr: usize, slot: i32): i32 {
  return load<i32>(slotAt(load<usize>(dispatcherPtr, QUEUE), slot), 16)
}

/**
 * Finds the oldest pending query that arrived less than `qos` ago and returns its slot, -1 if there is none:
 * those before it are late. Times never decrease, so a query that was found late is passed only once.
 */
export function findInTime(dispatcherPtr: usize, now: f64, qos: f64): i32 {
  const queuePtr = load<usize>(dispatcherPtr, QUEUE)
  let slot = load<i32>(dispatcherPtr, IN_TIME)
  let before = slot < 0 ? load<i32>(dispatcherPtr, TAIL) : load<i32>(slotAt(queuePtr, slot), 20)
  // back to those that arrived since, or took an old place again
  while (before >= 0 && qos - (now - load<f64>(slotAt(queuePtr, before))) > 0) {
    slot = before
    before = load<i32>(slotAt(queuePtr, before), 20)
  }
  while (slot >= 0 && !(qos - (now - load<f64>(slotAt(queuePtr, slot))) > 0)) {
    slot = load<i32>(slotAt(queuePtr, slot), 16)
  }
  store<i32>(dispatcherPtr, slot, IN_TIME)
  return slot
}

/** What findInTime returned, or the one behind it if it has left since. */
export function inTimeSlot(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, IN_TIME)
}

export function arrivalIn(dispatcherPtr: usize, slot: i32): f64 {
  return load<f64>(slotAt(load<usize>(dispatcherPtr, QUEUE), slot))
}

export function queryIn(dispatcherPtr: usize, slot: i32): i32 {
  return load<i32>(slotAt(load<usize>(dispatcherPtr, QUEUE), slot), 8)
}

export function binIn(dispatcherPtr: usize, slot: i32): i32 {
  return load<i32>(slotAt(load<usize>(dispatcherPtr, QUEUE), slot), 12)
}
