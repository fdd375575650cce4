// Matching: the first 2N pending queries against all N instances, busy ones included, at minimum cost; pairs
// whose instance is idle start. With left the time that an instance is expected to be busy for, and slack
// that which a query has left, a pair costs
//
//   coefficient (left + mean slowdown) + late   if slack = 0
//   miss                                        else if (slack - left) - guard slowdown < 0
//   near                                        else if (slack - left) - guard slowdown < margin
//   coefficient (left + mean slowdown)          else
//
// Table (f64 words; T types, K bins):  qos | margin | miss | near | late | coefficient[T] | guard[T][K]
//
// Work space for up to N instances, M = 2N:
//
//   | N i32, 16 bytes | slot i32[M] | slack f64[M] | mean f64[T][M] | guard f64[T][M] | cost f64[M][N]
//   | matching block |
//
// Up to N queries are rows, and lanes are neighbouring instances of one type; more than N are columns, as
// the solver wants it, and lanes are neighbouring queries.

import { initColumns, resetColumns, rowOf } from '../../assignment/columns'
import { firstMinimum } from '../../assignment/scan'
import { assignRows } from '../../assignment/shortest-paths'
import { assignmentWorkAt, assignmentWorkBytes } from '../../layout/assignment'
import { vectorAt } from '../../layout/vector'
import { binsOf, meanOf, start, tableOf, typesOf, workOf } from '../dispatcher'
import {
  idleOf,
  instancesOf,
  isIdle,
  layLeft,
  runBehind,
  runFirst,
  runSlowdown,
  runsOf,
  runType,
  slowdownAt,
  typeAt,
} from '../fleet'
import { arrivalIn, binIn, oldestSlot, pendingOf, slotAfter } from '../queue'

const QOS: usize = 0
const MARGIN: usize = 8
const MISS: usize = 16
const NEAR: usize = 24
const LATE: usize = 32
const COEFFICIENT: usize = 40

// vectors may read and write one lane behind the end of an array, scans read up to three
const SPARE: usize = 32

function slotsAt(workPtr: usize): usize {
  return workPtr + 16
}

function slackAt(workPtr: usize): usize {
  return slotsAt(workPtr) + 8 * most(workPtr)
}

function meansAt(workPtr: usize): usize {
  return slackAt(workPtr) + 16 * most(workPtr) + SPARE
}

function guardsAt(workPtr: usize, types: i32): usize {
  return meansAt(workPtr) + 16 * (types as usize) * most(workPtr) + SPARE
}

function costAt(workPtr: usize, types: i32): usize {
  return guardsAt(workPtr, types) + 16 * (types as usize) * most(workPtr) + SPARE
}

function blockAt(workPtr: usize, types: i32): usize {
  return costAt(workPtr, types) + 16 * most(workPtr) * most(workPtr) + SPARE
}

/** The number of instances that the work space is laid for, an even one: so every part starts on 16 bytes. */
function most(workPtr: usize): usize {
  return load<i32>(workPtr) as usize
}

function evened(instances: i32): i32 {
  return (instances + 1) & ~1
}

export function matchingRuleBytes(types: i32, instances: i32): usize {
  const n = evened(instances) as usize
  const tables: usize = 32 * (types as usize) * n
  return 16 + 24 * n + tables + 16 * n * n + 4 * SPARE + assignmentWorkBytes(n as i32, 2 * (n as i32))
}

export function layMatchingRule(workPtr: usize, types: i32, instances: i32): void {
  const n = evened(instances)
  store<i32>(workPtr, n)
  initColumns(blockAt(workPtr, types), 2 * n)
}

export function startMatched(dispatcherPtr: usize, now: f64): void {
  if (idleOf(dispatcherPtr) == 0) return
  const instances = instancesOf(dispatcherPtr)
  const queries = min(pendingOf(dispatcherPtr), 2 * instances)
  const slotPtr = slotsAt(workOf(dispatcherPtr))
  let slot = oldestSlot(dispatcherPtr)
  for (let i = 0; i < queries; i++) {
    store<i32>(slotPtr + 4 * (i as usize), slot)
    slot = slotAfter(dispatcherPtr, slot)
  }
  const leftPtr = layLeft(dispatcherPtr, now)
  if (queries == 1) matchOne(dispatcherPtr, now, instances, leftPtr)
  else if (queries <= instances) matchFew(dispatcherPtr, now, queries, instances, leftPtr)
  else if (queries > 1) matchMany(dispatcherPtr, now, queries, instances, leftPtr)
}

