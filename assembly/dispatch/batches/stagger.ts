// When batches end. If instances of fast types are idle in turn, at even distances, queries wait less and find more room than
// if they are idle together. A batch that ends at x, between the ends a and b of others, divides the time b - a: queries that
// arrive evenly in it wait (x - a)(b - x) less in sum, for each that arrives in a ms.

import { Dispatcher } from '../../layout/dispatcher'
import { BatchedTable } from '../../layout/rules'
import { Vector } from '../../layout/vector'
import { isIdle } from '../fleet'
import { batchWorkOf } from './batch'

/** The next batch of another instance takes this share of the time of a full one. */
const NEXT_BATCH: f64 = 0.9

/**
 * What the time of a batch of each size up to `units` costs on a position, less what the batch gains by when it ends. Where a
 * table is not monotone, a batch ends for that gain when the longest one of up to its size would.
 */
export function priceUnits(
  dispatcher: Dispatcher,
  table: BatchedTable,
  position: i32,
  units: i32,
  costOfMs: f64,
  now: f64,
): void {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const factor = table.stagger[type]
  const slowdown = dispatcher.typeSlowdown[type] * dispatcher.slowdown[position]
  let x: f64 = 0
  for (let c = 1; c <= units; c++) {
    work.cost[c] = costOfMs * work.mean[c]
    x = Math.max(x, work.mean[c] * slowdown)
    work.end[c] = x
    work.before[c] = 0
    work.behind[c] = Infinity
  }
  if (factor == 0) return
  const first = placeEnds(dispatcher, table, position, units, now)
  if (first == Infinity) return
  const again = first + (NEXT_BATCH * table.fullCost[type]) / table.weight[type]
  let next = Infinity
  for (let c = units; c >= 1; c--) {
    next = Math.min(next, work.behind[c])
    work.behind[c] = next < Infinity ? next : Math.max(work.end[c], again)
  }
  let before: f64 = 0
  for (let c = 1; c <= units; c++) {
    before = Math.max(before, work.before[c])
    work.cost[c] -= factor * (work.end[c] - before) * (work.behind[c] - work.end[c])
  }
}

/**
 * Notes the ends of the other instances of fast types at the sizes that end next to them: at the first that does not end
 * earlier, and at the one before it. Returns the first end, Infinity if there is none.
 */
function placeEnds(dispatcher: Dispatcher, table: BatchedTable, position: i32, units: i32, now: f64): f64 {
  const work = batchWorkOf(dispatcher)
  let first = Infinity
  for (let p = 0; p < dispatcher.instances; p++) {
    if (p == position || table.isFast[dispatcher.type[p]] == 0) continue
    const idle = untilIdle(dispatcher, p, now)
    first = Math.min(first, idle)
    const c = firstFrom(work.end, units, idle)
    if (c <= units) work.before[c] = Math.max(work.before[c], idle)
    if (c > 1) work.behind[c - 1] = Math.min(work.behind[c - 1], idle)
  }
  return first
}

/** The first of the numbers from 1 to `count`, which never decrease, that is at least `least`; one more than all if none is. */
function firstFrom(numbers: Vector<f64>, count: i32, least: f64): i32 {
  let low = 1
  let high = count + 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle] >= least) high = middle
    else low = middle + 1
  }
  return low
}

/** How long a position is expected to be busy, ms. */
function untilIdle(dispatcher: Dispatcher, position: i32, now: f64): f64 {
  return isIdle(dispatcher, position) ? 0 : Math.max(0, dispatcher.expected[position] - now)
}
