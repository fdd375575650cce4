// Batches by the prices of the fluid program with batches. `BatchedRule` in src/kernel/rules.ts has the steps.

import { Dispatcher } from '../../layout/dispatcher'
import { runAt } from '../../layout/fleet'
import { BatchedTable } from '../../layout/rules'
import { bitOf } from '../../layout/vector'
import { startAtRisk } from '../batches/at-risk'
import { ageFactor, batchWorkOf, binOfBatch, startBatch } from '../batches/batch'
import { listByWorth } from '../batches/by-worth'
import { listInOrder } from '../batches/in-order'
import {
  giveUp,
  joinLate,
  makeAllLate,
  makeHopelessLate,
  startLateBatch,
  startLateOnIdle,
} from '../batches/late'
import { isIdle } from '../fleet'
import { isLight, startOnSoonestInstance } from '../light'
import { binIn } from '../queue'

/** How much more a query is worth for each QoS that it has waited, where the batches of types are compared. */
const AGE_OF_TYPES: f64 = 1

export function startBatched(dispatcher: Dispatcher): void {
  const table = changetype<BatchedTable>(dispatcher.table)
  if (dispatcher.instances == 0) return
  const liveCost = makeHopelessLate(dispatcher, table)
  const aheadShare = giveUp(dispatcher, table, liveCost)
  if (dispatcher.lateCount == 0 && isLight(dispatcher, table.weight, table.lightLoad, table.lightGapMs)) {
    if (startOnSoonestInstance(dispatcher, table.guardMs, table.qosMs)) return
  }
  startLateBatch(dispatcher, table, aheadShare)
  while (dispatcher.idle > 0 && startBest(dispatcher, table, aheadShare)) {}
  startAtRisk(dispatcher, table)
  startLateOnIdle(dispatcher, table)
  if (dispatcher.pending == 0 || dispatcher.idle < dispatcher.instances) return
  makeAllLate(dispatcher)
  startLateOnIdle(dispatcher, table)
}

/** Step 4, once; returns whether a batch has started. */
function startBest(dispatcher: Dispatcher, table: BatchedTable, aheadShare: f64): bool {
  const work = batchWorkOf(dispatcher)
  work.score = 0
  let seen: u64 = 0
  for (let p = 0; p < dispatcher.instances; p++) {
    const type = dispatcher.type[p]
    // once for each type; for a type beyond the 64th again, which changes nothing
    if (!isIdle(dispatcher, p) || (type < 64 && (seen & bitOf(type)) != 0)) continue
    if (type < 64) seen |= bitOf(type)
    const fastest = fastestIdle(dispatcher, p)
    const members =
      table.inOrder != 0
        ? listInOrder(dispatcher, table, fastest)
        : listByWorth(dispatcher, table, fastest, aheadShare)
    if (members > 0) offerTrial(dispatcher, table, fastest, members)
  }
  if (work.score == 0) return false
  if (dispatcher.lateCount > 0) joinLate(dispatcher, table)
  startBatch(dispatcher, table.batchSize, work.best, work.members, work.position)
  return true
}

/** The first idle position with the least slowdown of those of the type of `first`: it stands for its type. */
function fastestIdle(dispatcher: Dispatcher, first: i32): i32 {
  let fastest = first
  for (let r = 0; r < dispatcher.runs; r++) {
    const run = runAt(dispatcher, r)
    if (run.type != dispatcher.type[first] || run.slowdown >= dispatcher.slowdown[fastest]) continue
    let p = run.first
    while (p < run.end && !isIdle(dispatcher, p)) p++
    if (p < run.end) fastest = p
  }
  return fastest
}

/** Keeps the batch that is listed if it has the highest score. */
function offerTrial(dispatcher: Dispatcher, table: BatchedTable, position: i32, members: i32): void {
  const work = batchWorkOf(dispatcher)
  const trial = work.trial
  const type = dispatcher.type[position]
  let value: f64 = 0
  for (let i = 0; i < members; i++) {
    const age = ageFactor(dispatcher, trial[i], AGE_OF_TYPES, table.qosMs)
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
