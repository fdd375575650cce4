// Batches by the prices of the fluid program with batches. `BatchedRule` in src/kernel/rules.ts has the steps.

import { MAX_ITEMS, MAX_UNITS } from '../../layout/batches'
import { Dispatcher } from '../../layout/dispatcher'
import { BatchedTable } from '../../layout/rules'
import { batchWorkOf, binOfBatch, binOfTotal, hasRoom, slackOf, startBatch } from '../batches/batch'
import { priceUnits } from '../batches/costs'
import { addItem, bestRest, emptyKnapsack, listMembers, netOf, unitsOf } from '../batches/knapsack'
import {
  canGrow,
  dropHopeless,
  giveUp,
  isLate,
  joinLate,
  makeLate,
  startAllLate,
  startOverdue,
} from '../batches/late'
import { isIdle } from '../fleet'
import { isLight, startOnSoonestInstance } from '../light'
import { arrivalIn, binIn, slotAfter } from '../queue'

/** How much more a query is worth for each QoS that it has waited: if it may join another one, and where types are compared. */
const AGE_OF_JOINING: f64 = 0.5
const AGE_OF_TYPES: f64 = 1

export function startBatched(dispatcher: Dispatcher, now: f64): void {
  const table = changetype<BatchedTable>(dispatcher.table)
  if (dispatcher.instances == 0) return
  const ahead = dropHopeless(dispatcher, table, now)
  const aheadShare = giveUp(dispatcher, table, ahead, now)
  if (dispatcher.lateCount == 0 && isLight(dispatcher, table.weight, table.lightLoad, table.lightGapMs)) {
    if (startOnSoonestInstance(dispatcher, table.guardMs, table.qosMs, now)) return
  }
  startOverdue(dispatcher, table, aheadShare, now)
  while (dispatcher.idle > 0 && startBest(dispatcher, table, aheadShare, now)) {}
  startAllLate(dispatcher, table, now)
  if (dispatcher.pending == 0 || dispatcher.idle < dispatcher.instances) return
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (!isLate(dispatcher, slot)) makeLate(dispatcher, slot)
  }
  startAllLate(dispatcher, table, now)
}

/** Step 4, once; returns whether a batch has started. */
function startBest(dispatcher: Dispatcher, table: BatchedTable, aheadShare: f64, now: f64): bool {
  const work = batchWorkOf(dispatcher)
  work.score = 0
  let seen: u64 = 0
  for (let p = 0; p < dispatcher.instances; p++) {
    const type = dispatcher.type[p]
    // one idle instance of a type stands for all of them; of more than 64 types the rest take their turns one by one
    if (!isIdle(dispatcher, p) || (type < 64 && ((seen >> (type as u64)) & 1) != 0)) continue
    if (type < 64) seen |= (1 as u64) << (type as u64)
    if (table.latestFirst != 0) {
      const urgent = mostUrgent(dispatcher, table, p, now)
      if (urgent >= 0) fillInOrder(dispatcher, table, p, urgent, now)
    } else {
      fillByWorth(dispatcher, table, p, aheadShare, now)
    }
  }
  if (work.score == 0) return false
  if (dispatcher.lateCount > 0) joinLate(dispatcher, table, now)
  const bin = binOfBatch(dispatcher, table.batchSize, work.best, work.members)
  startBatch(dispatcher, work.best, work.members, bin, work.position, now)
  return true
}

/** The live query with the earliest latest start on a position that has not passed, of equal ones the oldest; -1 if none. */
function mostUrgent(dispatcher: Dispatcher, table: BatchedTable, position: i32, now: f64): i32 {
  const row = dispatcher.type[position] * dispatcher.bins
  const slowdown = dispatcher.slowdown[position]
  let first = -1
  let least = Infinity
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    const bin = binIn(dispatcher, slot)
    if (isLate(dispatcher, slot) || table.eligible[row + bin] == 0) continue
    const untilStart = slackOf(dispatcher, slot, table.qosMs, now) - table.guardMs[row + bin] * slowdown
    if (untilStart < 0 || untilStart >= least) continue
    least = untilStart
    first = slot
  }
  return first
}

/**
 * Adds queries that have waited for `joinAge` to the most urgent one, oldest first: those that fit, that leave the batch in time for all of
 * its queries, and that are worth the time that they add.
 */
function fillInOrder(
  dispatcher: Dispatcher,
  table: BatchedTable,
  position: i32,
  urgent: i32,
  now: f64,
): void {
  const trial = batchWorkOf(dispatcher).trial
  const sizes = table.batchSize
  const type = dispatcher.type[position]
  const row = type * dispatcher.bins
  let bin = binIn(dispatcher, urgent)
  let total = sizes[bin]
  let slack = slackOf(dispatcher, urgent, table.qosMs, now)
  let members = 1
  let listed = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (slot == urgent) {
      trial[listed++] = urgent
      continue
    }
    if (isLate(dispatcher, slot) || now - arrivalIn(dispatcher, slot) < table.joinAge * table.qosMs) continue
    const own = binIn(dispatcher, slot)
    if (table.eligible[row + own] == 0) continue
    if (!hasRoom(members, total, sizes[own], table.largest[type])) continue
    const longer = binOfTotal(dispatcher, sizes, total + sizes[own])
    const least = Math.min(slack, slackOf(dispatcher, slot, table.qosMs, now))
    const most = table.worth[own] * ageFactor(dispatcher, slot, AGE_OF_JOINING, table.qosMs, now)
    if (!canGrow(dispatcher, table, position, bin, longer, least, most)) continue
    trial[listed++] = slot
    members++
    total += sizes[own]
    bin = longer
    slack = least
  }
  offerTrial(dispatcher, table, position, members, now)
}