/** One query: the first of the cheapest instances. */
function matchOne(dispatcherPtr: usize, now: f64, instances: i32, leftPtr: usize): void {
  const slot = load<i32>(slotsAt(workOf(dispatcherPtr)))
  const costPtr = costAt(workOf(dispatcherPtr), typesOf(dispatcherPtr))
  layQuery(dispatcherPtr, slot, now, leftPtr, costPtr)
  const position = firstMinimum(vectorAt<f64>(costPtr), instances)
  if (load<f64>(costPtr + 8 * (position as usize)) == Infinity) return
  if (isIdle(dispatcherPtr, position)) start(dispatcherPtr, slot, position, now)
}

function matchFew(dispatcherPtr: usize, now: f64, queries: i32, instances: i32, leftPtr: usize): void {
  const workPtr = workOf(dispatcherPtr)
  const slotPtr = slotsAt(workPtr)
  const costPtr = costAt(workPtr, typesOf(dispatcherPtr))
  const block = assignmentWorkAt(blockAt(workPtr, typesOf(dispatcherPtr)))
  for (let i = 0; i < queries; i++) {
    const slot = load<i32>(slotPtr + 4 * (i as usize))
    layQuery(dispatcherPtr, slot, now, leftPtr, costPtr + 8 * ((i * instances) as usize))
  }
  const matched = assignRows(block, vectorAt<f64>(costPtr), queries, instances)
  for (let i = 0; i < queries && matched == queries; i++) {
    const position = block.col4row[i]
    if (!isIdle(dispatcherPtr, position)) continue
    start(dispatcherPtr, load<i32>(slotPtr + 4 * (i as usize)), position, now)
  }
  resetColumns(block, matched)
}

function matchMany(dispatcherPtr: usize, now: f64, queries: i32, instances: i32, leftPtr: usize): void {
  const workPtr = workOf(dispatcherPtr)
  const slotPtr = slotsAt(workPtr)
  const costPtr = costAt(workPtr, typesOf(dispatcherPtr))
  const block = assignmentWorkAt(blockAt(workPtr, typesOf(dispatcherPtr)))
  laySlacks(dispatcherPtr, now, queries)
  for (let p = 0; p < instances; p++) {
    const left = load<f64>(leftPtr + 8 * (p as usize))
    layInstance(
      dispatcherPtr,
      typeAt(dispatcherPtr, p),
      left,
      slowdownAt(dispatcherPtr, p),
      queries,
      costPtr + 8 * ((p * queries) as usize),
    )
  }
  const matched = assignRows(block, vectorAt<f64>(costPtr), instances, queries)
  for (let i = 0; i < queries && matched == instances; i++) {
    const position = rowOf(block, i)
    if (position < 0 || !isIdle(dispatcherPtr, position)) continue
    start(dispatcherPtr, load<i32>(slotPtr + 4 * (i as usize)), position, now)
  }
  resetColumns(block, matched)
}

function slackOf(dispatcherPtr: usize, slot: i32, now: f64): f64 {
  const slack = load<f64>(tableOf(dispatcherPtr), QOS) - (now - arrivalIn(dispatcherPtr, slot))
  return slack > 0 ? slack : 0
}

/** Lays the costs of a query on all instances. */
function layQuery(dispatcherPtr: usize, slot: i32, now: f64, leftPtr: usize, costPtr: usize): void {
  const tablePtr = tableOf(dispatcherPtr)
  const types = typesOf(dispatcherPtr)
  const bins = binsOf(dispatcherPtr)
  const bin = binIn(dispatcherPtr, slot)
  const slack = slackOf(dispatcherPtr, slot, now)
  const slacks = v128.splat<f64>(slack)
  const late = v128.splat<f64>(load<f64>(tablePtr, LATE))
  for (let run = 0; run < runsOf(dispatcherPtr); run++) {
    const type = runType(dispatcherPtr, run)
    const row: usize = 8 * ((type * bins + bin) as usize)
    const slowdown = runSlowdown(dispatcherPtr, run)
    const service = v128.splat<f64>(load<f64>(meanOf(dispatcherPtr) + row) * slowdown)
    const coefficient = v128.load_splat<f64>(tablePtr + 8 * (type as usize), COEFFICIENT)
    const end: usize = 8 * (runBehind(dispatcherPtr, run) as usize)
    let at: usize = 8 * (runFirst(dispatcherPtr, run) as usize)
    // the lane behind a run is written again by the next run, or by the next query
    if (slack == 0) {
      for (; at < end; at += 16) {
        const cost = f64x2.mul(coefficient, f64x2.add(v128.load(leftPtr + at), service))
        v128.store(costPtr + at, f64x2.add(cost, late))
      }
    } else {
      const guardAt = tablePtr + 8 * (types as usize) + row
      const guard = v128.splat<f64>(load<f64>(guardAt, COEFFICIENT) * slowdown)
      for (; at < end; at += 16) {
        const left = v128.load(leftPtr + at)
        const cost = f64x2.mul(coefficient, f64x2.add(left, service))
        v128.store(costPtr + at, priced(tablePtr, cost, f64x2.sub(f64x2.sub(slacks, left), guard)))
      }
    }
  }
}

