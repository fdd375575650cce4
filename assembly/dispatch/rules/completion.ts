// Earliest completion: each of the first 2N pending queries, oldest first, goes to the instance on which it is expected
// to finish first, behind the queries that went there before; of equal instances to the first. A query on an idle
// instance starts. A query is expected to take its mean times the slowdown of the instance. The candidates are all
// instances, or two that are drawn for each query.
//
// A draw is a hash of seed and query, so that it is the same whenever it is repeated.

import { Dispatcher } from '../../layout/dispatcher'
import { runAt } from '../../layout/fleet'
import { CompletionTable } from '../../layout/rules'
import { computeLeft, isIdle } from '../fleet'
import { binIn, queryIn, slotAfter } from '../queue'
import { scramble } from '../scramble'
import { start } from '../start'

export function startCompletion(dispatcher: Dispatcher): void {
  const two = changetype<CompletionTable>(dispatcher.table).drawn == 2
  const queries = min(dispatcher.pending, 2 * dispatcher.instances)
  computeLeft(dispatcher)
  let slot = dispatcher.head
  for (let i = 0; i < queries && dispatcher.idle > 0; i++) {
    const next = slotAfter(dispatcher, slot)
    const bin = binIn(dispatcher, slot)
    const position = two ? soonestOfTwo(dispatcher, queryIn(dispatcher, slot), bin) : soonest(dispatcher, bin)
    const finish = finishOn(dispatcher, position, bin)
    if (isIdle(dispatcher, position)) start(dispatcher, slot, position)
    dispatcher.left[position] = finish
    slot = next
  }
}

function soonest(dispatcher: Dispatcher, bin: i32): i32 {
  const left = dispatcher.left
  let first = 0
  let earliest = Infinity
  for (let r = 0; r < dispatcher.runs; r++) {
    const run = runAt(dispatcher, r)
    const service = dispatcher.mean[run.type * dispatcher.bins + bin] * run.slowdown
    const end = run.end
    for (let p = run.first; p < end; p++) {
      const finish = left[p] + service
      if (finish < earliest) {
        earliest = finish
        first = p
      }
    }
  }
  return first
}

function soonestOfTwo(dispatcher: Dispatcher, query: i32, bin: i32): i32 {
  const instances = dispatcher.instances as u32
  const hash = scramble(scramble(changetype<CompletionTable>(dispatcher.table).seed) ^ (query as u32))
  const one = (hash % instances) as i32
  if (instances == 1) return one
  const further = 1 + (scramble(hash + 1) % (instances - 1))
  const other = (((one as u32) + further) % instances) as i32
  return finishOn(dispatcher, other, bin) < finishOn(dispatcher, one, bin) ? other : one
}

/** The time until a query of a bin would finish on a position, ms. */
function finishOn(dispatcher: Dispatcher, position: i32, bin: i32): f64 {
  const mean = dispatcher.mean[dispatcher.type[position] * dispatcher.bins + bin]
  return dispatcher.left[position] + mean * dispatcher.slowdown[position]
}
