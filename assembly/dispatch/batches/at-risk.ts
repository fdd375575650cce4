// Live queries that wait in vain: each instance on which they would be in time by safe times is busy for too long, or
// serves earlier ones first. Until they are late, an idle instance may serve them if they are in time by the mean.

import { Dispatcher } from '../../layout/dispatcher'
import { runAt } from '../../layout/fleet'
import { BatchedTable } from '../../layout/rules'
import { computeLeft, isIdle } from '../fleet'
import { binIn, slotAfter } from '../queue'
import { serviceOf } from '../start'
import { batchWorkOf, slackOf, startBatch } from './batch'
import { isLate } from './late'

/** The most live queries that are looked at, oldest first. */
const LOOKED_AT: i32 = 16

/**
 * Step 5. Each query counts on the instance where it finishes first of those on which it is in time by its safe time,
 * behind the queries that count on that one already, in their cheapest mode. One that can count on none starts alone,
 * where that is fastest: on an idle instance that nothing counts on, if it is in time there by the mean.
 */
export function startAtRisk(dispatcher: Dispatcher, table: BatchedTable): void {
  if (dispatcher.idle == 0) return
  computeLeft(dispatcher)
  const left = dispatcher.left
  const trial = batchWorkOf(dispatcher).trial
  let slot = dispatcher.head
  let looked = 0
  while (slot >= 0 && looked < LOOKED_AT && dispatcher.idle > 0) {
    const next = slotAfter(dispatcher, slot)
    if (!isLate(dispatcher, slot)) {
      looked++
      const bin = binIn(dispatcher, slot)
      const slack = slackOf(dispatcher, slot, table.qosMs)
      const counted = soonestSafe(dispatcher, table, bin, slack)
      if (counted >= 0) {
        left[counted] += table.queryCost[bin] / table.weight[dispatcher.type[counted]]
      } else {
        const position = fastestFree(dispatcher, bin, slack)
        if (position >= 0) {
          left[position] = serviceOf(dispatcher, bin, position)
          trial[0] = slot
          startBatch(dispatcher, table.batchSize, trial, 1, position)
        }
      }
    }
    slot = next
  }
}

/** Where a query finishes first, of the positions on which it is in time by its safe time; -1 if there is none. */
function soonestSafe(dispatcher: Dispatcher, table: BatchedTable, bin: i32, slack: f64): i32 {
  const left = dispatcher.left
  let position = -1
  let earliest = Infinity
  for (let r = 0; r < dispatcher.runs; r++) {
    const run = runAt(dispatcher, r)
    const safeMs = table.guardMs[run.type * dispatcher.bins + bin] * run.slowdown
    if (safeMs > slack) continue
    const ms = serviceOf(dispatcher, bin, run.first)
    for (let p = run.first; p < run.end; p++) {
      const finish = left[p] + ms
      if (finish >= earliest || left[p] + safeMs > slack) continue
      earliest = finish
      position = p
    }
  }
  return position
}

/** The fastest idle position that nothing counts on, if a query is in time there by the mean; -1 if there is none. */
function fastestFree(dispatcher: Dispatcher, bin: i32, slack: f64): i32 {
  let position = -1
  let least = Infinity
  for (let r = 0; r < dispatcher.runs; r++) {
    const run = runAt(dispatcher, r)
    const ms = serviceOf(dispatcher, bin, run.first)
    if (ms > slack || ms >= least) continue
    let p = run.first
    while (p < run.end && (!isIdle(dispatcher, p) || dispatcher.left[p] > 0)) p++
    if (p == run.end) continue
    least = ms
    position = p
  }
  return position
}
