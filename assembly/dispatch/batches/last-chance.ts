// The last chance of a query: if it does not start now, it is late when another instance is idle, or this one again. A
// busy instance counts as idle after the safe time of its batch: after the mean time about half are still busy.

import { Dispatcher } from '../../layout/dispatcher'
import { BatchedTable } from '../../layout/rules'
import { isIdle } from '../fleet'
import { binIn } from '../queue'
import { slackOf } from './batch'

/** The time until another instance than that of a position is surely idle, or that one again, after `ownMs`, ms. */
export function untilNext(dispatcher: Dispatcher, table: BatchedTable, position: i32, ownMs: f64): f64 {
  let least = ownMs
  for (let p = 0; p < dispatcher.instances && least > 0; p++) {
    if (p != position) least = Math.min(least, untilSurelyIdle(dispatcher, table, p))
  }
  return least
}

function untilSurelyIdle(dispatcher: Dispatcher, table: BatchedTable, position: i32): f64 {
  if (isIdle(dispatcher, position)) return 0
  const cell = dispatcher.cell[position]
  const margin = (table.guardMs[cell] - dispatcher.mean[cell]) * dispatcher.slowdown[position]
  return Math.max(0, dispatcher.expected[position] + margin - dispatcher.now)
}

/** @param nextMs the time until the next instance is idle */
export function isLastChance(dispatcher: Dispatcher, table: BatchedTable, slot: i32, nextMs: f64): bool {
  return slackOf(dispatcher, slot, table.qosMs) - nextMs < table.aloneMs[binIn(dispatcher, slot)]
}
