// The work space of rules that start batches, for up to F instances:
//
//   BatchWork | total f64[258] | guard f64[258] | gain f64[258] | cost f64[258] | best i32[66] | trial i32[66]
//             | items i32[64] | units i32[64] | worths f64[64] | taken u8[64][258] | ends f64[F] | started query i32[66 F] | started instance i32[66 F]
//
// A batch is a list of slots, oldest query first. What a decision starts is listed query by query; those of one batch
// follow each other.

import { Vector, vectorAt } from './vector'

/** The most queries of a batch. */
export const MAX_MEMBERS: i32 = 65

/** The most queries of which a knapsack forms a batch. */
export const MAX_ITEMS: i32 = 64

/** The most units of size that a knapsack holds. */
export const MAX_UNITS: i32 = 256

/** Numbers in a row by units: for sizes of 0 to MAX_UNITS, and one more, because two are read at a time. */
export const UNIT_ROW: i32 = MAX_UNITS + 2

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
  /** What they are worth. */
  worths: Vector<f64>
  /** What the batch that is looked at is worth, less the cost of its time. */
  net: f64
  /** By units: the largest value of queries of that size in sum. */
  total: Vector<f64>
  /** By units: the time with which the deadline of a batch of that size is checked, ms, its gain, and its cost less that. */
  guard: Vector<f64>
  gain: Vector<f64>
  cost: Vector<f64>
  /** By item and units: 1 if the item is among them, else 0. */
  taken: Vector<u8>
  /** When other instances of fast types are idle, ms from now on, in ascending order. */
  ends: Vector<f64>
  startedQuery: Vector<i32>
  startedInstance: Vector<i32>
}

const ROOM: i32 = 66
const CELLS: usize = UNIT_ROW as usize
const HEAD: usize = (offsetof<BatchWork>() + 15) & ~15
const LISTS: usize = (4 * (2 * ROOM + 4 * MAX_ITEMS)) as usize
const FIXED: usize = (HEAD + 32 * CELLS + LISTS + (MAX_ITEMS as usize) * CELLS + 15) & ~15

export function batchWorkBytes(instances: i32): usize {
  return FIXED + ((8 + 8 * ROOM) as usize) * (instances as usize)
}

export function placeBatchWork(address: usize, instances: i32): BatchWork {
  const work = changetype<BatchWork>(address)
  let at = address + HEAD
  work.total = vectorAt<f64>(at)
  at += 8 * CELLS
  work.guard = vectorAt<f64>(at)
  at += 8 * CELLS
  work.gain = vectorAt<f64>(at)
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
  work.worths = vectorAt<f64>(at)
  at += 8 * (MAX_ITEMS as usize)
  work.taken = vectorAt<u8>(at)
  at = address + FIXED
  work.ends = vectorAt<f64>(at)
  at += 8 * (instances as usize)
  work.startedQuery = vectorAt<i32>(at)
  work.startedInstance = vectorAt<i32>(at + 4 * ((ROOM * instances) as usize))
  return work
}

export function takenBy(work: BatchWork, item: i32): Vector<u8> {
  return work.taken.from(item * UNIT_ROW)
}
