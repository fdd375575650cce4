// Priced matching: a minimum-cost assignment of the first 2N pending queries that are in time to all N instances, busy
// ones included. Pairs whose instance is idle start. left is the time until the instance is expected to be idle, age
// the time since the query arrived, and slack = qos - age. A pair costs
//
//   placement - age   if (slack - left) - guard (quantileSlowdown slowdown) >= 0
//   loose             else if (slack - left) - loose guard (quantileSlowdown slowdown) >= 0
//   miss              else
//
//   placement = weight left + (reduced cost + weight mean (slowdown - 1))
//
// slowdown is that of the instance, quantileSlowdown that of the quantiles of its type. A query whose pair costs `miss`
// waits if others are pending and an instance can serve it in time after that instance's own matched query, and is
// left over if it takes longer than longestLateMs where it is matched. Then those that are left over, and of the N
// oldest queries each late one, start on the instance with their least placement, if that instance is idle. If more
// late queries wait than there are instances, one that waits for a busy instance counts in the left of that instance
// for those that follow.
//
// Under light load queries start where they finish first (dispatch/light.ts).
//
// Lanes are neighbouring instances of one type and slowdown.

import { firstMinimum } from '../../assignment/scan'
import { Dispatcher } from '../../layout/dispatcher'
import { runAt } from '../../layout/fleet'
import { PricedTable } from '../../layout/rules'
import { Vector } from '../../layout/vector'
import { computeLeft, isIdle } from '../fleet'
import { isLight, startOnSoonestInstance } from '../light'
import { ageOf, binIn, findInTime, slotAfter } from '../queue'
import { serviceOf, start } from '../start'
import { closeRow, columnOf, costRow, fillWindow, match, unmatch, windowOf } from '../window'

export function startPriced(dispatcher: Dispatcher): void {
  if (dispatcher.idle == 0) return
  const table = changetype<PricedTable>(dispatcher.table)
  const qos = table.qosMs
  findInTime(dispatcher, qos)
  const hasLate = dispatcher.head != dispatcher.inTime
  if (!hasLate && isLight(dispatcher, table.weight, table.lightLoad, table.lightGapMs)) {
    if (startOnSoonestInstance(dispatcher, table.guardMs, qos)) return
  }
  const queries = fillWindow(dispatcher, dispatcher.inTime)
  if (queries > 0) {
    const slots = windowOf(dispatcher).slots
    computeLeft(dispatcher)
    for (let i = 0; i < queries; i++) {
      const age = ageOf(dispatcher, slots[i])
      writeCosts(dispatcher, binIn(dispatcher, slots[i]), age, qos - age, costRow(dispatcher, i))
      closeRow(dispatcher, i)
    }
    startInTime(dispatcher, table)
  }
  if (dispatcher.idle > 0 && dispatcher.head != dispatcher.inTime) startLate(dispatcher)
}

/**
 * As `startMatched`; a query that is late where it is matched waits, if another instance can serve it in time after
 * that instance's own matched query, and starts where late ones do, if it takes too long there.
 */
function startInTime(dispatcher: Dispatcher, table: PricedTable): void {
  const slots = windowOf(dispatcher).slots
  const queries = windowOf(dispatcher).queries
  if (queries == 1) {
    startSingle(dispatcher, table)
    return
  }
  // the first ones of `slots`, which are read before
  let leftOver = 0
  if (match(dispatcher)) {
    // the row of one query's costs is free now: it holds, by position, whether the matched query is late there
    const isLateAt = windowOf(dispatcher).row
    const hasLate = findLate(dispatcher, table, isLateAt)
    if (hasLate) addMatched(dispatcher, isLateAt)
    for (let i = 0; i < queries; i++) {
      const position = columnOf(dispatcher, i)
      if (position < 0 || !isIdle(dispatcher, position)) continue
      if (hasLate && isLateAt[position] != 0) {
        if (isInTimeLater(dispatcher, table, slots[i])) continue
        if (takesTooLong(dispatcher, table, slots[i], position)) {
          slots[leftOver++] = slots[i]
          continue
        }
        dispatcher.left[position] += serviceOf(dispatcher, binIn(dispatcher, slots[i]), position)
      }
      start(dispatcher, slots[i], position)
    }
  }
  unmatch(dispatcher)
  if (leftOver == 0) return
  computeLeft(dispatcher)
  for (let i = 0; i < leftOver; i++) startWhereCheapest(dispatcher, slots[i])
}

/** The same for a single query. */
function startSingle(dispatcher: Dispatcher, table: PricedTable): void {
  const slot = windowOf(dispatcher).slots[0]
  const position = firstMinimum(windowOf(dispatcher).costs, dispatcher.instances)
  if (!isIdle(dispatcher, position)) return
  const isLate = !isServed(dispatcher, table, slot, position, table.looseGuardMs)
  if (isLate && takesTooLong(dispatcher, table, slot, position)) startWhereCheapest(dispatcher, slot)
  else start(dispatcher, slot, position)
}

/** Whether a query takes longer on a position than a late one may. */
function takesTooLong(dispatcher: Dispatcher, table: PricedTable, slot: i32, position: i32): bool {
  const cell = dispatcher.type[position] * dispatcher.bins + binIn(dispatcher, slot)
  return dispatcher.mean[cell] > table.longestLateMs[cell]
}

/** Marks the matched positions whose query is late there; returns whether one of them is idle. */
function findLate(dispatcher: Dispatcher, table: PricedTable, isLateAt: Vector<f64>): bool {
  let hasLate = false
  for (let i = 0; i < windowOf(dispatcher).queries; i++) {
    const position = columnOf(dispatcher, i)
    if (position < 0) continue
    const isLate = !isServed(dispatcher, table, windowOf(dispatcher).slots[i], position, table.looseGuardMs)
    isLateAt[position] = f64(isLate)
    if (isLate && isIdle(dispatcher, position)) hasLate = true
  }
  return hasLate
}

