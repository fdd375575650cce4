// Earliest latest start, in batches. Each idle instance, first to last, takes the query with the earliest latest start
// that has not passed: arrival + qos - mean slowdown. Others join it in order of arrival, as long as the batch is in
// time for its oldest query and fits into the largest batch of the type. An instance without such a query takes queries
// that no instance can serve in time, oldest first.

import { Dispatcher } from '../../layout/dispatcher'
import { UrgentTable } from '../../layout/rules'
import { batchWorkOf, binOfTotal, hasRoom, startBatch } from '../batches/batch'
import { isIdle } from '../fleet'
import { binIn, slotAfter } from '../queue'
import { isHopeless, latestStart } from './deadline'

export function startUrgent(dispatcher: Dispatcher): void {
  const table = changetype<UrgentTable>(dispatcher.table)
  const trial = batchWorkOf(dispatcher).trial
  for (let p = 0; p < dispatcher.instances && dispatcher.pending > 0; p++) {
    if (!isIdle(dispatcher, p)) continue
    const seed = mostUrgent(dispatcher, p)
    const members = seed < 0 ? listHopeless(dispatcher, p) : listInTimeWith(dispatcher, p, seed)
    if (members > 0) startBatch(dispatcher, table.batchSize, trial, members, p)
  }
}

/** The query with the earliest latest start, of equal ones the oldest; -1 if none can be in time. */
function mostUrgent(dispatcher: Dispatcher, position: i32): i32 {
  const type = dispatcher.type[position]
  const slowdown = dispatcher.slowdown[position]
  const qos = changetype<UrgentTable>(dispatcher.table).qosMs
  let first = -1
  let earliest = Infinity
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    const latest = latestStart(dispatcher, slot, binIn(dispatcher, slot), type, slowdown, qos)
    if (latest >= dispatcher.now && latest < earliest) {
      earliest = latest
      first = slot
    }
  }
  return first
}

/** Lists the batch around a query, in order of arrival; returns how many there are. */
function listInTimeWith(dispatcher: Dispatcher, position: i32, seed: i32): i32 {
  const table = changetype<UrgentTable>(dispatcher.table)
  const sizes = table.batchSize
  const type = dispatcher.type[position]
  const slowdown = dispatcher.slowdown[position]
  const largest = table.largest[type]
  const trial = batchWorkOf(dispatcher).trial
  let total = sizes[binIn(dispatcher, seed)]
  // the slot of the oldest member, the seed counted
  let oldest = seed
  let members = 0
  let isSeedListed = false
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    if (slot == seed) {
      trial[members++] = slot
      isSeedListed = true
      continue
    }
    const size = sizes[binIn(dispatcher, slot)]
    if (!hasRoom(members + i32(!isSeedListed), total, size, largest)) continue
    const first = members == 0 && !isSeedListed ? slot : oldest
    const bin = binOfTotal(dispatcher, sizes, total + size)
    if (latestStart(dispatcher, first, bin, type, slowdown, table.qosMs) < dispatcher.now) continue
    trial[members++] = slot
    total += size
    oldest = first
  }
  return members
}

/** Lists queries that no instance can serve in time, oldest first; returns how many. */
function listHopeless(dispatcher: Dispatcher, position: i32): i32 {
  const table = changetype<UrgentTable>(dispatcher.table)
  const sizes = table.batchSize
  const largest = table.largest[dispatcher.type[position]]
  const trial = batchWorkOf(dispatcher).trial
  let total: f64 = 0
  let members = 0
  for (let slot = dispatcher.head; slot >= 0; slot = slotAfter(dispatcher, slot)) {
    const size = sizes[binIn(dispatcher, slot)]
    if (members > 0 && !hasRoom(members, total, size, largest)) continue
    if (!isHopeless(dispatcher, slot, table.qosMs)) continue
    trial[members++] = slot
    total += size
  }
  return members
}
