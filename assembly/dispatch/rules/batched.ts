// Batches by the prices of the fluid program with batches (docs/batching.md). A query is live until no type can serve it
// in time, or until it is given up; then it is late. `price` is what a query costs at the prices of the program, `weight`
// the price of a millisecond of a type. A decision takes six steps:
//
//   1. queries that no type can serve in time alone become late
//   2. while the work ahead is small, late queries that can still be in time are live again; while it is more than `pressure`
//      times QoS and the budget of misses has room, the dearest live query becomes late
//   3. if little work is ahead, a nearly full batch of late queries starts; if they have waited for very long, any
//   4. the batch of live queries with the highest score starts, again and again until there is none; late queries join it
//   5. idle instances start late queries, oldest first
//   6. if no instance is busy and live queries are left, no completion will help them: they are late
//
// Step 4: for each type with an idle instance, the oldest queries are seeds. Younger ones join a seed by a knapsack over their
// sizes, at most as many as keep its deadline. Where batches gain little, the seed is the query with the earliest latest start,
// and others join it in order of arrival.

import { MAX_ITEMS, MAX_UNITS, takenBy } from '../../layout/batches'
import { Dispatcher } from '../../layout/dispatcher'
import { BatchedTable } from '../../layout/rules'
import { batchWorkOf, binOfBatch, binOfTotal, hasRoom, startBatch, timeLeft } from '../batches/batch'
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
import { arrivalIn, binIn, slotAfter } from '../queue'

/** How much more a query is worth in a batch for each QoS that it has waited. */
const AGE_IN_BATCH: f64 = 0.5

export function startBatched(dispatcher: Dispatcher, now: f64): void {
  const table = changetype<BatchedTable>(dispatcher.table)
  const ahead = dropHopeless(dispatcher, table, now)
  const pressure = giveUp(dispatcher, table, ahead, now)
  startOverdue(dispatcher, table, pressure, now)
  while (dispatcher.idle > 0 && startBest(dispatcher, table, now)) {}
  startAllLate(dispatcher, table, now)
  if (dispatcher.pending == 0 || dispatcher.idle < dispatcher.instances) return
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) makeLate(dispatcher, slot)
  startAllLate(dispatcher, table, now)
}

/** Step 4, once; returns whether a batch has started. */
function startBest(dispatcher: Dispatcher, table: BatchedTable, now: f64): bool {
  const work = batchWorkOf(dispatcher)
  work.score = 0
  let seen: u64 = 0
  for (let p = 0; p < dispatcher.instances; p++) {
    const type = dispatcher.type[p]
    // one idle instance of a type stands for all of them; of more than 64 types the rest take their turns one by one
    if (!isIdle(dispatcher, p) || (type < 64 && ((seen >> (type as u64)) & 1) != 0)) continue
    if (type < 64) seen |= (1 as u64) << (type as u64)
    trySeeds(dispatcher, table, p, now)
  }
  if (work.score == 0) return false
  if (dispatcher.lateCount > 0) joinLate(dispatcher, table, now)
  const bin = binOfBatch(dispatcher, table.batchSize, work.best, work.members)
  startBatch(dispatcher, work.best, work.members, bin, work.position, now)
  return true
}

/** Looks at the batches around the seeds of a position. */
function trySeeds(dispatcher: Dispatcher, table: BatchedTable, position: i32, now: f64): void {
  const row = dispatcher.type[position] * dispatcher.bins
  const slowdown = dispatcher.slowdown[position]
  if (table.latestFirst != 0) {
    const seed = mostUrgent(dispatcher, table, position, now)
    if (seed >= 0) fillInOrder(dispatcher, table, position, seed, now)
    return
  }
  let seeds = table.seeds[dispatcher.type[position]]
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    const bin = binIn(dispatcher, slot)
    if (isLate(dispatcher, slot) || table.eligible[row + bin] == 0) continue
    if (seeds <= 0 && table.exclusive[bin] == 0) continue
    if (table.guardMs[row + bin] * slowdown > timeLeft(dispatcher, slot, table.qosMs, now)) continue
    seeds -= 1
    fillBatch(dispatcher, table, position, slot, now)
  }
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
    const slack = timeLeft(dispatcher, slot, table.qosMs, now) - table.guardMs[row + bin] * slowdown
    if (slack < 0 || slack >= least) continue
    least = slack
    first = slot
  }
  return first
}

/**
 * Adds queries that have waited for `joinAge` to a seed, oldest first: those that fit, that leave the batch in time for all of
 * its queries, and that are worth the time that they add.
 */