/** Lays the costs of all queries on an instance. */
function layInstance(
  dispatcherPtr: usize,
  type: i32,
  left: f64,
  slowdown: f64,
  queries: i32,
  costPtr: usize,
): void {
  const workPtr = workOf(dispatcherPtr)
  const tablePtr = tableOf(dispatcherPtr)
  const slackPtr = slackAt(workPtr)
  const offset: usize = 8 * ((type * queries) as usize)
  const meanPtr = meansAt(workPtr) + offset
  const guardPtr = guardsAt(workPtr, typesOf(dispatcherPtr)) + offset
  const coefficient = v128.load_splat<f64>(tablePtr + 8 * (type as usize), COEFFICIENT)
  const lefts = v128.splat<f64>(left)
  const slowdowns = v128.splat<f64>(slowdown)
  const late = v128.splat<f64>(load<f64>(tablePtr, LATE))
  const zero = v128.splat<f64>(0)
  const end: usize = 8 * (queries as usize)
  for (let at: usize = 0; at < end; at += 16) {
    const slack = v128.load(slackPtr + at)
    const service = f64x2.mul(v128.load(meanPtr + at), slowdowns)
    const guard = f64x2.mul(v128.load(guardPtr + at), slowdowns)
    const cost = f64x2.mul(coefficient, f64x2.add(lefts, service))
    const residual = f64x2.sub(f64x2.sub(slack, lefts), guard)
    const isLate = f64x2.eq(slack, zero)
    v128.store(costPtr + at, v128.bitselect(f64x2.add(cost, late), priced(tablePtr, cost, residual), isLate))
  }
}

/** What pairs cost whose query has slack. */
function priced(tablePtr: usize, cost: v128, residual: v128): v128 {
  const isNear = f64x2.lt(residual, v128.load_splat<f64>(tablePtr, MARGIN))
  const isMissed = f64x2.lt(residual, v128.splat<f64>(0))
  const near = v128.bitselect(v128.load_splat<f64>(tablePtr, NEAR), cost, isNear)
  return v128.bitselect(v128.load_splat<f64>(tablePtr, MISS), near, isMissed)
}

/** Lays, by query, slacks and the service times on each type. */
function laySlacks(dispatcherPtr: usize, now: f64, queries: i32): void {
  const workPtr = workOf(dispatcherPtr)
  const types = typesOf(dispatcherPtr)
  const bins = binsOf(dispatcherPtr)
  const meanPtr = meanOf(dispatcherPtr)
  const guardPtr = tableOf(dispatcherPtr) + COEFFICIENT + 8 * (types as usize)
  const meansPtr = meansAt(workPtr)
  const guardsPtr = guardsAt(workPtr, types)
  for (let i = 0; i < queries; i++) {
    const slot = load<i32>(slotsAt(workPtr) + 4 * (i as usize))
    const bin = binIn(dispatcherPtr, slot)
    store<f64>(slackAt(workPtr) + 8 * (i as usize), slackOf(dispatcherPtr, slot, now))
    for (let t = 0; t < types; t++) {
      const from: usize = 8 * ((t * bins + bin) as usize)
      const to: usize = 8 * ((t * queries + i) as usize)
      store<f64>(meansPtr + to, load<f64>(meanPtr + from))
      store<f64>(guardsPtr + to, load<f64>(guardPtr + from))
    }
  }
}
