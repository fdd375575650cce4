// Earliest latest start. The latest start of a query on an instance is arrival + qos - mean slowdown. Each idle
// instance, first to last, takes the query with the earliest latest start that has not passed, of the first 2N pending
// queries that are in time. An instance without such a query takes the oldest query that no instance can serve in time.

import { Dispatcher } from '../../layout/dispatcher'
import { runAt } from '../../layout/fleet'
import { DeadlineTable } from '../../layout/rules'
import { isIdle } from '../fleet'
import { arrivalIn, binIn, findInTime } from '../queue'
import { start } from '../start'
import { fillWindow, windowOf } from '../window'

export function startDeadline(dispatcher: Dispatcher): void {
  const slots = windowOf(dispatcher).slots
  const queries = fillWindow(dispatcher, findInTime(dispatcher, qosOf(dispatcher)))
  for (let p = 0; p < dispatcher.instances && dispatcher.idle > 0; p++) {
    if (!isIdle(dispatcher, p)) continue
    let i = mostUrgent(dispatcher, p, queries)
    if (i < 0 && dispatcher.head != dispatcher.inTime) {
      start(dispatcher, dispatcher.head, p)
      continue
    }
    if (i < 0) i = firstHopeless(dispatcher, queries)
    if (i < 0) continue
    start(dispatcher, slots[i], p)
    // the slot of a query that has started is free
    slots[i] = -1
  }
}

/** The query with the earliest latest start on a position, of equal ones the oldest; -1 if none can be in time. */
function mostUrgent(dispatcher: Dispatcher, position: i32, queries: i32): i32 {
  const slots = windowOf(dispatcher).slots
  const qos = qosOf(dispatcher)
  const type = dispatcher.type[position]
  const slowdown = dispatcher.slowdown[position]
  let first = -1
  let earliest = Infinity
  for (let i = 0; i < queries; i++) {
    if (slots[i] < 0) continue
    const latest = latestStart(dispatcher, slots[i], binIn(dispatcher, slots[i]), type, slowdown, qos)
    if (latest >= dispatcher.now && latest < earliest) {
      earliest = latest
      first = i
    }
  }
  return first
}

/** The oldest query that no instance can serve in time, -1 if there is none. */
function firstHopeless(dispatcher: Dispatcher, queries: i32): i32 {
  const slots = windowOf(dispatcher).slots
  for (let i = 0; i < queries; i++) {
    if (slots[i] >= 0 && isHopeless(dispatcher, slots[i], qosOf(dispatcher))) return i
  }
  return -1
}

/** Whether no instance can serve a query in time. */
export function isHopeless(dispatcher: Dispatcher, slot: i32, qos: f64): bool {
  const bin = binIn(dispatcher, slot)
  for (let r = 0; r < dispatcher.runs; r++) {
    const run = runAt(dispatcher, r)
    if (latestStart(dispatcher, slot, bin, run.type, run.slowdown, qos) >= dispatcher.now) return false
  }
  return true
}

/** The latest start of a query, or of a batch of a bin whose oldest query it is. */
export function latestStart(
  dispatcher: Dispatcher,
  slot: i32,
  bin: i32,
  type: i32,
  slowdown: f64,
  qos: f64,
): f64 {
  return arrivalIn(dispatcher, slot) + qos - dispatcher.mean[type * dispatcher.bins + bin] * slowdown
}

function qosOf(dispatcher: Dispatcher): f64 {
  return changetype<DeadlineTable>(dispatcher.table).qosMs
}
