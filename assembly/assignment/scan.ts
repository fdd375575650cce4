// The loops of the assignment over many columns. Two columns are two SIMD lanes. Only minima and maxima combine lanes,
// so the result does not depend on the order of scanning. pmin(a, b) is b < a ? b : a and pmax(a, b) is a < b ? b : a,
// one instruction each; where b is NaN, a stays.
//
// Arrays are padded to multiples of 4: assignedMask and v by -Infinity, so padding is at distance Infinity.

import { BLOCK, blocksOf, pad } from '../layout/assignment'
import { Vector } from '../layout/vector'

/** The least cost of a row over the unassigned columns; writes the minima of the blocks. */
export function findMinUnassigned(
  costs: Vector<f64>,
  assignedMask: Vector<f64>,
  cols: i32,
  blockMins: Vector<f64>,
): f64 {
  const blocks = blocksOf(cols)
  let lowest = v128.splat<f64>(Infinity)
  for (let b = 0; b < blocks; b++) {
    const pair = minOfBlock(costs, assignedMask, cols, b)
    blockMins.setLanes(2 * b, pair)
    lowest = f64x2.pmin(lowest, pair)
  }
  return smallerLane(lowest)
}

/** The least costs of one block over the unassigned columns: one of the even columns, one of the odd ones. */
export function minOfBlock(costs: Vector<f64>, assignedMask: Vector<f64>, cols: i32, block: i32): v128 {
  const costPtr = costs.address
  const maskPtr = assignedMask.address
  let at: usize = 8 * ((block * BLOCK) as usize)
  const end: usize = 8 * (min(block * BLOCK + BLOCK, pad(cols)) as usize)
  let even = v128.splat<f64>(Infinity)
  let odd = even
  for (; at < end; at += 32) {
    even = f64x2.pmin(even, f64x2.sub(v128.load(costPtr + at), v128.load(maskPtr + at)))
    odd = f64x2.pmin(odd, f64x2.sub(v128.load(costPtr + at, 16), v128.load(maskPtr + at, 16)))
  }
  return f64x2.pmin(even, odd)
}

/**
 * The first unassigned column from `from` on whose distance over a row, (minVal + cost) - u, is `distance`;
 * `cols` if there is none.
 */
export function findUnassignedAt(
  costs: Vector<f64>,
  assignedMask: Vector<f64>,
  blockMins: Vector<f64>,
  cols: i32,
  from: i32,
  minVal: f64,
  u: f64,
  distance: f64,
): i32 {
  const minVals = v128.splat<f64>(minVal)
  const us = v128.splat<f64>(u)
  const wanted = v128.splat<f64>(distance)
  let j = from & ~1
  while (j < cols) {
    const pair = blockMins.lanes(2 * (j / BLOCK))
    const end = min((j & ~(BLOCK - 1)) + BLOCK, cols)
    const bound = f64x2.sub(f64x2.add(minVals, pair), us)
    // a stale minimum is a lower bound: a block above the distance has no column at it
    if (!v128.any_true(f64x2.le(bound, wanted))) j = end
    for (; j < end; j += 2) {
      const unassigned = f64x2.sub(costs.lanes(j), assignedMask.lanes(j))
      const equal = i64x2.bitmask(f64x2.eq(f64x2.sub(f64x2.add(minVals, unassigned), us), wanted))
      if (equal & 1 && j >= from) return j
      if (equal & 2) return j + 1
    }
  }
  return cols
}

/** The least of the minima of the blocks of a row. */
export function leastBlockMin(blockMins: Vector<f64>, blocks: i32): f64 {
  let lowest = v128.splat<f64>(Infinity)
  const end = blockMins.address + 16 * (blocks as usize)
  for (let at = blockMins.address; at < end; at += 16) lowest = f64x2.pmin(lowest, v128.load(at))
  return smallerLane(lowest)
}

/** The first block with a minimum; there is one. */
export function findBlock(blockMins: Vector<f64>, minimum: f64): i32 {
  const wanted = v128.splat<f64>(minimum)
  let b = 0
  while (!v128.any_true(f64x2.eq(blockMins.lanes(2 * b), wanted))) b++
  return b
}