/**
 * The batch of a position that is worth most, less the cost of its time, plus what it gains by when it ends. If no batch is worth
 * the cost of its time, time costs what the best one makes of it: otherwise the shortest ones would win, which lose the least.
 */
function fillByWorth(
  dispatcher: Dispatcher,
  table: BatchedTable,
  position: i32,
  aheadShare: f64,
  now: f64,
): void {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const items = listInTime(dispatcher, table, position, now)
  if (items == 0) return
  valueItems(dispatcher, table, position, items, now)
  const costOfMs =
    (table.weight[type] * table.timeFactor[type]) / (1 + table.aheadDiscount[type] * aheadShare)
  let members = listBest(dispatcher, table, position, items, costOfMs, now)
  if (work.net < 0) {
    const bin = binOfBatch(dispatcher, table.batchSize, work.trial, members)
    const ms = dispatcher.mean[type * dispatcher.bins + bin]
    members = listBest(dispatcher, table, position, items, costOfMs + work.net / ms, now)
  }
  offerTrial(dispatcher, table, position, members, now)
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

/** What the items are worth on a position. One that is late if it waits for the next instance is worth a miss more. */
function valueItems(dispatcher: Dispatcher, table: BatchedTable, position: i32, items: i32, now: f64): void {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const wait = shareUntilFast(dispatcher, table, position, now)
  const nextMs = untilNext(dispatcher, table, position, now)
  for (let i = 0; i < items; i++) {
    const slot = work.items[i]
    let worth = worthOf(dispatcher, table, type, slot, wait, now)
    const slack = slackOf(dispatcher, slot, table.qosMs, now)
    if (slack - nextMs < table.aloneMs[binIn(dispatcher, slot)]) worth += table.missWorth
    work.worths[i] = worth
  }
}

/** The time until another instance is idle, or this one again after its largest batch, ms. */
function untilNext(dispatcher: Dispatcher, table: BatchedTable, position: i32, now: f64): f64 {
  const own = dispatcher.type[position]
  let least = table.fullCost[own] / table.weight[own]
  for (let p = 0; p < dispatcher.instances; p++) {
    if (p == position) continue
    if (isIdle(dispatcher, p) || dispatcher.expected[p] <= now) return 0
    least = Math.min(least, dispatcher.expected[p] - now)
  }
  return least
}

/** Lists the oldest live queries that may start on a position, and are in time alone, with their sizes. Returns how many they are. */
function listInTime(dispatcher: Dispatcher, table: BatchedTable, position: i32, now: f64): i32 {
  const work = batchWorkOf(dispatcher)
  const row = dispatcher.type[position] * dispatcher.bins
  const slowdown = dispatcher.slowdown[position]
  let items = 0
  for (let slot = dispatcher.head; slot >= 0 && items < MAX_ITEMS; slot = slotAfter(dispatcher, slot)) {
    const bin = binIn(dispatcher, slot)
    const cell = row + bin
    if (isLate(dispatcher, slot) || table.eligible[cell] == 0) continue
    if (table.guardMs[cell] * slowdown > slackOf(dispatcher, slot, table.qosMs, now)) continue
    work.units[items] = Math.ceil(table.batchSize[bin] / table.unit) as i32
    work.items[items++] = slot
  }
  return items
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

/** What a query is worth on a type that would be this share of QoS older when it can start next. */
function worthOf(
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
  return table.worth[binIn(dispatcher, slot)] * (1 + table.ageWorth[type] * power)
}

/** Keeps the batch that is listed if it has the highest score. */
function offerTrial(
  dispatcher: Dispatcher,
  table: BatchedTable,
  position: i32,
  members: i32,
  now: f64,
): void {
  const work = batchWorkOf(dispatcher)
  const trial = work.trial
  const type = dispatcher.type[position]
  let value: f64 = 0
  for (let i = 0; i < members; i++) {
    const age = ageFactor(dispatcher, trial[i], AGE_OF_TYPES, table.qosMs, now)
    value += table.worth[binIn(dispatcher, trial[i])] * age
  }
  const bin = binOfBatch(dispatcher, table.batchSize, trial, members)
  const score = value / (table.weight[type] * dispatcher.mean[type * dispatcher.bins + bin])
  if (score <= work.score) return
  work.score = score
  work.members = members
  work.position = position
  work.best.copy(trial, members)
}

/** 1, and more for a query that has waited. */
function ageFactor(dispatcher: Dispatcher, slot: i32, factor: f64, qos: f64, now: f64): f64 {
  return 1 + (factor * (now - arrivalIn(dispatcher, slot))) / qos
}
