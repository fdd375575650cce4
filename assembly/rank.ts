// Bounds of a range of a lattice: all of them written (scanLattice), or the best of them kept
// (selectLattice).
//
// The bound never falls along a run, and is flat once the base is the bottleneck. selectLattice therefore
// looks at the ends of a run first and stops where nothing can enter any more: a run costs a few operations
// however long it is, plus what enters.

import { boundAt, boundAtZero, LINE_BYTES, layLine, writeBounds } from './closed-form'
import {
  axisBeyond,
  budgetOf,
  costBefore,
  countOf,
  minOf,
  priceOf,
  runStart,
  sizeOf,
  startWalk,
  stepRun,
  sumFrom,
  WALK_BYTES,
} from './lattice'
import { finishKeeper, isBefore, KEEPER_BYTES, keepRow, startKeeper, thresholdOf } from './top-k'

/**
 * Bytes of work space of scanLattice and selectLattice besides the rows:
 *   walk | line | lone line | keeper
 */
export function latticeWorkBytes(): i32 {
  return (WALK_BYTES + 2 * LINE_BYTES + KEEPER_BYTES) as i32
}

/** Writes the bounds of the configurations `from` to `to - 1`, 0 for those that are not ranked. */
export function scanLattice(
  types: i32,
  latticePtr: usize,
  formPtr: usize,
  base: i32,
  from: f64,
  to: f64,
  workPtr: usize,
  outPtr: usize,
): void {
  const linePtr = workPtr + WALK_BYTES
  const lonePtr = linePtr + LINE_BYTES
  const last = types - 1
  const smallest = minOf(latticePtr, last)
  startWalk(workPtr, latticePtr, types, from)
  let axis = 0
  memory.fill(outPtr, 0, 8 * ((to - from) as usize))
  while (axis >= 0 && runStart(workPtr) < to) {
    sumFrom(workPtr, latticePtr, formPtr, types, base, axis)
    const start = runStart(workPtr)
    const end = largestCount(workPtr, latticePtr, types)
    if (end < smallest) {
      axis = stepRun(workPtr, latticePtr, types, axisBeyond(workPtr, latticePtr, types))
      continue
    }
    if (base == last || countOf(workPtr, base) > 0) {
      let first = Math.max(smallest, smallest + (from - start))
      const behind = Math.min(end + 1, smallest + (to - start))
      if (first == 0 && behind > 0) {
        if (base != last) {
          layLine(lonePtr, workPtr, formPtr, types, base, true)
          store<f64>(outPtr + 8 * ((start - from) as usize), boundAtZero(lonePtr))
        }
        first = 1
      }
      if (behind > first) {
        layLine(linePtr, workPtr, formPtr, types, base, false)
        const at = outPtr + 8 * ((start - from + (first - smallest)) as usize)
        writeBounds(linePtr, first, (behind - first) as i32, at)
      }
    }
    axis = stepRun(workPtr, latticePtr, types, types - 2)
  }
}

/**
 * Keeps the `limit` best rows of `from` to `to - 1` that come after the row at `afterPtr` (bound Infinity
 * for all), sorted at `rowsPtr`, which has room for `capacity` > `limit` rows. Writes three f64 words to
 * `outPtr`: rows kept | configurations within the budget | those with a bound above 0.
 */