/** Sets pathCost of the packed columns to cost - v, as curRow with u = 0 reaches them; returns the least. */
export function initPathCosts(
  packedCosts: Vector<f64>,
  v: Vector<f64>,
  pathCost: Vector<f64>,
  count: i32,
): f64 {
  const packedPtr = packedCosts.address
  const vPtr = v.address
  const pathCostPtr = pathCost.address
  let low = v128.splat<f64>(Infinity)
  const end: usize = 8 * (pad(count) as usize)
  for (let at: usize = 0; at < end; at += 32) {
    const d0 = f64x2.sub(v128.load(packedPtr + at), v128.load(vPtr + at))
    const d1 = f64x2.sub(v128.load(packedPtr + at, 16), v128.load(vPtr + at, 16))
    v128.store(pathCostPtr + at, d0)
    v128.store(pathCostPtr + at, d1, 16)
    low = f64x2.pmin(f64x2.pmin(low, d0), d1)
  }
  return smallerLane(low)
}

/** Lowers pathCost to the cost over a row, ((minVal + cost) - u) - v, where that is less; returns the least. */
export function lowerPathCosts(
  packedCosts: Vector<f64>,
  v: Vector<f64>,
  pathCost: Vector<f64>,
  count: i32,
  minVal: f64,
  u: f64,
): f64 {
  const packedPtr = packedCosts.address
  const vPtr = v.address
  const pathCostPtr = pathCost.address
  const minVals = v128.splat<f64>(minVal)
  const us = v128.splat<f64>(u)
  let low0 = v128.splat<f64>(Infinity)
  let low1 = low0
  const end: usize = 8 * (pad(count) as usize)
  for (let at: usize = 0; at < end; at += 32) {
    const over0 = f64x2.sub(f64x2.add(minVals, v128.load(packedPtr + at)), us)
    const over1 = f64x2.sub(f64x2.add(minVals, v128.load(packedPtr + at, 16)), us)
    const d0 = f64x2.pmin(v128.load(pathCostPtr + at), f64x2.sub(over0, v128.load(vPtr + at)))
    const d1 = f64x2.pmin(v128.load(pathCostPtr + at, 16), f64x2.sub(over1, v128.load(vPtr + at, 16)))
    v128.store(pathCostPtr + at, d0)
    v128.store(pathCostPtr + at, d1, 16)
    low0 = f64x2.pmin(low0, d0)
    low1 = f64x2.pmin(low1, d1)
  }
  return smallerLane(f64x2.pmin(low0, low1))
}

/** The largest place key of the packed columns with a pathCost of `minVal`; there is one. */
export function largestKeyAt(pathCost: Vector<f64>, placeKey: Vector<u64>, count: i32, minVal: f64): u64 {
  const pathCostPtr = pathCost.address
  const keyPtr = placeKey.address
  const wanted = v128.splat<f64>(minVal)
  let best0 = v128.splat<f64>(0)
  let best1 = best0
  const end: usize = 8 * (pad(count) as usize)
  for (let at: usize = 0; at < end; at += 32) {
    const equal0 = f64x2.eq(v128.load(pathCostPtr + at), wanted)
    const equal1 = f64x2.eq(v128.load(pathCostPtr + at, 16), wanted)
    best0 = f64x2.pmax(best0, v128.and(equal0, v128.load(keyPtr + at)))
    best1 = f64x2.pmax(best1, v128.and(equal1, v128.load(keyPtr + at, 16)))
  }
  const best = f64x2.pmax(best0, best1)
  const other = v128.shuffle<f64>(best, best, 1, 0)
  return i64x2.extract_lane(f64x2.pmax(best, other), 0)
}

/** The first column with the least cost of a row. */
export function firstMinimum(costs: Vector<f64>, cols: i32): i32 {
  const costPtr = costs.address
  const even: usize = 8 * ((cols & ~1) as usize)
  let low0 = v128.splat<f64>(Infinity)
  let low1 = low0
  let at: usize = 0
  for (const end = even & ~31; at < end; at += 32) {
    low0 = f64x2.pmin(low0, v128.load(costPtr + at))
    low1 = f64x2.pmin(low1, v128.load(costPtr + at, 16))
  }
  for (; at < even; at += 16) low0 = f64x2.pmin(low0, v128.load(costPtr + at))
  let least = smallerLane(f64x2.pmin(low0, low1))
  if (cols & 1) least = min(least, costs[cols - 1])
  const wanted = v128.splat<f64>(least)
  for (at = 0; at < even; at += 16) {
    const equal = i64x2.bitmask(f64x2.eq(v128.load(costPtr + at), wanted))
    if (equal) return ((at >> 3) as i32) + ctz(equal)
  }
  return cols - 1
}

export function smallerLane(pair: v128): f64 {
  const a = f64x2.extract_lane(pair, 0)
  const b = f64x2.extract_lane(pair, 1)
  return b < a ? b : a
}
