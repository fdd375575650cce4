// Matching: a minimum-cost assignment of the first 2N pending queries to all N instances, busy ones included. Pairs
// whose instance is idle start. left is the time until the instance is expected to be idle, slack the time that the
// query has until its target. A pair costs
//
//   coefficient (left + mean slowdown)   if slack = 0
//   miss                                 else if (slack - left) - guard slowdown < 0
//   near                                 else if (slack - left) - guard slowdown < margin
//   coefficient (left + mean slowdown)   else
//
// Lanes are neighbouring instances of one type and slowdown. Of a large fleet only the instances are looked at that a
// matching of so many queries needs (dispatch/prune.ts).

import { Dispatcher } from '../../layout/dispatcher'
import { runAt } from '../../layout/fleet'
import { MatchingTable } from '../../layout/rules'
import { Vector } from '../../layout/vector'
import { computeLeft } from '../fleet'
import { isWorthPruning, prune } from '../prune'
import { ageOf, binIn } from '../queue'
import { closeRow, costRow, fillWindow, isPruned, startMatched, windowOf } from '../window'

export function startMatching(dispatcher: Dispatcher): void {
  if (dispatcher.idle == 0) return
  const queries = fillWindow(dispatcher, dispatcher.head)
  if (queries == 0) return
  const table = changetype<MatchingTable>(dispatcher.table)
  const slots = windowOf(dispatcher).slots
  computeLeft(dispatcher)
  if (isWorthPruning(dispatcher, queries) && isMonotone(dispatcher, table)) {
    prune(dispatcher, windowOf(dispatcher))
  }
  for (let i = 0; i < queries; i++) {
    const bin = binIn(dispatcher, slots[i])
    const slack = max(table.qosMs - ageOf(dispatcher, slots[i]), 0)
    if (slack == 0) writeLateCosts(dispatcher, table, bin, costRow(dispatcher, i))
    else writeCosts(dispatcher, table, bin, slack, costRow(dispatcher, i))
    closeRow(dispatcher, i)
  }
  startMatched(dispatcher)
}

/**
 * Whether no cost falls while `left` grows. Where means are not above guards, a pair in time costs at most coefficient
 * qos: that has to be at most nearCost, and nearCost at most missCost. Twice the cost is compared, because of rounding.
 */
function isMonotone(dispatcher: Dispatcher, table: MatchingTable): bool {
  if (table.nearCost > table.missCost) return false
  const slots = windowOf(dispatcher).slots
  const queries = windowOf(dispatcher).queries
  for (let r = 0; r < dispatcher.runs; r++) {
    const type = runAt(dispatcher, r).type
    if (r > 0 && runAt(dispatcher, r - 1).type == type) continue
    if (2 * table.coefficient[type] * table.qosMs > table.nearCost) return false
    for (let i = 0; i < queries; i++) {
      const cell = type * dispatcher.bins + binIn(dispatcher, slots[i])
      if (dispatcher.mean[cell] > table.guardMs[cell]) return false
    }
  }
  return true
}

/** The end of the columns of a run; those of the next one follow. */
function endOf(dispatcher: Dispatcher, r: i32): i32 {
  return isPruned(dispatcher) ? windowOf(dispatcher).ends[r] : runAt(dispatcher, r).end
}

/** The costs of a query without slack on all instances. */
function writeLateCosts(dispatcher: Dispatcher, table: MatchingTable, bin: i32, row: Vector<f64>): void {
  const left = dispatcher.left
  let p = 0
  for (let r = 0; r < dispatcher.runs; r++) {
    const run = runAt(dispatcher, r)
    const end = endOf(dispatcher, r)
    const service = v128.splat<f64>(dispatcher.mean[run.type * dispatcher.bins + bin] * run.slowdown)
    const coefficient = v128.splat<f64>(table.coefficient[run.type])
    // one lane after the run may be written too: the next run or the next query overwrites it
    for (; p < end; p += 2) {
      row.setLanes(p, f64x2.mul(coefficient, f64x2.add(left.lanes(p), service)))
    }
    p = end
  }
}

/** The costs of a query with slack on all instances. */
function writeCosts(
  dispatcher: Dispatcher,
  table: MatchingTable,
  bin: i32,
  slack: f64,
  row: Vector<f64>,
): void {
  const left = dispatcher.left
  const slacks = v128.splat<f64>(slack)
  const margin = v128.splat<f64>(table.marginMs)
  const near = v128.splat<f64>(table.nearCost)
  const miss = v128.splat<f64>(table.missCost)
  const zero = v128.splat<f64>(0)
  let p = 0
  for (let r = 0; r < dispatcher.runs; r++) {
    const run = runAt(dispatcher, r)
    const end = endOf(dispatcher, r)
    const cell = run.type * dispatcher.bins + bin
    const service = v128.splat<f64>(dispatcher.mean[cell] * run.slowdown)
    const guard = v128.splat<f64>(table.guardMs[cell] * run.slowdown)
    const coefficient = v128.splat<f64>(table.coefficient[run.type])
    for (; p < end; p += 2) {
      const lefts = left.lanes(p)
      const cost = f64x2.mul(coefficient, f64x2.add(lefts, service))
      const residual = f64x2.sub(f64x2.sub(slacks, lefts), guard)
      const orNear = v128.bitselect(near, cost, f64x2.lt(residual, margin))
      row.setLanes(p, v128.bitselect(miss, orNear, f64x2.lt(residual, zero)))
    }
    p = end
  }
}
