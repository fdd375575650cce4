// A knapsack over the sizes of queries, in units: for each size, the items of that size in sum that are worth most.
// Items are added from the youngest to the oldest.

import { BatchWork, MAX_UNITS, takenBy } from '../../layout/batches'

/** The sum of the sizes of the items, each counted as MAX_UNITS at most. */
export function sumOfSizes(work: BatchWork, items: i32): i32 {
  let sum = 0
  for (let i = 0; i < items; i++) sum += min(work.itemSize[i], MAX_UNITS)
  return sum
}

export function emptyKnapsack(work: BatchWork, capacity: i32): void {
  work.worth[0] = 0
  for (let c = 1; c <= capacity; c += 2) work.worth.setLanes(c, f64x2.splat(-Infinity))
}

/**
 * Adds an item that is worth `own`. `reach` is the largest size in use: the sum of the sizes of the items before it, at
 * most the capacity. Returns the largest size with this item. An item that is larger than the capacity is not added.
 */
export function addItem(work: BatchWork, item: i32, capacity: i32, reach: i32, own: f64): i32 {
  const size = work.itemSize[item]
  if (size > capacity) return reach
  const worth = work.worth
  const taken = takenBy(work, item)
  const reached = min(capacity, reach + size)
  taken.clear(size)
  const owns = f64x2.splat(own)
  let c = reached
  // two sizes at a time, the larger ones first: the smaller ones that they read are not written yet
  for (; c > size; c -= 2) {
    const before = worth.lanes(c - 1)
    const withItem = f64x2.add(worth.lanes(c - 1 - size), owns)
    const isBetter = f64x2.gt(withItem, before)
    worth.setLanes(c - 1, v128.bitselect(withItem, before, isBetter))
    const bits = i64x2.bitmask(isBetter)
    // both bytes at once
    store<u16>(taken.address + ((c - 1) as usize), ((bits & 1) | ((bits & 2) << 7)) as u16)
  }
  if (c == size) {
    const withItem = worth[0] + own
    const isBetter = withItem > worth[c]
    taken[c] = isBetter ? 1 : 0
    worth[c] = isBetter ? withItem : worth[c]
  }
  return reached
}

/**
 * Finds the best batch of an item, which has a size and is worth `own`, with others of the knapsack. It must end within
 * the slack of the item, and have a net worth above `least`. Returns the size of the others, up to `last`, of equally
 * good batches the smaller one; 0 if there is no such batch.
 */
export function bestRest(work: BatchWork, size: i32, own: f64, last: i32, slack: f64, least: f64): i32 {
  const worth = work.worth
  const cost = work.cost.from(size)
  const guard = work.guard.from(size)
  const owns = f64x2.splat(own)
  const slacks = f64x2.splat(slack)
  let best = f64x2.splat(least)
  let restOfBest = f64x2.splat(0)
  let rest = f64x2(1, 2)
  let c = 1
  // two sizes at a time: the best of every second size, of equal ones the first
  for (; c < last; c += 2) {
    const net = f64x2.sub(f64x2.add(owns, worth.lanes(c)), cost.lanes(c))
    const isBest = v128.and(f64x2.gt(net, best), f64x2.le(guard.lanes(c), slacks))
    best = v128.bitselect(net, best, isBest)
    restOfBest = v128.bitselect(rest, restOfBest, isBest)
    rest = f64x2.add(rest, f64x2.splat(2))
  }
  let most = f64x2.extract_lane(best, 0)
  let chosen = f64x2.extract_lane(restOfBest, 0)
  const other = f64x2.extract_lane(best, 1)
  const otherRest = f64x2.extract_lane(restOfBest, 1)
  if (other > most || (other == most && otherRest < chosen)) {
    most = other
    chosen = otherRest
  }
  if (c == last && guard[c] <= slack && netOf(work, size, own, c) > most) return c
  return chosen as i32
}

/** What a batch of an item and of the best others of size `rest` is worth, less the cost of its time. */
export function netOf(work: BatchWork, size: i32, own: f64, rest: i32): f64 {
  return own + work.worth[rest] - work.cost[size + rest]
}

/**
 * Lists the batch of an item and of the best younger ones of size `rest` as `trial`, from the oldest on: `takenBy` says
 * of an item whether it is among the best of itself and the younger ones. Returns how many are listed.
 */
export function listMembers(work: BatchWork, items: i32, oldest: i32, rest: i32): i32 {
  let members = 0
  work.trial[members++] = work.itemSlot[oldest]
  for (let i = oldest + 1; i < items && rest > 0; i++) {
    if (work.itemSize[i] > rest || takenBy(work, i)[rest] == 0) continue
    work.trial[members++] = work.itemSlot[i]
    rest -= work.itemSize[i]
  }
  return members
}
