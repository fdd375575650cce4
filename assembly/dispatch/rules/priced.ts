// Priced matching: the first 2N pending queries that are in time against all N instances, busy ones included,
// at minimum cost; pairs whose instance is idle start. With left the time that an instance is expected to be
// busy for, age the time since a query arrived, and slack = qos - age, a pair costs
//
//   (weight left + (reduced cost + weight mean (slowdown - 1))) - age
//             if (slack - left) - (guard type slowdown) slowdown >= 0
//   near      else if (slack - left) - (last guard type slowdown) slowdown >= 0
//   miss      else
//
// with the slowdown of the instance, and that which was learned of the quantiles of its type. Then late queries, of the N oldest: each on the instance where weight left + (reduced cost + weight mean (slowdown - 1)) is least, if that one is
// idle.
//
// Table (f64 words; T types, K bins):
//
//   qos | near | miss | weight[T] | reduced cost[T][K] | guard[T][K] | last guard[T][K]
//
// Work space for up to N instances, N even, M = 2N:
//
//   | N i32, 16 bytes | slot i32[M] | row f64[N] | cost f64[M][N] | matching block |
//
// A query is a row, and lanes are neighbouring instances of one type. More than N queries are columns, as the
// solver wants it: each row is then written down a column.

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
} from '../fleet'
import { arrivalIn, binIn, findInTime, inTimeSlot, oldestSlot, slotAfter } from '../queue'
import { quantileSlowdown } from '../slowdown'

const QOS: usize = 0
const NEAR: usize = 8
const MISS: usize = 16
const WEIGHT: usize = 24

// vectors may write one lane behind the end of an array, scans read up to three
const SPARE: usize = 32

/** The even number of instances that the work space is laid for. */
function most(workPtr: usize): usize {
  return load<i32>(workPtr) as usize
}

function evened(instances: i32): i32 {
  return (instances + 1) & ~1
}

function slotsAt(workPtr: usize): usize {
  return workPtr + 16
}

function rowAt(workPtr: usize): usize {
  return slotsAt(workPtr) + 8 * most(workPtr)
}

function costAt(workPtr: usize): usize {
  return rowAt(workPtr) + 8 * most(workPtr) + SPARE
}

function blockAt(workPtr: usize): usize {
  return costAt(workPtr) + 16 * most(workPtr) * most(workPtr) + SPARE
}

export function pricedRuleBytes(instances: i32): usize {
  const n = evened(instances) as usize
  return 16 + 16 * n + 16 * n * n + 2 * SPARE + assignmentWorkBytes(n as i32, 2 * (n as i32))
}

export function layPricedRule(workPtr: usize, instances: i32): void {
  const n = evened(instances)
  store<i32>(workPtr, n)
  initColumns(blockAt(workPtr), 2 * n)
}

export function startPriced(dispatcherPtr: usize, now: f64): void {
  if (idleOf(dispatcherPtr) == 0) return
  const qos = load<f64>(tableOf(dispatcherPtr), QOS)
  const slotPtr = slotsAt(workOf(dispatcherPtr))
  const most = 2 * instancesOf(dispatcherPtr)
  let slot = findInTime(dispatcherPtr, now, qos)
  let queries = 0
  for (; slot >= 0 && queries < most; queries++) {
    store<i32>(slotPtr + 4 * (queries as usize), slot)
    slot = slotAfter(dispatcherPtr, slot)
  }
  if (queries == 1) startOne(dispatcherPtr, load<i32>(slotPtr), now, qos)
  else if (queries > 1) startSome(dispatcherPtr, queries, now, qos)
  if (idleOf(dispatcherPtr) > 0 && oldestSlot(dispatcherPtr) != inTimeSlot(dispatcherPtr)) {
    startLate(dispatcherPtr, now)
  }
}

/** One query: the first of the cheapest instances. */
function startOne(dispatcherPtr: usize, slot: i32, now: f64, qos: f64): void {
  const rowPtr = rowAt(workOf(dispatcherPtr))
  const age = now - arrivalIn(dispatcherPtr, slot)
  layRow(dispatcherPtr, slot, layLeft(dispatcherPtr, now), age, qos - age, rowPtr)
  const position = firstMinimum(vectorAt<f64>(rowPtr), instancesOf(dispatcherPtr))
  if (isIdle(dispatcherPtr, position)) start(dispatcherPtr, slot, position, now)
}

