// A dispatcher: pending queries (queue.ts), instances (fleet.ts), learned slowdowns (slowdown.ts), and a rule
// (rules.ts) that decides which query starts on which instance. A replay and a live router call the same functions.

import { placeBatchWork } from '../layout/batches'
import { Dispatcher, DispatcherArguments, RetuneArguments } from '../layout/dispatcher'
import { moveFleet, paddedInstances } from '../layout/fleet'
import { placeTypeSlowdowns } from '../layout/slowdown'
import { treeBytes } from '../layout/tree'
import { BATCH_SPACE, FLOW_SPACE } from '../layout/window'
import { rebuildIdle, rebuildRuns } from './fleet'
import { placeFlowIn, rankAgain } from './flow/rebuild'
import { resetTypeSlowdowns } from './slowdown'
import { openWindow } from './window'

export function dispatcherBytes(): usize {
  return offsetof<Dispatcher>()
}

/** Creates a dispatcher without instances and queries, or room for them: see growFleet, growWork, growQueue. */
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

/** Moves the instances to larger arrays, for up to `instances` instances. */
export function growFleet(dispatcher: Dispatcher, arrays: usize, instances: i32): void {
  moveFleet(dispatcher, arrays, instances)
  rebuildIdle(dispatcher, paddedInstances(instances))
  rebuildRuns(dispatcher)
}

/** Gives the rule new work space, for up to `instances` instances. */
export function growWork(dispatcher: Dispatcher, work: usize, instances: i32): void {
  if (dispatcher.space == FLOW_SPACE) {
    placeFlowIn(dispatcher, work, instances)
  } else if (dispatcher.space == BATCH_SPACE) {
    dispatcher.work = work
    const batches = placeBatchWork(work, instances)
    dispatcher.startedQuery = batches.startedQuery
    dispatcher.startedInstance = batches.startedInstance
  } else {
    dispatcher.work = work
    openWindow(dispatcher, instances)
  }
}

/** Takes into use what the host has written: a table of the rule, or another rule with its own work space. */
export function retune(dispatcher: Dispatcher, tuned: RetuneArguments): void {
  if (tuned.rule == dispatcher.rule) {
    if (dispatcher.space == FLOW_SPACE) rankAgain(dispatcher)
    return
  }
  dispatcher.rule = tuned.rule
  dispatcher.space = tuned.space
  dispatcher.table = tuned.table
  dispatcher.typical = tuned.typical
  dispatcher.byArrival = tuned.nodes
  dispatcher.byLatest = tuned.nodes + treeBytes(tuned.queries)
  dispatcher.work = 0
  growWork(dispatcher, tuned.work, tuned.instances)
}
