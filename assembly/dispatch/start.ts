// The start and the completion of a query.

import { Dispatcher } from '../layout/dispatcher'
import { flowOf } from '../layout/flow'
import { FLOW_SPACE } from '../layout/window'
import { clearIdle, setIdle } from './fleet'
import { occupy, vacate } from './flow/sets'
import { binIn, queryIn, release } from './queue'
import { learn, NOTHING } from './slowdown'

/** Starts a pending query on an idle position. */
export function start(dispatcher: Dispatcher, slot: i32, position: i32): void {
  const now = dispatcher.now
  const bin = binIn(dispatcher, slot)
  listStarted(dispatcher, slot, position)
  becomeBusy(dispatcher, position, bin, now, now + serviceOf(dispatcher, bin, position))
  if (dispatcher.space == FLOW_SPACE) occupy(dispatcher, position)
  release(dispatcher, slot)
}

/** Adds a pending query to what the decision starts. */
export function listStarted(dispatcher: Dispatcher, slot: i32, position: i32): void {
  dispatcher.startedQuery[dispatcher.started] = queryIn(dispatcher, slot)
  dispatcher.startedInstance[dispatcher.started] = dispatcher.number[position]
  dispatcher.started++
}

/** The service time that a query or batch of a bin is expected to take on a position. */
export function serviceOf(dispatcher: Dispatcher, bin: i32, position: i32): f64 {
  const type = dispatcher.type[position]
  const mean = dispatcher.mean[type * dispatcher.bins + bin]
  return mean * dispatcher.typeSlowdown[type] * dispatcher.slowdown[position]
}

/** Makes an idle instance busy until `until` without a query: other work than that of the dispatcher occupies it. */
export function hold(dispatcher: Dispatcher, instance: i32, now: f64, until: f64): void {
  const position = dispatcher.positionOf[instance]
  becomeBusy(dispatcher, position, 0, now, until)
  if (dispatcher.space == FLOW_SPACE && !flowOf(dispatcher).isStale) occupy(dispatcher, position)
}

/** Makes an idle position busy with a bin, until it is expected to be idle again. */
export function becomeBusy(dispatcher: Dispatcher, position: i32, bin: i32, now: f64, until: f64): void {
  dispatcher.expected[position] = until
  dispatcher.since[position] = now
  dispatcher.cell[position] = dispatcher.type[position] * dispatcher.bins + bin
  clearIdle(dispatcher, position)
  dispatcher.idle--
}

/**
 * Makes an instance idle that has completed its query. If `served` is 0 it has failed to serve it, and nothing is
 * learned from that. Returns how long it was busy.
 */
export function complete(dispatcher: Dispatcher, instance: i32, now: f64, served: i32): f64 {
  const position = dispatcher.positionOf[instance]
  dispatcher.expected[position] = -Infinity
  setIdle(dispatcher, position)
  dispatcher.idle++
  if (dispatcher.space == FLOW_SPACE) vacate(dispatcher, position)
  const took = now - dispatcher.since[position]
  if (served != 0 && dispatcher.learns != NOTHING) learn(dispatcher, position, took, now)
  return took
}
