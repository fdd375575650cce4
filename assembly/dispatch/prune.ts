// Which instances a matching of few queries needs. Instances of a run, neighbours of one type and slowdown, differ in
// `left` only, and no cost falls while left grows. So of two unassigned instances of a run, the one that is free as
// soon and stands before the other is at most as far from every row, and wins a tie. Of P queries fewer than P are
// assigned before the last one, so an instance with P such others before it is never chosen:
//
//   kept = the first P instances, and of the others those with fewer than P in their run that stand before them with
//          left <= theirs
//
// The first P are all kept, and do not count for the others, because the assignment moves the columns at the first
// places while it scans, which changes who wins a tie; it moves fewer than P (assignment/shortest-paths.ts). The order
// of the other columns is that of their numbers, whichever are left out. So the matching is the same, ties included.

import { Dispatcher } from '../layout/dispatcher'
import { runAt } from '../layout/fleet'
import { Vector } from '../layout/vector'
import { Window } from '../layout/window'

/** Smaller fleets are matched about as fast as they are pruned. */
const SMALLEST: i32 = 48

/** Whether pruning pays. It keeps about P instances of each run, and the first P, for P queries. */
export function isWorthPruning(dispatcher: Dispatcher, queries: i32): bool {
  const instances = dispatcher.instances
  return instances >= SMALLEST && queries > 1 && 2 * queries * (dispatcher.runs + 1) <= instances
}

/** Keeps what the window needs: its positions, the ends of the runs among them, and `left`, which loses the others. */
export function prune(dispatcher: Dispatcher, window: Window): void {
  const queries = window.queries
  const left = dispatcher.left
  const kept = window.kept
  const soonest = window.row
  let columns = 0
  for (let r = 0; r < dispatcher.runs; r++) {
    const run = runAt(dispatcher, r)
    const end = run.end
    let p = run.first
    while (p < min(queries, end)) kept[columns++] = p++
    for (let count = 0; p < end && count < queries; count++) {
      insert(soonest, count, left[p])
      kept[columns++] = p++
    }
    // the largest of the P least comes first
    for (; p < end; p++) {
      if (left[p] >= soonest[0]) continue
      replaceLargest(soonest, queries, left[p])
      kept[columns++] = p
    }
    window.ends[r] = columns
  }
  // each moves to its place or before it
  for (let k = 0; k < columns; k++) left[k] = left[kept[k]]
  window.columns = columns
}

/** Adds a number to a heap of `count`, the largest of which comes first. */
function insert(heap: Vector<f64>, count: i32, value: f64): void {
  let at = count
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (heap[parent] >= value) break
    heap[at] = heap[parent]
    at = parent
  }
  heap[at] = value
}

/** Replaces the largest number of a heap of `count`. */
function replaceLargest(heap: Vector<f64>, count: i32, value: f64): void {
  let at = 0
  while (true) {
    let child = 2 * at + 1
    if (child >= count) break
    if (child + 1 < count && heap[child + 1] > heap[child]) child++
    if (heap[child] <= value) break
    heap[at] = heap[child]
    at = child
  }
  heap[at] = value
}
