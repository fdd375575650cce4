// Which queries become late, and when late ones start: the steps are those of `BatchedRule` in src/kernel/rules.ts.

import { Dispatcher } from '../../layout/dispatcher'
import { LATE, LIVE, slotAt } from '../../layout/queue'
import { BatchedTable } from '../../layout/rules'
import { isIdle } from '../fleet'
import { ageOf, binIn, slotAfter } from '../queue'
import {
  batchWorkOf,
  binOfBatch,
  binOfTotal,
  canGrow,
  hasRoom,
  largestBatchMs,
  slackOf,
  startBatch,
} from './batch'
import { isLastChance, untilNext } from './last-chance'

/**
 * The budget of misses is that of this many queries more than have arrived. A burst spends it faster than it grows:
 * with 200 queries a burst spends all of it, no query can be given up any more, and many small queries become late.
 */
const HEAD_START: f64 = 4000

/**
 * A query is given up only if the work ahead without it takes more than this share of the time that it can wait. So
 * small queries, which can wait long, are not given up for what large ones cost.
 */
const LEAST_WITHOUT: f64 = 0.95

/** Late queries are taken back while the work ahead is at most this share of its limit. */
const TAKEN_BACK: f64 = 0.85

/**
 * There is a lull while the work ahead, as a share of QoS, is less than LULL + LULL_OF_UNSPENT x the share of the
 * budget that is not spent. A batch of late queries then delays few live ones.
 */
const LULL: f64 = 0.25
const LULL_OF_UNSPENT: f64 = 0.3

/** The share of the largest batch that late queries fill before they start in a lull. */
const NEARLY_FULL: f64 = 0.9

/** From this age of a late query on, in QoS, a batch of late ones of any size starts while budget is left. */
const OVERDUE_AGE: f64 = 120

/** A late query joins a batch if the time that it adds costs at most this share of its own cost. */
const MOST_OF_COST: f64 = 0.8

export function isLate(dispatcher: Dispatcher, slot: i32): bool {
  return slotAt(dispatcher, slot).place == LATE
}

function makeLate(dispatcher: Dispatcher, slot: i32): void {
  slotAt(dispatcher, slot).place = LATE
  dispatcher.lateCount++
  dispatcher.everLate += 1
}

/** Step 1. Returns the sum of the costs of the live queries. */
export function makeHopelessLate(dispatcher: Dispatcher, table: BatchedTable): f64 {
  let liveCost: f64 = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (isLate(dispatcher, slot)) continue
    const bin = binIn(dispatcher, slot)
    if (slackOf(dispatcher, slot, table.qosMs) < table.aloneMs[bin]) makeLate(dispatcher, slot)
    else liveCost += table.queryCost[bin]
  }
  return liveCost
}

/** Step 2. Returns the work ahead, as a share of QoS. @param liveCost the sum of the costs of the live queries */
export function giveUp(dispatcher: Dispatcher, table: BatchedTable, liveCost: f64): f64 {
  let capacity: f64 = 0
  let ahead = liveCost
  for (let p = 0; p < dispatcher.instances; p++) {
    const weight = table.weight[dispatcher.type[p]]
    capacity += weight
    if (!isIdle(dispatcher, p)) ahead += weight * Math.max(0, dispatcher.expected[p] - dispatcher.now)
  }
  const limit = table.mostAhead * table.qosMs * capacity
  if (dispatcher.lateCount > 0) ahead = takeBack(dispatcher, table, ahead, TAKEN_BACK * limit)
  const budget = table.lateShare * (dispatcher.everArrived + HEAD_START)
  while (ahead > limit && dispatcher.everLate + 1 <= budget) {
    const slot = dearestLive(dispatcher, table)
    if (slot < 0) break
    const bin = binIn(dispatcher, slot)
    const without = ahead - table.queryCost[bin]
    if (without <= LEAST_WITHOUT * capacity * (table.qosMs - table.aloneMs[bin])) break
    makeLate(dispatcher, slot)
    ahead = without
  }
  return ahead / (table.qosMs * capacity)
}

/** The live query that costs most, of equal ones the oldest; -1 if none costs anything. */
function dearestLive(dispatcher: Dispatcher, table: BatchedTable): i32 {
  let dearest = -1
  let most: f64 = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    const cost = table.queryCost[binIn(dispatcher, slot)]
    if (isLate(dispatcher, slot) || cost <= most) continue
    most = cost
    dearest = slot
  }
  return dearest
}

/**
 * Makes late queries live that can be in time, oldest first, while the work ahead is at most `most`. Returns the work
 * ahead with them.
 */