function startSome(dispatcherPtr: usize, queries: i32, now: f64, qos: f64): void {
  const workPtr = workOf(dispatcherPtr)
  const slotPtr = slotsAt(workPtr)
  const costPtr = costAt(workPtr)
  const block = assignmentWorkAt(blockAt(workPtr))
  const instances = instancesOf(dispatcherPtr)
  const leftPtr = layLeft(dispatcherPtr, now)
  const tall = queries > instances
  for (let i = 0; i < queries; i++) {
    const slot = load<i32>(slotPtr + 4 * (i as usize))
    const age = now - arrivalIn(dispatcherPtr, slot)
    const rowPtr = tall ? rowAt(workPtr) : costPtr + 8 * ((i * instances) as usize)
    // the lane behind a row is written again by the next one
    layRow(dispatcherPtr, slot, leftPtr, age, qos - age, rowPtr)
    if (tall) layColumn(rowPtr, instances, costPtr + 8 * (i as usize), 8 * (queries as usize))
  }
  const cols = tall ? queries : instances
  const matched = assignRows(block, vectorAt<f64>(costPtr), tall ? instances : queries, cols)
  for (let i = 0; i < queries; i++) {
    const position = tall ? rowOf(block, i) : block.col4row[i]
    if (position < 0 || !isIdle(dispatcherPtr, position)) continue
    start(dispatcherPtr, load<i32>(slotPtr + 4 * (i as usize)), position, now)
  }
  resetColumns(block, matched)
}

function startLate(dispatcherPtr: usize, now: f64): void {
  const rowPtr = rowAt(workOf(dispatcherPtr))
  const instances = instancesOf(dispatcherPtr)
  const end = inTimeSlot(dispatcherPtr)
  let slot = oldestSlot(dispatcherPtr)
  let leftPtr = layLeft(dispatcherPtr, now)
  for (let i = 0; i < instances && slot != end && idleOf(dispatcherPtr) > 0; i++) {
    const next = slotAfter(dispatcherPtr, slot)
    layRow(dispatcherPtr, slot, leftPtr, 0, Infinity, rowPtr)
    const position = firstMinimum(vectorAt<f64>(rowPtr), instances)
    if (isIdle(dispatcherPtr, position)) {
      start(dispatcherPtr, slot, position, now)
      leftPtr = layLeft(dispatcherPtr, now)
    }
    slot = next
  }
}

/** Lays the costs of a query on all instances. */
function layRow(dispatcherPtr: usize, slot: i32, leftPtr: usize, age: f64, slack: f64, rowPtr: usize): void {
  const tablePtr = tableOf(dispatcherPtr)
  const types = typesOf(dispatcherPtr)
  const bins = binsOf(dispatcherPtr)
  const bin = binIn(dispatcherPtr, slot)
  const cells: usize = 8 * ((types * bins) as usize)
  const weightPtr = tablePtr + WEIGHT
  const reducedCostPtr = weightPtr + 8 * (types as usize)
  const ages = v128.splat<f64>(age)
  const slacks = v128.splat<f64>(slack)
  const zero = v128.splat<f64>(0)
  const near = v128.load_splat<f64>(tablePtr, NEAR)
  const miss = v128.load_splat<f64>(tablePtr, MISS)
  for (let run = 0; run < runsOf(dispatcherPtr); run++) {
    const type = runType(dispatcherPtr, run)
    const cell: usize = 8 * ((type * bins + bin) as usize)
    const cellPtr = reducedCostPtr + cell
    const weight = v128.load_splat<f64>(weightPtr + 8 * (type as usize))
    const slowdown = runSlowdown(dispatcherPtr, run)
    const delay =
      load<f64>(weightPtr + 8 * (type as usize)) * load<f64>(meanOf(dispatcherPtr) + cell) * (slowdown - 1)
    const placement = v128.splat<f64>(load<f64>(cellPtr) + delay)
    const typeSlowdown = quantileSlowdown(dispatcherPtr, type)
    const guard = v128.splat<f64>(load<f64>(cellPtr + cells) * typeSlowdown * slowdown)
    const lastGuard = v128.splat<f64>(load<f64>(cellPtr + 2 * cells) * typeSlowdown * slowdown)
    const end: usize = 8 * (runBehind(dispatcherPtr, run) as usize)
    // the lane behind a run is written again by the next one
    for (let at: usize = 8 * (runFirst(dispatcherPtr, run) as usize); at < end; at += 16) {
      const left = v128.load(leftPtr + at)
      const rest = f64x2.sub(slacks, left)
      const cost = f64x2.sub(f64x2.add(f64x2.mul(weight, left), placement), ages)
      const isNear = f64x2.lt(f64x2.sub(rest, guard), zero)
      const isMissed = f64x2.lt(f64x2.sub(rest, lastGuard), zero)
      v128.store(rowPtr + at, v128.bitselect(v128.bitselect(miss, near, isMissed), cost, isNear))
    }
  }
}

function layColumn(rowPtr: usize, count: i32, columnPtr: usize, stride: usize): void {
  const end = rowPtr + 8 * (count as usize)
  for (let at = rowPtr; at < end; at += 8) {
    store<f64>(columnPtr, load<f64>(at))
    columnPtr += stride
  }
}
