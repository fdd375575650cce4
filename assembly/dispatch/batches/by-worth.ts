// The batch of a position that is worth most, less the cost of its time: a knapsack over the sizes of queries.

import { MAX_ITEMS, MAX_UNITS } from '../../layout/batches'
import { Dispatcher } from '../../layout/dispatcher'
import { BatchedTable } from '../../layout/rules'
import { isIdle } from '../fleet'
import { arrivalIn, binIn, slotAfter } from '../queue'
import { batchWorkOf, binOfBatch, slackOf } from './batch'
import { priceUnits } from './costs'
import { addItem, bestRest, emptyKnapsack, listMembers, netOf, unitsOf } from './knapsack'
import { isLastChance, untilNext } from './last-chance'
import { isLate } from './late'

/**
 * Lists the batch of a position that is worth most, less the cost of its time, plus what it gains by when it ends, as `trial`. Returns
 * how many they are. If no batch is worth the cost of its time, time costs what the best one makes of it: otherwise the shortest ones
 * would win, which lose the least.
 */
export function listByWorth(
  dispatcher: Dispatcher,
  table: BatchedTable,
  position: i32,
  aheadShare: f64,
  now: f64,
): i32 {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const items = listInTime(dispatcher, table, position, now)
  if (items == 0) return 0
  valueItems(dispatcher, table, position, items, now)
  const costOfMs =
    (table.weight[type] * table.timeFactor[type]) / (1 + table.aheadDiscount[type] * aheadShare)
  const members = listBest(dispatcher, table, position, items, costOfMs, now)
  if (work.net >= 0) return members
  const bin = binOfBatch(dispatcher, table.batchSize, work.trial, members)
  const ms = dispatcher.mean[type * dispatcher.bins + bin]
  return listBest(dispatcher, table, position, items, costOfMs + work.net / ms, now)
}

/** Lists the oldest live queries that are in time on a position alone, with their sizes. Returns how many they are. */
function listInTime(dispatcher: Dispatcher, table: BatchedTable, position: i32, now: f64): i32 {
  const work = batchWorkOf(dispatcher)
  const row = dispatcher.type[position] * dispatcher.bins
  const slowdown = dispatcher.slowdown[position]
  let items = 0
  for (let slot = dispatcher.head; slot >= 0 && items < MAX_ITEMS; slot = slotAfter(dispatcher, slot)) {
    const bin = binIn(dispatcher, slot)
    if (isLate(dispatcher, slot)) continue
    if (table.guardMs[row + bin] * slowdown > slackOf(dispatcher, slot, table.qosMs, now)) continue
    work.units[items] = Math.ceil(table.batchSize[bin] / table.unit) as i32
    work.items[items++] = slot
  }
  return items
}

/**
 * What the items are worth on a position: more the older they will be when they can start next. One at its last chance is worth a miss
 * more, which grows with its age as well: otherwise a dear query that is old and can wait would be worth more.
 */
function valueItems(dispatcher: Dispatcher, table: BatchedTable, position: i32, items: i32, now: f64): void {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const wait = shareUntilFast(dispatcher, table, position, now)
  const nextMs = untilNext(dispatcher, table, position, table.fullCost[type] / table.weight[type], now)
  for (let i = 0; i < items; i++) {
    const slot = work.items[i]
    const worth = table.worth[binIn(dispatcher, slot)]
    const miss = isLastChance(dispatcher, table, slot, nextMs, now) ? table.missWorth : 0
    work.worths[i] = (worth + miss) * growthOf(dispatcher, table, type, slot, wait, now)
  }
}

/**
 * The time, as a share of QoS, until another instance of a fast type is idle, or this one again if its type is fast: what a query
 * waits at least that does not start now. At most 1.
 */
function shareUntilFast(dispatcher: Dispatcher, table: BatchedTable, position: i32, now: f64): f64 {
  const own = dispatcher.type[position]
  let least = table.qosMs
  if (table.isFast[own] != 0) least = Math.min(least, table.fullCost[own] / table.weight[own])
  for (let p = 0; p < dispatcher.instances; p++) {
    if (p == position || table.isFast[dispatcher.type[p]] == 0) continue
    if (isIdle(dispatcher, p) || dispatcher.expected[p] <= now) return 0
    least = Math.min(least, dispatcher.expected[p] - now)
  }
  return least / table.qosMs
}

/** How many times as much a query is worth on a type that would be this share of QoS older when it can start next. */
function growthOf(
  dispatcher: Dispatcher,
  table: BatchedTable,
  type: i32,
  slot: i32,
  wait: f64,
  now: f64,
): f64 {
  const age = (now - arrivalIn(dispatcher, slot)) / table.qosMs + wait
  const z = Math.max(0, table.ageScale[type] * age)
  const power = table.isFast[type] != 0 ? z * z * z * z : z * z * z
  return 1 + table.ageWorth[type] * power
}

/**
 * Lists the best batch of the items as `trial`, where a millisecond costs so much. Returns how many they are. Queries are added to the
 * knapsack youngest first. When a query is examined, it holds the best younger queries for each size: the query takes as many as
 * keep its deadline.
 */
function listBest(
  dispatcher: Dispatcher,
  table: BatchedTable,
  position: i32,
  items: i32,
  costOfMs: f64,
  now: f64,
): i32 {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const row = type * dispatcher.bins
  const largest = min(Math.floor(table.largest[type] / table.unit) as i32, MAX_UNITS)
  const units = min(largest, unitsOf(work, items))
  priceUnits(dispatcher, table, position, units, costOfMs, now)
  emptyKnapsack(work, units)
  let reach = 0
  let oldest = 0
  let chosen = 0
  let most = -Infinity
  for (let i = items - 1; i >= 0; i--) {
    const slot = work.items[i]
    const slack = slackOf(dispatcher, slot, table.qosMs, now)
    const own = work.units[i]
    const worth = work.worths[i]
    // its bin may be smaller than its size in units, and its size larger than every batch
    const gain = own <= units ? work.gain[own] : 0
    const alone = worth - (costOfMs * dispatcher.mean[row + binIn(dispatcher, slot)] - gain)
    if (alone > most) {
      most = alone
      oldest = i
      chosen = 0
    }
    const rest = bestRest(work, own, min(reach, units - own), worth, slack, most)
    if (rest > 0) {
      most = netOf(work, own, rest, worth)
      oldest = i
      chosen = rest
    }
    reach = addItem(work, i, units, reach, worth)
  }
  work.net = most
  return listMembers(work, items, oldest, chosen)
}