function fillInOrder(dispatcher: Dispatcher, table: BatchedTable, position: i32, seed: i32, now: f64): void {
  const trial = batchWorkOf(dispatcher).trial
  const sizes = table.batchSize
  const type = dispatcher.type[position]
  const row = type * dispatcher.bins
  let bin = binIn(dispatcher, seed)
  let total = sizes[bin]
  let left = timeLeft(dispatcher, seed, table.qosMs, now)
  let members = 1
  let listed = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (slot == seed) {
      trial[listed++] = seed
      continue
    }
    if (isLate(dispatcher, slot) || now - arrivalIn(dispatcher, slot) < table.joinAge * table.qosMs) continue
    const own = binIn(dispatcher, slot)
    if (table.eligible[row + own] == 0) continue
    if (!hasRoom(members, total, sizes[own], table.largest[type])) continue
    const longer = binOfTotal(dispatcher, sizes, total + sizes[own])
    const soonest = Math.min(left, timeLeft(dispatcher, slot, table.qosMs, now))
    const most = table.worth[own] * ageFactor(dispatcher, slot, AGE_IN_BATCH, table.qosMs, now)
    if (!canGrow(dispatcher, table, position, bin, longer, soonest, most)) continue
    trial[listed++] = slot
    members++
    total += sizes[own]
    bin = longer
    left = soonest
  }
  offerTrial(dispatcher, table, position, members, now)
}

/** Fills the best batch around a seed on a position, and keeps it if no other one has a higher score. */
function fillBatch(dispatcher: Dispatcher, table: BatchedTable, position: i32, seed: i32, now: f64): void {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const row = type * dispatcher.bins
  const slowdown = dispatcher.slowdown[position]
  const weight = table.weight[type]
  const unit = table.unit
  const sizes = table.batchSize
  const total = work.total
  const left = timeLeft(dispatcher, seed, table.qosMs, now)
  const own = sizes[binIn(dispatcher, seed)]
  const room = Math.floor((table.largest[type] - own) / unit)
  const units = room > 0 ? min(room as i32, MAX_UNITS) : 0
  total[0] = 0
  for (let c = 1; c <= units; c++) total[c] = -Infinity
  let items = 0
  let reach = 0
  for (
    let slot = slotAfter(dispatcher, seed);
    units > 0 && slot >= 0 && items < MAX_ITEMS;
    slot = slotAfter(dispatcher, slot)
  ) {
    const bin = binIn(dispatcher, slot)
    if (isLate(dispatcher, slot) || table.eligible[row + bin] == 0) continue
    const size = Math.ceil(sizes[bin] / unit)
    if (size > (units as f64)) continue
    work.items[items] = slot
    reach = addItem(
      dispatcher,
      items,
      size as i32,
      units,
      reach,
      table.worth[bin] * ageFactor(dispatcher, slot, AGE_IN_BATCH, table.qosMs, now),
    )
    items++
  }
  let chosen = -1
  let most = -Infinity
  for (let c = 0; c <= units; c++) {
    if (total[c] == -Infinity) continue
    const bin = c == 0 ? binIn(dispatcher, seed) : binOfTotal(dispatcher, sizes, own + (c as f64) * unit)
    if (table.guardMs[row + bin] * slowdown > left) continue
    const net = total[c] - weight * dispatcher.mean[row + bin]
    if (net <= most) continue
    most = net
    chosen = c
  }
  if (chosen < 0) return
  offerTrial(dispatcher, table, position, listMembers(dispatcher, seed, items, chosen), now)
}

/**
 * Adds an item of the knapsack. `reach` is the sum of the sizes of the items before it, or all units: no more are in
 * use. Returns that sum with this item.
 */
function addItem(dispatcher: Dispatcher, item: i32, size: i32, units: i32, reach: i32, value: f64): i32 {
  const work = batchWorkOf(dispatcher)
  const total = work.total
  const taken = takenBy(work, item)
  work.units[item] = size
  const reached = min(units, reach + size)
  taken.clear(size)
  const gain = f64x2.splat(value)
  let c = reached
  // two sizes at a time, the larger ones first: the smaller ones that they read are not written yet
  for (; c > size; c -= 2) {
    const before = total.lanes(c - 1)
    const withItem = f64x2.add(total.lanes(c - 1 - size), gain)
    const isBetter = f64x2.gt(withItem, before)
    total.setLanes(c - 1, v128.bitselect(withItem, before, isBetter))
    const bits = i64x2.bitmask(isBetter)
    taken[c - 1] = (bits & 1) as u8
    taken[c] = (bits >> 1) as u8
  }
  if (c == size) {
    const withItem = total[0] + value
    const isBetter = withItem > total[c]
    taken[c] = isBetter ? 1 : 0
    total[c] = isBetter ? withItem : total[c]
  }
  return reached
}

/** Lists the batch of the seed and of the items that fill `units`. Returns how many they are. */
function listMembers(dispatcher: Dispatcher, seed: i32, items: i32, units: i32): i32 {
  const work = batchWorkOf(dispatcher)
  const trial = work.trial
  let members = 1
  trial[0] = seed
  // the last items first; the list is turned round below
  let rest = units
  for (let i = items - 1; i >= 0; i--) {
    if (takenBy(work, i)[rest] == 0) continue
    trial[members++] = work.items[i]
    rest -= work.units[i]
  }
  for (let i = 1, j = members - 1; i < j; i++, j--) {
    const slot = trial[i]
    trial[i] = trial[j]
    trial[j] = slot
  }
  return members
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
    const age = ageFactor(dispatcher, trial[i], table.urgency[type], table.qosMs, now)
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
