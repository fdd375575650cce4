// The work space of rules that start batches, for up to F instances:
//
//   BatchWork | by size: worth, guard, gain, cost f64[258] each | best, trial i32[66] each
//             | by item: slot, size i32[64] each, worth f64[64] | taken u8[64][258]
//             | ends f64[F] | started query, started instance i32[66 F] each
//
// A batch is a list of slots, oldest query first. What a decision starts is listed query by query; those of one batch
// follow each other. The items of a knapsack are the queries of which it forms a batch, their sizes in units.

import { Vector, vectorAt } from './vector'

/** The most queries of a batch. */
export const MAX_BATCH_QUERIES: i32 = 65

/** The most items of a knapsack. */
export const MAX_ITEMS: i32 = 64

/** The largest size that a knapsack holds, in units. */
export const MAX_UNITS: i32 = 256

/** Numbers in a row by size: for 0 to MAX_UNITS units, and one more, because two are read at a time. */
export const UNIT_ROW: i32 = MAX_UNITS + 2

@unmanaged
export class BatchWork {
  /** The score of the best batch so far, 0 for none. */
  score: f64
  /** The best batch so far: its slots, how many there are, and the position on which it starts. */
  best: Vector<i32>
  members: i32
  position: i32
  /** The slots of the batch that is looked at. */
  trial: Vector<i32>
  /** Of a knapsack: what the batch that is looked at is worth, less the cost of its time. */
  net: f64
  /** By item: its slot, its size, and what it is worth. */
  itemSlot: Vector<i32>
  itemSize: Vector<i32>
  itemWorth: Vector<f64>
  /** By size: the most that items of that size in sum are worth. */
  worth: Vector<f64>
  /** By size of a batch: its safe time, ms, what it gains by when it ends, and the cost of its time less that. */
  guard: Vector<f64>
  gain: Vector<f64>
  cost: Vector<f64>
  /** By item and size: 1 if the item is one of those that are worth most, else 0. */
  taken: Vector<u8>
  /** When other instances of fast types are idle, ms from now on, in ascending order. */
  ends: Vector<f64>
  startedQuery: Vector<i32>
  startedInstance: Vector<i32>
}

/** MAX_BATCH_QUERIES, made even: what follows a list of slots is aligned to 8 bytes. */
const ROOM: i32 = 66
const ROW: usize = 8 * (UNIT_ROW as usize)
const LIST: usize = 4 * (ROOM as usize)
const BY_ITEM: usize = 4 * (MAX_ITEMS as usize)
const HEAD: usize = (offsetof<BatchWork>() + 15) & ~15
const TAKEN: usize = (MAX_ITEMS as usize) * (UNIT_ROW as usize)
const FIXED: usize = (HEAD + 4 * ROW + 2 * LIST + 4 * BY_ITEM + TAKEN + 15) & ~15

export function batchWorkBytes(instances: i32): usize {
  return FIXED + (8 + 2 * LIST) * (instances as usize)
}

export function placeBatchWork(address: usize, instances: i32): BatchWork {
  const work = changetype<BatchWork>(address)
  work.worth = vectorAt<f64>(address + HEAD)
  work.guard = work.worth.from(UNIT_ROW)
  work.gain = work.guard.from(UNIT_ROW)
  work.cost = work.gain.from(UNIT_ROW)
  work.best = work.cost.behind<i32>(UNIT_ROW)
  work.trial = work.best.from(ROOM)
  work.itemSlot = work.trial.from(ROOM)
  work.itemSize = work.itemSlot.from(MAX_ITEMS)
  work.itemWorth = work.itemSize.behind<f64>(MAX_ITEMS)
  work.taken = work.itemWorth.behind<u8>(MAX_ITEMS)
  work.ends = vectorAt<f64>((takenBy(work, MAX_ITEMS).address + 15) & ~15)
  work.startedQuery = work.ends.behind<i32>(instances)
  work.startedInstance = work.startedQuery.from(ROOM * instances)
  assert(work.startedInstance.from(ROOM * instances).address == address + batchWorkBytes(instances))
  return work
}

export function takenBy(work: BatchWork, item: i32): Vector<u8> {
  return work.taken.from(item * UNIT_ROW)
}
