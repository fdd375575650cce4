// The work space of rules that look at many pending queries at a time: up to 2N for N instances, N even.
//
//   WINDOW:    Window 48 bytes | slots i32[2N]
//   MATCHING:  Window 48 bytes | slots i32[2N] | kept i32[N] | ends i32[N] | row f64[N] | costs f64[2N][N] | assignment
//
// A cost row has a cost for each instance. Costs of up to N queries are rows; of more queries they are columns,
// because the assignment wants at most as many rows as columns.

import { AssignmentWork, assignmentWorkBytes } from './assignment'
import { batchWorkBytes } from './batches'
import { flowBytes } from './flow'
import { Vector, vectorAt } from './vector'

/** How much work space a rule needs. */
export const NO_SPACE: i32 = 0
export const WINDOW_SPACE: i32 = 1
export const MATCHING_SPACE: i32 = 2
/** Space for a flow: see layout/flow.ts. */
export const FLOW_SPACE: i32 = 3
/** Space for batches: see layout/batches.ts. */
export const BATCH_SPACE: i32 = 4

/** The pending queries that a rule looks at. */
@unmanaged
export class Window {
  /** Queries that are looked at. */
  queries: i32
  /** Instances that they are matched with: the columns of the costs. All, unless they are pruned. */
  columns: i32
  /** Pairs of the matching. */
  matched: i32
  /** Slots of the queries, oldest first. */
  slots: Vector<i32>
  /** Where instances are pruned: the position of each column, and the end of the columns of each run. */
  kept: Vector<i32>
  ends: Vector<i32>
  /** Costs of one query; while instances are pruned, room for a number per query. */
  row: Vector<f64>
  /** Costs of all queries. */
  costs: Vector<f64>
  /** Work space of the assignment. */
  assignment: AssignmentWork
}

/** Numbers behind an array: vectors may write one there, scans read up to three. */
const SPARE: i32 = 4

const HEAD: usize = (offsetof<Window>() + 15) & ~15

/** An even number of instances: every part starts at a multiple of 16 bytes. */
export function evened(instances: i32): i32 {
  return (instances + 1) & ~1
}

/** Bytes of the work space of a rule for a number of types, bins and instances. */
export function workBytes(space: i32, types: i32, bins: i32, instances: i32): usize {
  if (space == FLOW_SPACE) return flowBytes(types, bins, instances)
  if (space == BATCH_SPACE) return batchWorkBytes(instances)
  const n = evened(instances)
  const slots = 8 * (n as usize)
  if (space == NO_SPACE) return 0
  if (space == WINDOW_SPACE) return HEAD + slots
  const costs: usize = 8 * ((n + SPARE + 2 * n * n + SPARE) as usize)
  return HEAD + 2 * slots + costs + assignmentWorkBytes(n, 2 * n)
}

/** Places the parts of the work space. */
export function placeWindow(address: usize, instances: i32): Window {
  const n = evened(instances)
  const window = changetype<Window>(address)
  window.slots = vectorAt<i32>(address + HEAD)
  window.kept = window.slots.from(2 * n)
  window.ends = window.kept.from(n)
  window.row = window.ends.behind<f64>(n)
  window.costs = window.row.from(n + SPARE)
  window.assignment = changetype<AssignmentWork>(window.costs.from(2 * n * n + SPARE).address)
  const assignment = changetype<usize>(window.assignment)
  assert(assignment + assignmentWorkBytes(n, 2 * n) == address + workBytes(MATCHING_SPACE, 0, 0, instances))
  return window
}
