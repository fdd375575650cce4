// Bounds of a range of a lattice: all of them written (scanLattice), or the best of them kept
// (selectLattice).
//
// The bound never falls along a run, and is flat once the base is the bottleneck. selectLattice therefore
// looks at the ends of a run first and stops where nothing can enter any more: a run costs a few operations
// however long it is, plus what enters.

import { SelectArguments } from '../layout/rank'
import { boundAt, boundAtZero, LINE_BYTES, layLine, startLine, writeBounds } from './closed-form'
import {
  axisBeyond,
  costBefore,
  countOf,
  larger,
  largestCount,
  minOf,
  priceOf,
  runStart,
  sizeOf,
  smaller,
  startWalk,
  stepRun,
  sumFrom,
  WALK_BYTES,
} from './lattice'
import { passOver } from './plane'
import {
  finishKeeper,
  KEEPER_BYTES,
  keepAfter,
  REFUSED,
  raiseThreshold,
  startKeeper,
  thresholdOf,
  tieCostOf,
} from './top-k'

/** Runs that are looked at before a long walk. */
const SAMPLES: i32 = 4096

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
  startLine(linePtr)
  startLine(lonePtr)
  let axis = 0
  let next = from
  while (axis >= 0 && runStart(workPtr) < to) {
    sumFrom(workPtr, latticePtr, formPtr, types, base, axis)
    const start = runStart(workPtr)
    const end = largestCount(costBefore(workPtr, last), latticePtr, types)
    if (end < smallest) {
      axis = stepRun(workPtr, latticePtr, types, axisBeyond(workPtr, latticePtr, types))
      continue
    }
    if (base == last || countOf(workPtr, base) > 0) {
      let first = larger(smallest, smallest + (from - start))
      const behind = smaller(end + 1, smallest + (to - start))
      if (first == 0 && behind > 0) {
        if (base != last) {
          layLine(lonePtr, workPtr, formPtr, types, base, true)
          writeZeros(outPtr, next - from, start - from)
          store<f64>(outPtr + 8 * ((start - from) as usize), boundAtZero(lonePtr))
          next = start + 1
        }
        first = 1
      }
      if (behind > first) {
        layLine(linePtr, workPtr, formPtr, types, base, false)
        const at = start - from + (first - smallest)
        writeZeros(outPtr, next - from, at)
        writeBounds(linePtr, first, (behind - first) as i32, outPtr + 8 * (at as usize))
        next = start + (behind - smallest)
      }
    }
    axis = stepRun(workPtr, latticePtr, types, types - 2)
  }
  writeZeros(outPtr, next - from, to - from)
}

function writeZeros(outPtr: usize, from: f64, to: f64): void {
  if (to > from) memory.fill(outPtr + 8 * (from as usize), 0, 8 * ((to - from) as usize))
}

