// A dispatcher: pending queries (queue.ts), instances (fleet.ts), learned slowdowns (slowdown.ts), and a rule (rules.ts)
// that decides which query starts on which instance. A replay and a live router call the same functions.

import { Dispatcher, DispatcherArguments } from '../layout/dispatcher'
import { moveFleet, paddedInstances } from '../layout/fleet'
import { placeTypeSlowdowns } from '../layout/slowdown'
import { rebuildIdle, rebuildRuns } from './fleet'
import { resetTypeSlowdowns } from './slowdown'
import { openWindow } from './window'

export function dispatcherBytes(): usize {
  return offsetof<Dispatcher>()
}

/** Creates a dispatcher without instances, without queries, and without room for either: see growFleet, growQueue. */
export function createDispatcher(dispatcher: Dispatcher, setup: DispatcherArguments): void {
  memory.fill(changetype<usize>(dispatcher), 0, offsetof<Dispatcher>())
  dispatcher.types = setup.types
  dispatcher.bins = setup.bins
  dispatcher.mean = setup.mean
  dispatcher.typical = setup.typical
  dispatcher.rule = setup.rule
  dispatcher.space = setup.space
  dispatcher.table = setup.table
  dispatcher.learns = setup.learns
  dispatcher.head = -1
  dispatcher.tail = -1
  dispatcher.freed = -1
  dispatcher.inTime = -1
  dispatcher.refreshAt = -Infinity
  dispatcher.refreshed = -Infinity
  dispatcher.aging = 1
  placeTypeSlowdowns(dispatcher, setup.slowdowns)
  resetTypeSlowdowns(dispatcher)
}

/** Moves the instances to larger arrays and gives the rule new work space, for up to `instances` instances. */
export function growFleet(dispatcher: Dispatcher, arrays: usize, instances: i32, work: usize): void {
  moveFleet(dispatcher, arrays, instances)
  rebuildIdle(dispatcher, paddedInstances(instances))
  rebuildRuns(dispatcher)
  dispatcher.work = work
  openWindow(dispatcher, instances)
}
