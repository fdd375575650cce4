// Late queries of a rule that batches: which become late, and when they start (`BatchedRule` in src/kernel/rules.ts has the steps).

import { Dispatcher } from '../../layout/dispatcher'
import { LATE, LIVE, slotAt } from '../../layout/queue'
import { BatchedTable } from '../../layout/rules'
import { isIdle } from '../fleet'
import { arrivalIn, binIn, slotAfter } from '../queue'
import { batchWorkOf, binOfBatch, binOfTotal, hasRoom, slackOf, startBatch } from './batch'
import { isLastChance, untilNext } from './last-chance'

/**
 * The budget of misses is that of this many queries more than have arrived. A burst spends a budget faster than it grows:
 * with 200, it spends all of it. No query can then be given up, and many small queries become late.
 */
const HEAD_START: f64 = 4000

/**
 * A query is given up only if the work ahead without it takes more than this share of the time that it can wait. So small queries,
 * which can wait long, are not given up for what large ones cost.
 */
const MOST_BEFORE: f64 = 0.95

/** A query that was given up is live again if the work ahead is then at most this share of what it may be. */
const TAKEN_BACK: f64 = 0.85

/**
 * A nearly full batch of late queries delays few live ones while the work ahead, as a share of QoS, is less than this. More
 * is allowed by the second number times the share of the misses that is not spent.
 */
const LULL: f64 = 0.25
const LULL_OF_UNSPENT: f64 = 0.3
const NEARLY_FULL: f64 = 0.9

/** The age of a late query, in QoS, from which on any batch of late queries starts. */
const LATE_ANY: f64 = 120

/** A late query joins a batch if the time that it adds costs at most this share of its own cost. */
const MOST_OF_COST: f64 = 0.8

export function isLate(dispatcher: Dispatcher, slot: i32): bool {
  return slotAt(dispatcher, slot).place == LATE
}

export function makeLate(dispatcher: Dispatcher, slot: i32): void {
  slotAt(dispatcher, slot).place = LATE
  dispatcher.lateCount++
  dispatcher.everLate += 1
}

/** Step 1. Returns the sum of the costs of the live queries. */
export function dropHopeless(dispatcher: Dispatcher, table: BatchedTable, now: f64): f64 {
  let ahead: f64 = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (isLate(dispatcher, slot)) continue
    const bin = binIn(dispatcher, slot)
    if (slackOf(dispatcher, slot, table.qosMs, now) < table.aloneMs[bin]) makeLate(dispatcher, slot)
    else ahead += table.queryCost[bin]
  }
  return ahead
}

/** Step 2. `ahead`: the sum of the costs of the live queries. Returns the work ahead, as a share of QoS. */
export function giveUp(dispatcher: Dispatcher, table: BatchedTable, ahead: f64, now: f64): f64 {
  let capacity: f64 = 0
  let work = ahead
  for (let p = 0; p < dispatcher.instances; p++) {
    const weight = table.weight[dispatcher.type[p]]
    capacity += weight
    if (!isIdle(dispatcher, p)) work += weight * Math.max(0, dispatcher.expected[p] - now)
  }
  const limit = table.mostAhead * table.qosMs * capacity
  if (dispatcher.lateCount > 0) work = takeBack(dispatcher, table, work, TAKEN_BACK * limit, now)
  const budget = table.lateShare * (dispatcher.everArrived + HEAD_START)
  while (work > limit && dispatcher.everLate + 1 <= budget) {
    let dearest = -1
    let most: f64 = 0
    for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
      const cost = table.queryCost[binIn(dispatcher, slot)]
      if (isLate(dispatcher, slot) || cost <= most) continue
      most = cost
      dearest = slot
    }
    if (dearest < 0 || work - most <= MOST_BEFORE * capacity * roomOf(dispatcher, table, dearest)) break
    makeLate(dispatcher, dearest)
    work -= most
  }
  return work / (table.qosMs * capacity)
}

/** How long a query may wait if it is to be in time alone, ms. */
function roomOf(dispatcher: Dispatcher, table: BatchedTable, slot: i32): f64 {
  return table.qosMs - table.aloneMs[binIn(dispatcher, slot)]
}

/** Late queries that can be in time are live again, oldest first, while the work ahead stays small. Returns that work. */
function takeBack(dispatcher: Dispatcher, table: BatchedTable, ahead: f64, most: f64, now: f64): f64 {
  let work = ahead
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (!isLate(dispatcher, slot)) continue
    const bin = binIn(dispatcher, slot)
    if (work + table.queryCost[bin] > most) continue
    if (slackOf(dispatcher, slot, table.qosMs, now) < table.aloneMs[bin]) continue
    slotAt(dispatcher, slot).place = LIVE
    dispatcher.lateCount--
    dispatcher.everLate -= 1
    work += table.queryCost[bin]
  }
  return work
}

