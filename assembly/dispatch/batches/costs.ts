// What a batch of each size takes and costs on a position.
//
// A batch on a fast type costs less if it ends midway between the ends of others. If instances of fast types are idle in turn, at
// even distances, queries wait less for the next one than if the instances are idle together, and the batches that they form are
// fuller. A batch that ends at x, where others end at a and b, divides the time b - a. If one query arrives in each ms, those that
// arrive between a and b wait (x - a)(b - x) ms less, in sum, for the next instance.

import { Dispatcher } from '../../layout/dispatcher'
import { BatchedTable } from '../../layout/rules'
import { batchWorkOf } from './batch'

/** After the last known end, the instance that is idle first ends its next batch: after this share of the time of the largest. */
const NEXT_BATCH: f64 = 0.9

/**
 * Computes, for a batch of each size up to `units` on a position, the time with which its deadline is checked, what it gains by when
 * it ends, and the cost of its time less that gain. Where a table is not monotone, that end is the one of the longest batch of up to
 * this size.
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
  const row = type * dispatcher.bins
  const slowdown = dispatcher.slowdown[position]
  const timesAsLong = dispatcher.typeSlowdown[type] * slowdown
  const stagger = table.stagger[type]
  const ends = stagger == 0 ? 0 : listEnds(dispatcher, table, position, now)
  const again = ends == 0 ? 0 : work.ends[0] + (NEXT_BATCH * table.fullCost[type]) / table.weight[type]
  let bin = 0
  let end: f64 = 0
  let passed = 0
  let before: f64 = 0
  for (let c = 1; c <= units; c++) {
    while (bin < dispatcher.bins - 1 && table.batchSize[bin] < (c as f64) * table.unit) bin++
    const mean = dispatcher.mean[row + bin]
    work.guard[c] = table.guardMs[row + bin] * slowdown
    let gain: f64 = 0
    if (ends > 0) {
      end = Math.max(end, mean * timesAsLong)
      while (passed < ends && work.ends[passed] <= end) before = work.ends[passed++]
      const behind = passed < ends ? work.ends[passed] : Math.max(end, again)
      gain = stagger * (end - before) * (behind - end)
    }
    work.gain[c] = gain
    work.cost[c] = costOfMs * mean - gain
  }
}

/** Lists when the other instances of fast types are idle, ms from now on, in ascending order. Returns how many they are. */
function listEnds(dispatcher: Dispatcher, table: BatchedTable, position: i32, now: f64): i32 {
  const ends = batchWorkOf(dispatcher).ends
  let count = 0
  for (let p = 0; p < dispatcher.instances; p++) {
    if (p == position || table.isFast[dispatcher.type[p]] == 0) continue
    const end = Math.max(0, dispatcher.expected[p] - now)
    let at = count++
    for (; at > 0 && ends[at - 1] > end; at--) ends[at] = ends[at - 1]
    ends[at] = end
  }
  return count
}