function takeBack(dispatcher: Dispatcher, table: BatchedTable, ahead: f64, most: f64): f64 {
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (!isLate(dispatcher, slot)) continue
    const bin = binIn(dispatcher, slot)
    const withQuery = ahead + table.queryCost[bin]
    if (withQuery > most || slackOf(dispatcher, slot, table.qosMs) < table.aloneMs[bin]) continue
    slotAt(dispatcher, slot).place = LIVE
    dispatcher.lateCount--
    dispatcher.everLate -= 1
    ahead = withQuery
  }
  return ahead
}

/** Step 3. @param aheadShare the work ahead, as a share of QoS */
export function startLateBatch(dispatcher: Dispatcher, table: BatchedTable, aheadShare: f64): void {
  if (dispatcher.lateCount == 0 || dispatcher.idle == 0) return
  let volume: f64 = 0
  let oldestAge: f64 = -1
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (!isLate(dispatcher, slot)) continue
    if (oldestAge < 0) oldestAge = ageOf(dispatcher, slot)
    volume += table.batchSize[binIn(dispatcher, slot)]
  }
  const spent = dispatcher.everLate / (table.lateShare * dispatcher.everArrived)
  const isLull = aheadShare < LULL + LULL_OF_UNSPENT * Math.max(0, 1 - spent)
  // with the budget used up, starting what an overload left would make all that follows late
  const isOverdue = oldestAge > OVERDUE_AGE * table.qosMs && spent < 1
  if (!isLull && !isOverdue) return
  const position = cheapestIdle(dispatcher, table)
  if (position < 0) return
  const isFull = volume >= NEARLY_FULL * table.largest[dispatcher.type[position]]
  if (isOverdue || (isFull && !delaysTooLong(dispatcher, table, position))) {
    startLateOn(dispatcher, table, position)
  }
}

/** The idle position whose largest batch costs least, of equal ones the first; -1 if none is idle. */
function cheapestIdle(dispatcher: Dispatcher, table: BatchedTable): i32 {
  let cheapest = -1
  let least = Infinity
  for (let p = 0; p < dispatcher.instances; p++) {
    const cost = table.fullCost[dispatcher.type[p]]
    if (!isIdle(dispatcher, p) || cost >= least) continue
    least = cost
    cheapest = p
  }
  return cheapest
}

/** Whether a live query would be late if a position served its largest batch now. */
function delaysTooLong(dispatcher: Dispatcher, table: BatchedTable, position: i32): bool {
  const ownMs = largestBatchMs(table, dispatcher.type[position])
  const nextMs = untilNext(dispatcher, table, position, ownMs)
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (!isLate(dispatcher, slot) && isLastChance(dispatcher, table, slot, nextMs)) return true
  }
  return false
}

/** Step 6. */
export function startLateOnIdle(dispatcher: Dispatcher, table: BatchedTable): void {
  // a type of which an idle instance has started nothing: its others would start nothing either
  let passed = -1
  for (let p = 0; p < dispatcher.instances && dispatcher.lateCount > 0; p++) {
    const type = dispatcher.type[p]
    if (type == passed || !isIdle(dispatcher, p)) continue
    startLateOn(dispatcher, table, p)
    if (isIdle(dispatcher, p)) passed = type
  }
}

/** Step 7. */
export function makeAllLate(dispatcher: Dispatcher): void {
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (!isLate(dispatcher, slot)) makeLate(dispatcher, slot)
  }
}

/**
 * Starts late queries on an idle position, oldest first, as many as fit. One that takes too long there, or makes the
 * batch too long, is left out until it has waited for as long as that.
 */
function startLateOn(dispatcher: Dispatcher, table: BatchedTable, position: i32): void {
  const type = dispatcher.type[position]
  const row = type * dispatcher.bins
  const trial = batchWorkOf(dispatcher).trial
  let ms: f64 = 0
  let total: f64 = 0
  let members = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (!isLate(dispatcher, slot)) continue
    const own = binIn(dispatcher, slot)
    const size = table.batchSize[own]
    if (members > 0 && !hasRoom(members, total, size, table.largest[type])) continue
    const bin = members == 0 ? own : binOfTotal(dispatcher, table.batchSize, total + size)
    const longer = dispatcher.mean[row + bin]
    if (longer - ms > Math.max(table.longestLateMs[row + own], ageOf(dispatcher, slot))) continue
    trial[members++] = slot
    total += size
    ms = longer
  }
  if (members == 0) return
  startBatch(dispatcher, table.batchSize, trial, members, position)
}

/**
 * Late queries join the best batch, oldest first: those that fit, that leave it in time for its live queries, and that
 * add at most MOST_OF_COST of their own cost.
 */
export function joinLate(dispatcher: Dispatcher, table: BatchedTable): void {
  const work = batchWorkOf(dispatcher)
  const trial = work.trial
  const sizes = table.batchSize
  const type = dispatcher.type[work.position]
  const slack = slackOf(dispatcher, work.best[0], table.qosMs)
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
