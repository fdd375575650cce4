// The work space of rules that start batches, for up to F instances:
//
//   BatchWork | total, mean, guard, end, before, behind, cost f64[129] each | best i32[66] | trial i32[66]
//             | items i32[64] | units i32[64] | taken u8[64][129] | started query i32[66 F] | started instance i32[66 F]
//
// A batch is a list of slots, oldest query first. What a decision starts is listed query by query; those of one batch
// follow each other.

import { Vector, vectorAt } from './vector'

/** The most queries of a batch. */
export const MAX_MEMBERS: i32 = 65

/** The most queries of which a knapsack forms a batch. */
export const MAX_ITEMS: i32 = 64

/** The most units of size that a knapsack holds. */
export const MAX_UNITS: i32 = 128

@unmanaged
export class BatchWork {
  /** The best score of a batch so far, 0 for none. */
  score: f64
  /** The best batch: its slots, how many there are, and the position on which it starts. */
  best: Vector<i32>
  members: i32
  position: i32
  /** The batch that is looked at. */
  trial: Vector<i32>
  /** The slots of queries that may be in it, and their sizes in units. */
  items: Vector<i32>
  units: Vector<i32>
  /** By units: the largest value of queries of that size in sum. */
  total: Vector<f64>
  /** By units: the time of a batch of that size, and the time with which its deadline is checked, ms. */
  mean: Vector<f64>
  guard: Vector<f64>
  /** By units: how long the position is busy with it, ms, and the last and the next time at which another instance is idle. */
  end: Vector<f64>
  before: Vector<f64>
  behind: Vector<f64>
  /** By units: what its time costs, less what it gains by when it ends. */
  cost: Vector<f64>
  /** By item and units: 1 if the item is among them, else 0. */
  taken: Vector<u8>
  startedQuery: Vector<i32>
  startedInstance: Vector<i32>
}

const ROOM: i32 = 66
const CELLS: usize = (MAX_UNITS + 1) as usize
const HEAD: usize = (offsetof<BatchWork>() + 15) & ~15
const LISTS: usize = (4 * (2 * ROOM + 2 * MAX_ITEMS)) as usize
const FIXED: usize = (HEAD + 56 * CELLS + LISTS + (MAX_ITEMS as usize) * CELLS + 15) & ~15

export function batchWorkBytes(instances: i32): usize {
  return FIXED + 8 * ((ROOM * instances) as usize)
}

export function placeBatchWork(address: usize, instances: i32): BatchWork {
  const work = changetype<BatchWork>(address)
  let at = address + HEAD
  work.total = vectorAt<f64>(at)
  at += 8 * CELLS
  work.mean = vectorAt<f64>(at)
  at += 8 * CELLS
  work.guard = vectorAt<f64>(at)
  at += 8 * CELLS
  work.end = vectorAt<f64>(at)
  at += 8 * CELLS
  work.before = vectorAt<f64>(at)
  at += 8 * CELLS
  work.behind = vectorAt<f64>(at)
  at += 8 * CELLS
  work.cost = vectorAt<f64>(at)
  at += 8 * CELLS
  work.best = vectorAt<i32>(at)
  at += 4 * (ROOM as usize)
  work.trial = vectorAt<i32>(at)
  at += 4 * (ROOM as usize)
  work.items = vectorAt<i32>(at)
  at += 4 * (MAX_ITEMS as usize)
  work.units = vectorAt<i32>(at)
  at += 4 * (MAX_ITEMS as usize)
  work.taken = vectorAt<u8>(at)
  work.startedQuery = vectorAt<i32>(address + FIXED)
  work.startedInstance = vectorAt<i32>(address + FIXED + 4 * ((ROOM * instances) as usize))
  return work
}

export function takenBy(work: BatchWork, item: i32): Vector<u8> {
  return work.taken.from(item * (MAX_UNITS + 1))
}
