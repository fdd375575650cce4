// The batch of a position that is worth most, less the cost of its time: a knapsack over sizes (knapsack.ts).

import { MAX_ITEMS, MAX_UNITS } from '../../layout/batches'
import { Dispatcher } from '../../layout/dispatcher'
import { BatchedTable } from '../../layout/rules'
import { isIdle } from '../fleet'
import { ageOf, binIn, slotAfter } from '../queue'
import { batchWorkOf, binOfBatch, largestBatchMs, slackOf } from './batch'
import { priceSizes } from './costs'
import { addItem, bestRest, emptyKnapsack, listMembers, netOf, sumOfSizes } from './knapsack'
import { isLastChance, untilNext } from './last-chance'
import { isLate } from './late'

/**
 * Lists the batch of a position that is worth most, less the cost of its time, as `trial`; it is in time for its oldest
 * query. Returns how many queries it has, 0 if none can be in time. If no batch is worth the cost of its time, time
 * costs so much less that the best one is: otherwise the shortest batch would win, which loses least.
 */
export function listByWorth(
  dispatcher: Dispatcher,
  table: BatchedTable,
  position: i32,
  aheadShare: f64,
): i32 {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const items = listItems(dispatcher, table, position)
  if (items == 0) return 0
  valueItems(dispatcher, table, position, items)
  const costOfMs =
    (table.weight[type] * table.timeFactor[type]) / (1 + table.aheadDiscount[type] * aheadShare)
  const members = listBest(dispatcher, table, position, items, costOfMs)
  if (work.net >= 0) return members
  const bin = binOfBatch(dispatcher, table.batchSize, work.trial, members)
  const ms = dispatcher.mean[type * dispatcher.bins + bin]
  return listBest(dispatcher, table, position, items, costOfMs + work.net / ms)
}

/** Lists the oldest live queries that are in time on a position alone as items, oldest first. Returns their number. */
function listItems(dispatcher: Dispatcher, table: BatchedTable, position: i32): i32 {
  const work = batchWorkOf(dispatcher)
  const row = dispatcher.type[position] * dispatcher.bins
  const slowdown = dispatcher.slowdown[position]
  let items = 0
  for (let slot = dispatcher.head; slot >= 0 && items < MAX_ITEMS; slot = slotAfter(dispatcher, slot)) {
    const bin = binIn(dispatcher, slot)
    if (isLate(dispatcher, slot)) continue
    if (table.guardMs[row + bin] * slowdown > slackOf(dispatcher, slot, table.qosMs)) continue
    work.itemSize[items] = Math.ceil(table.batchSize[bin] / table.unit) as i32
    work.itemSlot[items++] = slot
  }
  return items
}

/**
 * What the items are worth on a position: more the older they will be when a fast instance is idle next. One at its
 * last chance is worth a miss more, which grows with age: otherwise an old, dear query that can wait would win.
 */
function valueItems(dispatcher: Dispatcher, table: BatchedTable, position: i32, items: i32): void {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const wait = untilFast(dispatcher, table, position)
  const nextMs = untilNext(dispatcher, table, position, largestBatchMs(table, type))
  for (let i = 0; i < items; i++) {
    const slot = work.itemSlot[i]
    const worth = table.worth[binIn(dispatcher, slot)]
    const miss = isLastChance(dispatcher, table, slot, nextMs) ? table.missWorth : 0
    const age = ageOf(dispatcher, slot) / table.qosMs + wait
    work.itemWorth[i] = (worth + miss) * growthAt(table, type, age)
  }
}

/**
 * The time, as a share of QoS, until another instance of a fast type is idle, or this one again if its type is fast:
 * how much older a query is at least when it can start on a fast instance, if it does not start now. At most 1.
 */
function untilFast(dispatcher: Dispatcher, table: BatchedTable, position: i32): f64 {
  const own = dispatcher.type[position]
  let least = table.qosMs
  if (table.isFast[own] != 0) least = Math.min(least, largestBatchMs(table, own))
  for (let p = 0; p < dispatcher.instances; p++) {
    if (p == position || table.isFast[dispatcher.type[p]] == 0) continue
    if (isIdle(dispatcher, p) || dispatcher.expected[p] <= dispatcher.now) return 0
    least = Math.min(least, dispatcher.expected[p] - dispatcher.now)
  }
  return least / table.qosMs
}

/** How many times as much a query of an age, in QoS, is worth on a type. */
function growthAt(table: BatchedTable, type: i32, age: f64): f64 {
  const z = Math.max(0, table.ageScale[type] * age)
  const power = table.isFast[type] != 0 ? z * z * z * z : z * z * z
  return 1 + table.ageWorth[type] * power
}

/**
 * Lists the best batch of the items as `trial`, where a millisecond costs `costOfMs`, and writes its net worth to
 * `net`. Returns how many queries it has. Items are added to the knapsack from the youngest on. When the turn of an
 * item comes, the knapsack holds the best younger ones of each size: of these it takes as many as keep its deadline.
 */
function listBest(
  dispatcher: Dispatcher,
  table: BatchedTable,
  position: i32,
  items: i32,
  costOfMs: f64,
): i32 {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const row = type * dispatcher.bins
  const largest = min(Math.floor(table.largest[type] / table.unit) as i32, MAX_UNITS)
  const capacity = min(largest, sumOfSizes(work, items))
  priceSizes(dispatcher, table, position, capacity, costOfMs)
  emptyKnapsack(work, capacity)
  let reach = 0
  let oldest = 0
  let rest = 0
  let net = -Infinity
  for (let i = items - 1; i >= 0; i--) {
    const slot = work.itemSlot[i]
    const size = work.itemSize[i]
    const worth = work.itemWorth[i]
    // alone it takes the time of its own bin, not that of its size in units, and may be larger than every batch
    const gain = size <= capacity ? work.gain[size] : 0
    const alone = worth - (costOfMs * dispatcher.mean[row + binIn(dispatcher, slot)] - gain)
    if (alone > net) {
      net = alone
      oldest = i
      rest = 0
    }
    const slack = slackOf(dispatcher, slot, table.qosMs)
    const others = bestRest(work, size, worth, min(reach, capacity - size), slack, net)
    if (others > 0) {
      net = netOf(work, size, worth, others)
      oldest = i
      rest = others
    }
    reach = addItem(work, i, capacity, reach, worth)
  }
  work.net = net
  return listMembers(work, items, oldest, rest)
}
