// Earliest latest start: each idle instance, first to last, takes of the first 2N pending queries that are in
// time the one whose latest start on it, arrival + qos - mean slowdown, comes first and is not over. An instance that
// has none takes a query that no instance can serve in time any more, the oldest.
//
// Table (f64 words):  qos
//
// Work space for up to N instances:  slot i32[2N], -1 for a query that has started

import { binsOf, meanOf, start, tableOf, workOf } from '../dispatcher'
import { idleOf, instancesOf, isIdle, runSlowdown, runsOf, runType, slowdownAt, typeAt } from '../fleet'
import { arrivalIn, binIn, findInTime, inTimeSlot, oldestSlot, slotAfter } from '../queue'

export function deadlineRuleBytes(instances: i32): usize {
  return 8 * (instances as usize)
}

export function startUrgent(dispatcherPtr: usize, now: f64): void {
  const slotPtr = workOf(dispatcherPtr)
  const instances = instancesOf(dispatcherPtr)
  let slot = findInTime(dispatcherPtr, now, load<f64>(tableOf(dispatcherPtr)))
  let queries = 0
  for (; slot >= 0 && queries < 2 * instances; queries++) {
    store<i32>(slotPtr + 4 * (queries as usize), slot)
    slot = slotAfter(dispatcherPtr, slot)
  }
  for (let p = 0; p < instances && idleOf(dispatcherPtr) > 0; p++) {
    if (!isIdle(dispatcherPtr, p)) continue
    const i = mostUrgent(dispatcherPtr, p, queries, now)
    if (i >= 0) {
      start(dispatcherPtr, load<i32>(slotPtr + 4 * (i as usize)), p, now)
      store<i32>(slotPtr + 4 * (i as usize), -1)
    } else if (oldestSlot(dispatcherPtr) != inTimeSlot(dispatcherPtr)) {
      start(dispatcherPtr, oldestSlot(dispatcherPtr), p, now)
    } else {
      const hopeless = firstHopeless(dispatcherPtr, queries, now)
      if (hopeless < 0) continue
      start(dispatcherPtr, load<i32>(slotPtr + 4 * (hopeless as usize)), p, now)
      store<i32>(slotPtr + 4 * (hopeless as usize), -1)
    }
  }
}

/** The query to start first on an instance, -1 if it can serve none in time; the oldest of equal ones. */
function mostUrgent(dispatcherPtr: usize, position: i32, queries: i32, now: f64): i32 {
  const slotPtr = workOf(dispatcherPtr)
  const type = typeAt(dispatcherPtr, position)
  const slowdown = slowdownAt(dispatcherPtr, position)
  let first = -1
  let earliest = Infinity
  for (let i = 0; i < queries; i++) {
    const slot = load<i32>(slotPtr + 4 * (i as usize))
    if (slot < 0) continue
    const latest = latestStart(dispatcherPtr, slot, type, slowdown)
    if (latest >= now && latest < earliest) {
      earliest = latest
      first = i
    }
  }
  return first
}

/** The oldest query that no instance can serve in time, -1 if there is none. */
function firstHopeless(dispatcherPtr: usize, queries: i32, now: f64): i32 {
  const slotPtr = workOf(dispatcherPtr)
  for (let i = 0; i < queries; i++) {
    const slot = load<i32>(slotPtr + 4 * (i as usize))
    if (slot < 0) continue
    let run = runsOf(dispatcherPtr) - 1
    while (run >= 0 && latestStartOn(dispatcherPtr, slot, run) < now) run--
    if (run < 0) return i
  }
  return -1
}

function latestStartOn(dispatcherPtr: usize, slot: i32, run: i32): f64 {
  return latestStart(dispatcherPtr, slot, runType(dispatcherPtr, run), runSlowdown(dispatcherPtr, run))
}

function latestStart(dispatcherPtr: usize, slot: i32, type: i32, slowdown: f64): f64 {
  const cell = type * binsOf(dispatcherPtr) + binIn(dispatcherPtr, slot)
  const deadline = arrivalIn(dispatcherPtr, slot) + load<f64>(tableOf(dispatcherPtr))
  const mean = load<f64>(meanOf(dispatcherPtr) + 8 * (cell as usize))
  return deadline - mean * slowdown
}