/** Adds the matched queries that are not late there to `left`: the time until an instance is idle after them. */
function addMatched(dispatcher: Dispatcher, isLateAt: Vector<f64>): void {
  for (let i = 0; i < windowOf(dispatcher).queries; i++) {
    const position = columnOf(dispatcher, i)
    if (position < 0 || isLateAt[position] != 0) continue
    const bin = binIn(dispatcher, windowOf(dispatcher).slots[i])
    dispatcher.left[position] += serviceOf(dispatcher, bin, position)
  }
}

/** Whether an instance serves a query in time when it is idle again; the first one then has that query ahead too. */
function isInTimeLater(dispatcher: Dispatcher, table: PricedTable, slot: i32): bool {
  for (let p = 0; p < dispatcher.instances; p++) {
    // an idle instance that starts nothing now has no completion, at which the query could start
    if (dispatcher.left[p] == 0 && isIdle(dispatcher, p)) continue
    if (!isServed(dispatcher, table, slot, p, table.guardMs)) continue
    dispatcher.left[p] += serviceOf(dispatcher, binIn(dispatcher, slot), p)
    return true
  }
  return false
}

/** Whether a position serves a query within the target, by a quantile of its service time, when `left` has passed. */
function isServed(
  dispatcher: Dispatcher,
  table: PricedTable,
  slot: i32,
  position: i32,
  quantileMs: Vector<f64>,
): bool {
  const type = dispatcher.type[position]
  const quantile = quantileMs[type * dispatcher.bins + binIn(dispatcher, slot)]
  const stretch = dispatcher.quantileSlowdown[type] * dispatcher.slowdown[position]
  const slack = table.qosMs - ageOf(dispatcher, slot)
  return slack - dispatcher.left[position] - quantile * stretch >= 0
}

/** Whether more late queries wait than `count`. */
function hasMoreLate(dispatcher: Dispatcher, count: i32): bool {
  let slot = dispatcher.head
  for (let i = 0; i < count && slot != dispatcher.inTime; i++) slot = slotAfter(dispatcher, slot)
  return slot != dispatcher.inTime
}

function startLate(dispatcher: Dispatcher): void {
  const instances = dispatcher.instances
  const end = dispatcher.inTime
  let slot = dispatcher.head
  const isBacklog = hasMoreLate(dispatcher, instances)
  computeLeft(dispatcher)
  for (let i = 0; i < instances && slot != end && dispatcher.idle > 0; i++) {
    const next = slotAfter(dispatcher, slot)
    const bin = binIn(dispatcher, slot)
    const position = startWhereCheapest(dispatcher, slot)
    // if it waits it stays ahead of those that follow, so that these find other instances
    if (position >= 0 && isBacklog) dispatcher.left[position] += serviceOf(dispatcher, bin, position)
    slot = next
  }
}

/** Starts a query on the position with its least placement; if that is busy, returns it, otherwise -1. */
function startWhereCheapest(dispatcher: Dispatcher, slot: i32): i32 {
  const row = windowOf(dispatcher).row
  const bin = binIn(dispatcher, slot)
  writeCosts(dispatcher, bin, 0, Infinity, row)
  const position = firstMinimum(row, dispatcher.instances)
  if (!isIdle(dispatcher, position)) return position
  start(dispatcher, slot, position)
  dispatcher.left[position] = serviceOf(dispatcher, bin, position)
  return -1
}

/** The costs of a query on all instances. */
function writeCosts(dispatcher: Dispatcher, bin: i32, age: f64, slack: f64, row: Vector<f64>): void {
  const table = changetype<PricedTable>(dispatcher.table)
  const left = dispatcher.left
  const ages = v128.splat<f64>(age)
  const slacks = v128.splat<f64>(slack)
  const zero = v128.splat<f64>(0)
  const loose = v128.splat<f64>(table.looseCost)
  const miss = v128.splat<f64>(table.missCost)
  for (let r = 0; r < dispatcher.runs; r++) {
    const run = runAt(dispatcher, r)
    const type = run.type
    const slowdown = run.slowdown
    const cell = type * dispatcher.bins + bin
    let placement = table.reducedCost[cell]
    if (slowdown != 1) placement += table.weight[type] * dispatcher.mean[cell] * (slowdown - 1)
    const stretch = dispatcher.quantileSlowdown[type] * slowdown
    const weight = v128.splat<f64>(table.weight[type])
    const cost = v128.splat<f64>(placement)
    const guard = v128.splat<f64>(table.guardMs[cell] * stretch)
    const looseGuard = v128.splat<f64>(table.looseGuardMs[cell] * stretch)
    // one lane after the run may be written too: the next run or the next query overwrites it
    const end = row.from(run.end).address
    let lefts = left.from(run.first)
    for (let costs = row.from(run.first); costs.address < end; costs = costs.from(2)) {
      const pair = lefts.lanes(0)
      const placed = f64x2.add(f64x2.mul(weight, pair), cost)
      const rest = f64x2.sub(slacks, pair)
      const isLoose = f64x2.lt(f64x2.sub(rest, guard), zero)
      const isMissed = f64x2.lt(f64x2.sub(rest, looseGuard), zero)
      const orMiss = v128.bitselect(miss, loose, isMissed)
      costs.setLanes(0, v128.bitselect(orMiss, f64x2.sub(placed, ages), isLoose))
      lefts = lefts.from(2)
    }
  }
}
