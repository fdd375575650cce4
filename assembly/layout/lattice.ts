// A lattice, the walk over it, and the rows that a walk selects: what the rankings by either bound share.
// T is the number of instance types.
//
//   Lattice   written by the host; its vectors lie elsewhere in the arena
//   Walk      | header | count[T] | stride[T] | cost[T + 1] |
//   TopK      header only; its rows lie elsewhere in the arena: | Row | Row | ... capacity
//
// The vectors of a Walk have room for MAX_TYPES types, so that the size of its block is a constant.

import { Vector, vectorAt } from './vector'

export const MAX_TYPES: i32 = 16

/**
 * A box of counts. Configurations are numbered in mixed radix: the last axis runs fastest.
 * @host
 */
@unmanaged
export class Lattice {
  /** The most that a configuration may cost. */
  budget: f64
  /** T smallest counts. */
  min: Vector<f64>
  /** T numbers of counts, each at least 1. */
  size: Vector<f64>
  /** T prices of an instance; the cost of a configuration is summed left to right. */
  price: Vector<f64>
  types: i32
}

/** The state of a walk. A run is the configurations that differ in the count of the last type only. */
@unmanaged
export class Walk {
  /** The number of the first configuration of the current run. */
  start: f64
  lattice: Lattice
  /** T - 1 counts, the same in the whole run. */
  count: Vector<f64>
  /** By how much the number grows with each count. */
  stride: Vector<f64>
  /** cost[j] is the cost of the axes before j. */
  cost: Vector<f64>
}

export const WALK_BYTES: usize = offsetof<Walk>() + 8 * ((3 * MAX_TYPES + 1) as usize)

/**
 * A row of a ranking. Rows are in total order: bound descending, cost ascending if it counts, number ascending.
 * @host
 */
@unmanaged
export class Row {
  bound: f64
  cost: f64
  number: f64
}

const ROW_BYTES: usize = offsetof<Row>()

/**
 * Which rows of a range to select, and where to put them.
 * @host
 */
@unmanaged
export class Page {
  /** The first configuration of the range. */
  from: f64
  /** One more than the last. */
  to: f64
  /** Only rows that come after this one; its bound is Infinity to select from all. */
  after: Row
  /** Address of room for `capacity` rows. The selected ones end up at its start, best first. */
  rows: usize
  /** How many rows to select, at least 1. */
  limit: i32
  /** More than `limit`: the larger, the less often rows are sorted out. */
  capacity: i32
  /** 1 if equal bounds are ordered by cost before number, else 0. */
  byCost: i32
}

/**
 * What a selection found.
 * @host
 */
@unmanaged
export class SelectionCounts {
  /** Configurations of the range within the budget, without the one that has no instance. */
  withinBudget: f64
  /** Those of them with a bound above 0. */
  feasible: f64
  /** Rows that were selected. */
  selected: i32
}

/** The best rows so far, and the row after which none enters. */
@unmanaged
export class TopK {
  /** The threshold, a row: what comes after it does not enter. */
  bound: f64
  cost: f64
  number: f64
  page: Page
  /** Rows in the buffer. */
  count: i32
}

export const TOP_K_BYTES: usize = offsetof<TopK>()

/** The walk in the block at `at`; of its fields only the addresses are written. */
export function placeWalk(at: usize): Walk {
  const walk = changetype<Walk>(at)
  walk.count = vectorAt<f64>(at + offsetof<Walk>())
  walk.stride = walk.count.from(MAX_TYPES)
  walk.cost = walk.stride.from(MAX_TYPES)
  return walk
}

export function rowAt(rows: usize, index: i32): Row {
  return changetype<Row>(rows + ROW_BYTES * (index as usize))
}

/** The threshold as a row. */
export function thresholdOf(topK: TopK): Row {
  return changetype<Row>(changetype<usize>(topK) + offsetof<TopK>('bound'))
}