export function selectLattice(
  types: i32,
  latticePtr: usize,
  formPtr: usize,
  base: i32,
  from: f64,
  to: f64,
  limit: i32,
  byCost: i32,
  afterPtr: usize,
  workPtr: usize,
  rowsPtr: usize,
  capacity: i32,
  outPtr: usize,
): void {
  assert(capacity > limit && limit > 0)
  const linePtr = workPtr + WALK_BYTES
  const lonePtr = linePtr + LINE_BYTES
  const keeperPtr = lonePtr + LINE_BYTES
  const last = types - 1
  const smallest = minOf(latticePtr, last)
  const price = priceOf(latticePtr, types, last)
  const costs = byCost != 0
  const after = load<f64>(afterPtr)
  let within: f64 = 0
  let feasible: f64 = 0
  startKeeper(keeperPtr, capacity, limit, costs)
  startWalk(workPtr, latticePtr, types, from)
  let axis = 0
  while (axis >= 0 && runStart(workPtr) < to) {
    sumFrom(workPtr, latticePtr, formPtr, types, base, axis)
    const start = runStart(workPtr)
    const end = largestCount(workPtr, latticePtr, types)
    if (end < smallest) {
      axis = stepRun(workPtr, latticePtr, types, axisBeyond(workPtr, latticePtr, types))
      continue
    }
    let first = Math.max(smallest, smallest + (from - start))
    const final = Math.min(end, smallest + (to - start) - 1)
    const before = costBefore(workPtr, last)
    if (final >= first) within += final - first + 1
    // the configuration without any instance rents nothing: it is not one
    if (first == 0 && final >= 0 && before == 0) within--
    if (final >= first && (base == last || countOf(workPtr, base) > 0)) {
      if (first == 0) {
        if (base != last) {
          layLine(lonePtr, workPtr, formPtr, types, base, true)
          const bound = boundAtZero(lonePtr)
          feasible++
          if (bound >= thresholdOf(keeperPtr) && !isBefore(bound, before, start, afterPtr, costs)) {
            if (!isSame(start, afterPtr)) keepRow(keeperPtr, rowsPtr, bound, before, start)
          }
        }
        first = 1
      }
      if (final >= first) {
        feasible += final - first + 1
        layLine(linePtr, workPtr, formPtr, types, base, false)
        const top = boundAt(linePtr, final)
        if (top >= thresholdOf(keeperPtr)) {
          const flat = firstAtLeast(linePtr, first, final, top)
          const zero = start - smallest
          // the flat end: the first is the cheapest, so the first that does not enter is the last to try
          if (top <= after) {
            for (let n = flat; n <= final; n++) {
              const cost = before + n * price
              if (isSameOrBefore(top, cost, zero + n, afterPtr, costs)) continue
              if (!keepRow(keeperPtr, rowsPtr, top, cost, zero + n)) break
            }
          }
          // the slope below it, from its upper end
          for (let n = flat - 1; n >= first; n--) {
            const bound = boundAt(linePtr, n)
            if (bound < thresholdOf(keeperPtr)) break
            const cost = before + n * price
            if (isSameOrBefore(bound, cost, zero + n, afterPtr, costs)) continue
            keepRow(keeperPtr, rowsPtr, bound, cost, zero + n)
          }
        }
      }
    }
    axis = stepRun(workPtr, latticePtr, types, types - 2)
  }
  store<f64>(outPtr, finishKeeper(keeperPtr, rowsPtr) as f64)
  store<f64>(outPtr, within, 8)
  store<f64>(outPtr, feasible, 16)
}

/** The largest count of the last type that the budget allows in this run, below its minimum if none. */
function largestCount(walkPtr: usize, latticePtr: usize, types: i32): f64 {
  const last = types - 1
  const before = costBefore(walkPtr, last)
  const budget = budgetOf(latticePtr)
  const price = priceOf(latticePtr, types, last)
  const smallest = minOf(latticePtr, last)
  const largest = smallest + sizeOf(latticePtr, types, last) - 1
  // the quotient can be off by a rounding; the sum left to right decides
  let count = Math.min(largest, Math.max(smallest - 1, Math.floor((budget - before) / price)))
  while (count < largest && before + (count + 1) * price <= budget) count++
  while (count >= smallest && before + count * price > budget) count--
  return count
}

/** The first count in first..final with a bound of `level` or more; that of `final` is. */
function firstAtLeast(linePtr: usize, first: f64, final: f64, level: f64): f64 {
  let low = first
  let high = final
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (boundAt(linePtr, middle) < level) low = middle + 1
    else high = middle
  }
  return low
}

function isSame(number: f64, rowPtr: usize): bool {
  return number == load<f64>(rowPtr, 16)
}

function isSameOrBefore(bound: f64, cost: f64, number: f64, rowPtr: usize, byCost: bool): bool {
  return isSame(number, rowPtr) || isBefore(bound, cost, number, rowPtr, byCost)
}
