// A knapsack over the sizes of queries, in units: for each size, the queries of that size in sum that are worth most.

import { BatchWork, MAX_UNITS, takenBy } from '../../layout/batches'

/** The sum of the sizes of the items, each counted as at most all units that there can be. */
export function unitsOf(work: BatchWork, items: i32): i32 {
  let sum = 0
  for (let i = 0; i < items; i++) sum += min(work.units[i], MAX_UNITS)
  return sum
}

export function emptyKnapsack(work: BatchWork, units: i32): void {
  work.total[0] = 0
  for (let c = 1; c <= units; c += 2) work.total.setLanes(c, f64x2.splat(-Infinity))
}

/**
 * Adds an item. `reach` is the sum of the sizes of the items before it, or all units: no more are in use. Returns that sum with
 * this item. An item that is larger than all units is not added.
 */
export function addItem(work: BatchWork, item: i32, units: i32, reach: i32, worth: f64): i32 {
  const size = work.units[item]
  if (size > units) return reach
  const total = work.total
  const taken = takenBy(work, item)
  const reached = min(units, reach + size)
  taken.clear(size)
  const gain = f64x2.splat(worth)
  let c = reached
  // two sizes at a time, the larger ones first: the smaller ones that they read are not written yet
  for (; c > size; c -= 2) {
    const before = total.lanes(c - 1)
    const withItem = f64x2.add(total.lanes(c - 1 - size), gain)
    const isBetter = f64x2.gt(withItem, before)
    total.setLanes(c - 1, v128.bitselect(withItem, before, isBetter))
    const bits = i64x2.bitmask(isBetter)
    // both bytes at once
    store<u16>(taken.address + ((c - 1) as usize), ((bits & 1) | ((bits & 2) << 7)) as u16)
  }
  if (c == size) {
    const withItem = total[0] + worth
    const isBetter = withItem > total[c]
    taken[c] = isBetter ? 1 : 0
    total[c] = isBetter ? withItem : total[c]
  }
  return reached
}

/**
 * The best batch of a query of `own` units and items of the knapsack. Returns the size of those items, in units up to `last`; of equally
 * good batches that of the smaller one. A batch must be in time for the query, and worth more than `most`: 0 if none is.
 */
export function bestRest(work: BatchWork, own: i32, last: i32, worth: f64, slack: f64, most: f64): i32 {
  const total = work.total
  const cost = work.cost.from(own)
  const guard = work.guard.from(own)
  const worths = f64x2.splat(worth)
  const slacks = f64x2.splat(slack)
  let best = f64x2.splat(most)
  let bestSize = f64x2.splat(0)
  let size = f64x2(1, 2)
  let c = 1
  // two sizes at a time: the best of every second size, of equal ones the first
  for (; c < last; c += 2) {
    const net = f64x2.sub(f64x2.add(worths, total.lanes(c)), cost.lanes(c))
    const isBest = v128.and(f64x2.gt(net, best), f64x2.le(guard.lanes(c), slacks))
    best = v128.bitselect(net, best, isBest)
    bestSize = v128.bitselect(size, bestSize, isBest)
    size = f64x2.add(size, f64x2.splat(2))
  }
  let value = f64x2.extract_lane(best, 0)
  let chosen = f64x2.extract_lane(bestSize, 0)
  const other = f64x2.extract_lane(best, 1)
  const otherSize = f64x2.extract_lane(bestSize, 1)
  if (other > value || (other == value && otherSize < chosen)) {
    value = other
    chosen = otherSize
  }
  if (c == last && guard[c] <= slack && netOf(work, own, c, worth) > value) return c
  return chosen as i32
}

/** What a query of `own` units is worth in a batch with the best items of `rest` units, less the cost of its time. */
export function netOf(work: BatchWork, own: i32, rest: i32, worth: f64): f64 {
  return worth + work.total[rest] - work.cost[own + rest]
}

/**
 * Lists the batch of an item and of those behind it that fill `units`, as `trial`. Items are added from the last to the first, so
 * what is known of an item is the best of it and of those behind it. Returns how many are listed.
 */
export function listMembers(work: BatchWork, items: i32, first: i32, units: i32): i32 {
  let members = 0
  work.trial[members++] = work.items[first]
  let rest = units
  for (let i = first + 1; i < items && rest > 0; i++) {
    if (work.units[i] > rest || takenBy(work, i)[rest] == 0) continue
    work.trial[members++] = work.items[i]
    rest -= work.units[i]
  }
  return members
}