/** Step 3. `aheadShare`: the work ahead, as a share of QoS. */
export function startOverdue(dispatcher: Dispatcher, table: BatchedTable, aheadShare: f64, now: f64): void {
  if (dispatcher.lateCount == 0 || dispatcher.idle == 0) return
  let volume: f64 = 0
  let age: f64 = -1
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (!isLate(dispatcher, slot)) continue
    if (age < 0) age = now - arrivalIn(dispatcher, slot)
    volume += table.batchSize[binIn(dispatcher, slot)]
  }
  const spent = dispatcher.everLate / (table.lateShare * dispatcher.everArrived)
  const isLull = aheadShare < LULL + LULL_OF_UNSPENT * Math.max(0, 1 - spent)
  const isOverdue = age > LATE_ANY * table.qosMs
  if (!isLull && !isOverdue) return
  let cheapest = -1
  let least = Infinity
  for (let p = 0; p < dispatcher.instances; p++) {
    if (!isIdle(dispatcher, p)) continue
    const type = dispatcher.type[p]
    if (table.fullCost[type] >= least) continue
    least = table.fullCost[type]
    cheapest = p
  }
  if (cheapest < 0) return
  const isFull = volume >= NEARLY_FULL * table.largest[dispatcher.type[cheapest]]
  if (isOverdue || (isFull && !delaysTooLong(dispatcher, table, cheapest, now))) {
    startLate(dispatcher, table, cheapest, now)
  }
}

/** Whether a live query would be late if a position served its largest batch now. */
function delaysTooLong(dispatcher: Dispatcher, table: BatchedTable, position: i32, now: f64): bool {
  const type = dispatcher.type[position]
  const nextMs = untilNext(dispatcher, table, position, table.fullCost[type] / table.weight[type], now)
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (!isLate(dispatcher, slot) && isLastChance(dispatcher, table, slot, nextMs, now)) return true
  }
  return false
}

/** Step 5. */
export function startAllLate(dispatcher: Dispatcher, table: BatchedTable, now: f64): void {
  for (let p = 0; p < dispatcher.instances && dispatcher.lateCount > 0; p++) {
    if (isIdle(dispatcher, p)) startLate(dispatcher, table, p, now)
  }
}

/** Starts late queries on an idle position, oldest first, as many as fit. */
function startLate(dispatcher: Dispatcher, table: BatchedTable, position: i32, now: f64): void {
  const largest = table.largest[dispatcher.type[position]]
  const trial = batchWorkOf(dispatcher).trial
  let total: f64 = 0
  let members = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    const size = table.batchSize[binIn(dispatcher, slot)]
    if (!isLate(dispatcher, slot) || (members > 0 && !hasRoom(members, total, size, largest))) continue
    trial[members++] = slot
    total += size
  }
  startBatch(dispatcher, table.batchSize, trial, members, position, now)
}

/** Whether a batch on a position may take the time of a longer bin: it ends within `slack`, and costs at most `most` more. */
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

/**
 * Late queries join the best batch, oldest first: those that fit, that leave it in time for its live queries, and that are
 * served for less in it than alone.
 */
export function joinLate(dispatcher: Dispatcher, table: BatchedTable, now: f64): void {
  const work = batchWorkOf(dispatcher)
  const trial = work.trial
  const sizes = table.batchSize
  const type = dispatcher.type[work.position]
  const slack = slackOf(dispatcher, work.best[0], table.qosMs, now)
  let bin = binOfBatch(dispatcher, sizes, work.best, work.members)
  let total: f64 = 0
  for (let i = 0; i < work.members; i++) total += sizes[binIn(dispatcher, work.best[i])]
  let live = 0
  let joined = 0
  // in the order of the queue, which is that of the batch
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (!isLate(dispatcher, slot)) {
      if (live < work.members && slot == work.best[live]) trial[joined + live++] = slot
      continue
    }
    const own = binIn(dispatcher, slot)
    if (!hasRoom(work.members + joined, total, sizes[own], table.largest[type])) continue
    const longer = binOfTotal(dispatcher, sizes, total + sizes[own])
    const most = MOST_OF_COST * table.queryCost[own]
    if (!canGrow(dispatcher, table, work.position, bin, longer, slack, most)) continue
    trial[joined++ + live] = slot
    total += sizes[own]
    bin = longer
  }
  work.members += joined
  work.best.copy(trial, work.members)
}
