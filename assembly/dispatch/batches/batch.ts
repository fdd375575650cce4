// Batches: several pending queries that start together on one instance, take the time of the bin of their total size,
// and complete together (layout/batches.ts).

import { BatchWork, MAX_BATCH_QUERIES } from '../../layout/batches'
import { Dispatcher } from '../../layout/dispatcher'
import { BatchedTable } from '../../layout/rules'
import { Vector } from '../../layout/vector'
import { ageOf, arrivalIn, binIn, release } from '../queue'
import { becomeBusy, listStarted, serviceOf } from '../start'

export function batchWorkOf(dispatcher: Dispatcher): BatchWork {
  return changetype<BatchWork>(dispatcher.work)
}

/** The bin of a total size: the first that is not smaller; the last one for a larger size. */
export function binOfTotal(dispatcher: Dispatcher, sizes: Vector<f64>, total: f64): i32 {
  let low = 0
  let high = dispatcher.bins - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (sizes[middle] >= total) high = middle
    else low = middle + 1
  }
  return low
}

/** The bin of a batch: that of its total, or of its only query. */
export function binOfBatch(
  dispatcher: Dispatcher,
  sizes: Vector<f64>,
  slots: Vector<i32>,
  members: i32,
): i32 {
  if (members == 1) return binIn(dispatcher, slots[0])
  let total: f64 = 0
  for (let i = 0; i < members; i++) total += sizes[binIn(dispatcher, slots[i])]
  return binOfTotal(dispatcher, sizes, total)
}

/** Starts a batch of pending queries on an idle position. */
export function startBatch(
  dispatcher: Dispatcher,
  sizes: Vector<f64>,
  slots: Vector<i32>,
  members: i32,
  position: i32,
): void {
  const bin = binOfBatch(dispatcher, sizes, slots, members)
  for (let i = 0; i < members; i++) {
    listStarted(dispatcher, slots[i], position)
    release(dispatcher, slots[i])
  }
  becomeBusy(dispatcher, position, bin, dispatcher.now, dispatcher.now + serviceOf(dispatcher, bin, position))
}

/** The mean time of the largest batch of a type, ms. */
export function largestBatchMs(table: BatchedTable, type: i32): f64 {
  return table.fullCost[type] / table.weight[type]
}

/** Whether a batch has room for one more query. */
export function hasRoom(members: i32, total: f64, size: f64, largest: f64): bool {
  return members < MAX_BATCH_QUERIES && total + size <= largest
}

/** Whether a batch on a position may grow to a longer bin: it ends within `slack`, and costs at most `most` more. */
export function canGrow(
  dispatcher: Dispatcher,
  table: BatchedTable,
  position: i32,
  bin: i32,
  longer: i32,
  slack: f64,
  most: f64,
): bool {
  const type = dispatcher.type[position]
  const row = type * dispatcher.bins
  if (table.guardMs[row + longer] * dispatcher.slowdown[position] > slack) return false
  return table.weight[type] * (dispatcher.mean[row + longer] - dispatcher.mean[row + bin]) <= most
}

/** The time until a query misses its target, ms; below 0 once it has. */
export function slackOf(dispatcher: Dispatcher, slot: i32, qos: f64): f64 {
  return arrivalIn(dispatcher, slot) + qos - dispatcher.now
}

/** 1, and more for a query that has waited: by `factor` for each QoS. */
export function ageFactor(dispatcher: Dispatcher, slot: i32, factor: f64, qos: f64): f64 {
  return 1 + (factor * ageOf(dispatcher, slot)) / qos
}
