// Shared by the rules that look at many pending queries, and most of it by those that match them with all instances at
// minimum cost:
//
//   fillWindow             the queries that are matched
//   costRow, closeRow      one after the other, the costs of a query on all instances
//   match, columnOf        the assignment
//   startMatched           the same; pairs whose instance is idle start, the others wait for the next decision
//
// A tall matrix is transposed, because the solver takes wide ones. A single query needs only its cheapest instance.

import { initColumns, resetColumns, rowOf } from '../assignment/columns'
import { firstMinimum } from '../assignment/scan'
import { assignRows } from '../assignment/shortest-paths'
import { Dispatcher } from '../layout/dispatcher'
import { Vector } from '../layout/vector'
import { evened, MATCHING_SPACE, NO_SPACE, placeWindow, Window } from '../layout/window'
import { isIdle } from './fleet'
import { slotAfter } from './queue'
import { start } from './start'

/** Initialises the work space of a rule for a number of instances. */
export function openWindow(dispatcher: Dispatcher, instances: i32): void {
  if (dispatcher.space == NO_SPACE) return
  const window = placeWindow(dispatcher.work, instances)
  if (dispatcher.space == MATCHING_SPACE)
    initColumns(changetype<usize>(window.assignment), 2 * evened(instances))
}

export function windowOf(dispatcher: Dispatcher): Window {
  return changetype<Window>(dispatcher.work)
}

/** Whether some instances are left out: columns are not positions. */
export function isPruned(dispatcher: Dispatcher): bool {
  return windowOf(dispatcher).columns < dispatcher.instances
}

/** Fills the window with the pending queries from a slot on, up to two for each instance; returns how many. */
export function fillWindow(dispatcher: Dispatcher, slot: i32): i32 {
  const window = windowOf(dispatcher)
  const most = 2 * dispatcher.instances
  let queries = 0
  for (; slot >= 0 && queries < most; queries++) {
    window.slots[queries] = slot
    slot = slotAfter(dispatcher, slot)
  }
  window.queries = queries
  window.columns = dispatcher.instances
  return queries
}

/** Where the costs of query `i` of the window are to be written. One lane behind them may be written too. */
export function costRow(dispatcher: Dispatcher, i: i32): Vector<f64> {
  const window = windowOf(dispatcher)
  const columns = window.columns
  return window.queries > columns ? window.row : window.costs.from(i * columns)
}

/** Takes over the costs of query `i` once they are written: in a tall matrix they become a column. */
export function closeRow(dispatcher: Dispatcher, i: i32): void {
  const window = windowOf(dispatcher)
  const queries = window.queries
  const columns = window.columns
  if (queries <= columns) return
  const row = window.row
  const column = window.costs.from(i)
  for (let k = 0; k < columns; k++) column[k * queries] = row[k]
}

/**
 * Matches at least two queries with instances at minimum cost. Returns whether there is a matching of finite cost:
 * `unmatch` must follow before the next one.
 */
export function match(dispatcher: Dispatcher): bool {
  const window = windowOf(dispatcher)
  const tall = window.queries > window.columns
  const rows = tall ? window.columns : window.queries
  window.matched = assignRows(window.assignment, window.costs, rows, tall ? window.queries : window.columns)
  return window.matched == rows
}

/** The column that query `i` is matched with, -1 for none. */
export function columnOf(dispatcher: Dispatcher, i: i32): i32 {
  const window = windowOf(dispatcher)
  const assignment = window.assignment
  return window.queries > window.columns ? rowOf(assignment, i) : assignment.col4row[i]
}

/** Ends a matching: its columns are free for the next one. */
export function unmatch(dispatcher: Dispatcher): void {
  const window = windowOf(dispatcher)
  resetColumns(window.assignment, window.matched)
}

/** Starts the pairs of a minimum-cost assignment whose instance is idle; none if some query has no finite cost. */
export function startMatched(dispatcher: Dispatcher): void {
  const window = windowOf(dispatcher)
  const queries = window.queries
  if (queries == 1) {
    const column = firstMinimum(window.costs, window.columns)
    if (window.costs[column] < Infinity) startOn(dispatcher, 0, column)
    return
  }
  if (match(dispatcher)) {
    for (let i = 0; i < queries; i++) {
      const column = columnOf(dispatcher, i)
      if (column >= 0) startOn(dispatcher, i, column)
    }
  }
  unmatch(dispatcher)
}

function startOn(dispatcher: Dispatcher, i: i32, column: i32): void {
  const window = windowOf(dispatcher)
  const position = isPruned(dispatcher) ? window.kept[column] : column
  if (isIdle(dispatcher, position)) start(dispatcher, window.slots[i], position)
}
