// The batch of a position around its most urgent query, in order of arrival: where batches gain little.

import { Dispatcher } from '../../layout/dispatcher'
import { BatchedTable } from '../../layout/rules'
import { ageOf, binIn, slotAfter } from '../queue'
import { ageFactor, batchWorkOf, binOfTotal, canGrow, hasRoom, slackOf } from './batch'
import { isLastChance, untilNext } from './last-chance'
import { isLate } from './late'

/** How much more a query is worth for each QoS that it has waited, if it may join another one. */
const AGE_OF_JOINING: f64 = 0.5

/**
 * Lists the most urgent query and those that join it as `trial`. Returns how many they are, 0 if no query can be in
 * time. Queries that have waited for `joinAge` join it, oldest first: those that fit, that leave the batch in time for
 * all of its queries, and that are worth the cost of the time that they add.
 */
export function listInOrder(dispatcher: Dispatcher, table: BatchedTable, position: i32): i32 {
  const urgent = mostUrgent(dispatcher, table, position)
  if (urgent < 0) return 0
  const seed = lastChance(dispatcher, table, position, urgent)
  const trial = batchWorkOf(dispatcher).trial
  const sizes = table.batchSize
  const type = dispatcher.type[position]
  let bin = binIn(dispatcher, seed)
  let total = sizes[bin]
  let slack = slackOf(dispatcher, seed, table.qosMs)
  let members = 1
  let listed = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (slot == seed) {
      trial[listed++] = seed
      continue
    }
    if (isLate(dispatcher, slot) || ageOf(dispatcher, slot) < table.joinAge * table.qosMs) continue
    const own = binIn(dispatcher, slot)
    if (!hasRoom(members, total, sizes[own], table.largest[type])) continue
    const longer = binOfTotal(dispatcher, sizes, total + sizes[own])
    const least = Math.min(slack, slackOf(dispatcher, slot, table.qosMs))
    const most = table.worth[own] * ageFactor(dispatcher, slot, AGE_OF_JOINING, table.qosMs)
    if (!canGrow(dispatcher, table, position, bin, longer, least, most)) continue
    trial[listed++] = slot
    members++
    total += sizes[own]
    bin = longer
    slack = least
  }
  return members
}

/**
 * The live query with the earliest latest start on a position that has not passed, of equal ones the oldest; -1 if
 * none. Queries that the type serves cheaply come before all others. Without that, each type would start the queries
 * that take longest on it, which other types may serve in less time.
 */
function mostUrgent(dispatcher: Dispatcher, table: BatchedTable, position: i32): i32 {
  const isCheap = table.isCheap.from(dispatcher.type[position] * dispatcher.bins)
  let first = -1
  let least = Infinity
  let cheap: f64 = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (isLate(dispatcher, slot)) continue
    const cheapHere = isCheap[binIn(dispatcher, slot)]
    if (cheapHere < cheap) continue
    const untilStart = untilLatestStart(dispatcher, table, position, slot)
    if (untilStart < 0 || (cheapHere == cheap && untilStart >= least)) continue
    least = untilStart
    first = slot
    cheap = cheapHere
  }
  return first
}

/**
 * The query to start first: of those that have their last chance while the most urgent one is served, and whose time
 * that one can wait, the most urgent; the most urgent one itself if there are none. So a small query does not miss
 * because long ones keep starting before it.
 */
function lastChance(dispatcher: Dispatcher, table: BatchedTable, position: i32, urgent: i32): i32 {
  const urgentMs = safeMs(dispatcher, table, position, urgent)
  const spare = untilLatestStart(dispatcher, table, position, urgent)
  const nextMs = untilNext(dispatcher, table, position, urgentMs)
  if (nextMs == 0) return urgent
  let first = urgent
  let least = Infinity
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (slot == urgent || isLate(dispatcher, slot)) continue
    if (!isLastChance(dispatcher, table, slot, nextMs)) continue
    const untilStart = untilLatestStart(dispatcher, table, position, slot)
    if (untilStart < 0 || untilStart >= least || safeMs(dispatcher, table, position, slot) > spare) continue
    least = untilStart
    first = slot
  }
  return first
}

function untilLatestStart(dispatcher: Dispatcher, table: BatchedTable, position: i32, slot: i32): f64 {
  return slackOf(dispatcher, slot, table.qosMs) - safeMs(dispatcher, table, position, slot)
}

/** The time with which the deadline of a query alone is checked, ms. */
function safeMs(dispatcher: Dispatcher, table: BatchedTable, position: i32, slot: i32): f64 {
  const cell = dispatcher.type[position] * dispatcher.bins + binIn(dispatcher, slot)
  return table.guardMs[cell] * dispatcher.slowdown[position]
}