/** Keeps the best rows of a range, see SelectArguments. */
export function selectLattice(argumentsPtr: usize): void {
  const given = changetype<SelectArguments>(argumentsPtr)
  const types = given.types
  const latticePtr = given.lattice
  const formPtr = given.form
  const base = given.base
  const from = given.from
  const to = given.to
  const limit = given.limit
  const afterPtr = given.after
  const workPtr = given.work
  const rowsPtr = given.rows
  const capacity = given.capacity
  const outPtr = given.out
  assert(capacity > limit && limit > 0)
  const linePtr = workPtr + WALK_BYTES
  const lonePtr = linePtr + LINE_BYTES
  const keeperPtr = lonePtr + LINE_BYTES
  const countsPtr = outPtr + 8
  const last = types - 1
  const length = sizeOf(latticePtr, types, last)
  startLine(linePtr)
  startLine(lonePtr)
  startKeeper(keeperPtr, capacity, limit, given.byCost != 0)

  // Most bounds of a lattice rise along it, so nearly every run would enter and push another one out. Runs
  // from all over the range give a threshold first: rows of it that are at least as good as its k-th.
  const spacing = Math.floor((to - from) / SAMPLES)
  if (spacing > 64 * length) {
    for (let i = 0; i < SAMPLES; i++) {
      startWalk(workPtr, latticePtr, types, from + ((i as f64) + 0.5) * spacing)
      sumFrom(workPtr, latticePtr, formPtr, types, base, 0)
      selectRun(types, latticePtr, formPtr, base, from, to, afterPtr, workPtr, rowsPtr, countsPtr)
    }
    raiseThreshold(keeperPtr, rowsPtr)
  }

  store<f64>(countsPtr, 0)
  store<f64>(countsPtr, 0, 8)
  startWalk(workPtr, latticePtr, types, from)
  let axis = 0
  while (axis >= 0 && runStart(workPtr) < to) {
    sumFrom(workPtr, latticePtr, formPtr, types, base, axis)
    const start = runStart(workPtr)
    if (largestCount(costBefore(workPtr, last), latticePtr, types) < minOf(latticePtr, last)) {
      axis = stepRun(workPtr, latticePtr, types, axisBeyond(workPtr, latticePtr, types))
      continue
    }
    let passed = 0
    if (types > 1 && start >= from && countOf(workPtr, last - 1) > 0) {
      layLine(linePtr, workPtr, formPtr, types, base, false)
      layLine(lonePtr, workPtr, formPtr, types, base, true)
      const left =
        minOf(latticePtr, last - 1) + sizeOf(latticePtr, types, last - 1) - countOf(workPtr, last - 1)
      const runs = smaller(left, Math.floor((to - start) / length)) as i32
      passed = passOver(
        workPtr,
        latticePtr,
        formPtr,
        types,
        base,
        linePtr,
        lonePtr,
        thresholdOf(keeperPtr),
        tieCostOf(keeperPtr),
        runs,
        countsPtr,
      )
    }
    if (passed == 0) {
      selectRun(types, latticePtr, formPtr, base, from, to, afterPtr, workPtr, rowsPtr, countsPtr)
    }
    axis = stepRun(workPtr, latticePtr, types, types - 2)
  }
  store<f64>(outPtr, finishKeeper(keeperPtr, rowsPtr) as f64)
}

/** Counts what the current run holds of from..to - 1 and keeps what is worth it. */
function selectRun(
  types: i32,
  latticePtr: usize,
  formPtr: usize,
  base: i32,
  from: f64,
  to: f64,
  afterPtr: usize,
  workPtr: usize,
  rowsPtr: usize,
  countsPtr: usize,
): void {
  const linePtr = workPtr + WALK_BYTES
  const lonePtr = linePtr + LINE_BYTES
  const keeperPtr = lonePtr + LINE_BYTES
  const last = types - 1
  const start = runStart(workPtr)
  const smallest = minOf(latticePtr, last)
  const before = costBefore(workPtr, last)
  const end = largestCount(before, latticePtr, types)
  let first = larger(smallest, smallest + (from - start))
  const final = smaller(end, smallest + (to - start) - 1)
  if (final < first) return
  // the configuration without any instance rents nothing: it is not one
  const empty = first == 0 && before == 0
  store<f64>(countsPtr, load<f64>(countsPtr) + (final - first + 1 - (empty ? 1 : 0)))
  if (base != last && countOf(workPtr, base) == 0) return

  const unranked = first == 0 && base == last
  store<f64>(countsPtr, load<f64>(countsPtr, 8) + (final - first + 1 - (unranked ? 1 : 0)), 8)
  if (first == 0) {
    if (base != last) {
      layLine(lonePtr, workPtr, formPtr, types, base, true)
      keepAfter(keeperPtr, rowsPtr, afterPtr, boundAtZero(lonePtr), before, start)
    }
    first = 1
  }
  if (final < first) return
  layLine(linePtr, workPtr, formPtr, types, base, false)
  const top = boundAt(linePtr, final)
  if (top < thresholdOf(keeperPtr)) return
  const price = priceOf(latticePtr, types, last)
  const zero = start - smallest
  const flat = firstAtLeast(linePtr, first, final, top)
  // the flat end: its first is the cheapest, so the first that does not enter is the last to try
  if (top <= load<f64>(afterPtr)) {
    for (let n = flat; n <= final; n++) {
      if (keepAfter(keeperPtr, rowsPtr, afterPtr, top, before + n * price, zero + n) == REFUSED) break
    }
  }
  // the slope below it, from its upper end
  for (let n = flat - 1; n >= first; n--) {
    const bound = boundAt(linePtr, n)
    if (bound < thresholdOf(keeperPtr)) break
    keepAfter(keeperPtr, rowsPtr, afterPtr, bound, before + n * price, zero + n)
  }
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
