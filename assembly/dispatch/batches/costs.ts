// What a batch of each size takes and costs on a position.
//
// A batch on a fast type costs less if it ends midway between the ends of others on fast types. If the instances are
// idle in turn, at even distances, queries wait less for the next one than if they are idle together, and form fuller
// batches. Where a is the last end before the end x of the batch, or now, and b the next one, the batch divides the
// time b - a. If one query arrives per ms, those that arrive between a and b wait (x - a)(b - x) ms less in sum for the
// next instance.

import { UNIT_ROW } from '../../layout/batches'
import { Dispatcher } from '../../layout/dispatcher'
import { BatchedTable } from '../../layout/rules'
import { batchWorkOf } from './batch'

/**
 * Where no other batch ends after x, b is the end of the next batch of the instance that is idle first. It is taken to
 * last this share of the time of the largest batch on the type that is looked at.
 */
const NEXT_BATCH: f64 = 0.9

/**
 * Computes, for a batch of each size up to the capacity on a position, its safe time, what it gains by when it ends,
 * and the cost of its time less that gain. Ends grow with the size, also where the times of a table do not.
 */
export function priceSizes(
  dispatcher: Dispatcher,
  table: BatchedTable,
  position: i32,
  capacity: i32,
  costOfMs: f64,
): void {
  const work = batchWorkOf(dispatcher)
  const type = dispatcher.type[position]
  const unitMs = table.unitMs.from(type * UNIT_ROW)
  const unitGuardMs = table.unitGuardMs.from(type * UNIT_ROW)
  const slowdown = f64x2.splat(dispatcher.slowdown[position])
  const price = f64x2.splat(costOfMs)
  gainsByEnd(dispatcher, table, position, capacity)
  // two sizes at a time
  for (let c = 1; c <= capacity; c += 2) {
    work.guard.setLanes(c, f64x2.mul(unitGuardMs.lanes(c), slowdown))
    work.cost.setLanes(c, f64x2.sub(f64x2.mul(price, unitMs.lanes(c)), work.gain.lanes(c)))
  }
}

/** What a batch of each size gains by when it ends. */
function gainsByEnd(dispatcher: Dispatcher, table: BatchedTable, position: i32, capacity: i32): void {
  const work = batchWorkOf(dispatcher)
  const gain = work.gain
  const ends = work.ends
  const type = dispatcher.type[position]
  const stagger = table.stagger[type]
  const count = stagger == 0 ? 0 : listFastEnds(dispatcher, table, position)
  if (count == 0) {
    gain.clear(capacity + 2)
    return
  }
  const longestMs = table.unitLongestMs.from(type * UNIT_ROW)
  const timesAsLong = dispatcher.typeSlowdown[type] * dispatcher.slowdown[position]
  const again = ends[0] + (NEXT_BATCH * table.fullCost[type]) / table.weight[type]
  let passed = 0
  let before: f64 = 0
  // two sizes at a time, unless another batch ends before the larger of them
  for (let c = 1; c <= capacity; c += 2) {
    const end = f64x2.mul(longestMs.lanes(c), f64x2.splat(timesAsLong))
    if (passed < count && ends[passed] <= f64x2.extract_lane(end, 1)) {
      for (let each = c; each < c + 2; each++) {
        const own = longestMs[each] * timesAsLong
        while (passed < count && ends[passed] <= own) before = ends[passed++]
        const behind = passed < count ? ends[passed] : Math.max(own, again)
        gain[each] = stagger * (own - before) * (behind - own)
      }
      continue
    }
    const behind = passed < count ? f64x2.splat(ends[passed]) : f64x2.max(end, f64x2.splat(again))
    const since = f64x2.mul(f64x2.splat(stagger), f64x2.sub(end, f64x2.splat(before)))
    gain.setLanes(c, f64x2.mul(since, f64x2.sub(behind, end)))
  }
}

/** Lists when the other instances of fast types are idle, ms from now on, in ascending order. Returns their number. */
function listFastEnds(dispatcher: Dispatcher, table: BatchedTable, position: i32): i32 {
  const ends = batchWorkOf(dispatcher).ends
  let count = 0
  for (let p = 0; p < dispatcher.instances; p++) {
    if (p == position || table.isFast[dispatcher.type[p]] == 0) continue
    const end = Math.max(0, dispatcher.expected[p] - dispatcher.now)
    let at = count++
    for (; at > 0 && ends[at - 1] > end; at--) ends[at] = ends[at - 1]
    ends[at] = end
  }
  return count
}
