// The best configurations of a range of a lattice by the fluid bound.
//
// Solving every configuration would be exact and slow. Any prices that are dual feasible bound every
// configuration, not only the one they were found for: λ <= Σ n_t u_t. So the last few dual solutions are
// kept, and a run of the lattice, or one configuration of it, whose smallest such sum is below the threshold
// of what is kept is passed over; only the others are solved, each from the basis of its neighbour. Whether
// a configuration is feasible depends on its types in use alone, so the counts stay exact.
//
// Select block (f64 words):
//
//   walk | keeper | counts[16] | duals in the pool | next to replace | dual[POOL][16] | sum before the run[POOL]

import { optimise, startFluid } from './fluid-bounds'
import { writePrices } from './fluid-price'
import { words } from './fluid-program'
import { classOf, INFEASIBLE } from './fluid-start'
import { flowsPtr, workBytes } from './fluid-work'
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
  sumCosts,
  WALK_BYTES,
} from './lattice'
import { finishKeeper, KEEPER_BYTES, keepAfter, raiseThreshold, startKeeper, thresholdOf } from './top-k'

/** Dual solutions that are kept. */
const POOL: i32 = 12

/** What a bound by prices may be too small by, relatively: rounding. */
const MARGIN: f64 = 1e-11

/** Runs of a long range that are looked at first, for a threshold. */
const SAMPLES: i32 = 512

const COUNTS: usize = 0
const USED: usize = 8 * 16
const NEXT: usize = USED + 8
const DUALS: usize = NEXT + 8
const SUMS: usize = DUALS + 8 * 16 * 12
const POOL_BYTES: usize = SUMS + 8 * 12

/** Bytes of work space of selectFluid besides the rows: walk | keeper | pool | fluid. */
export function selectFluidBytes(types: i32, bins: i32, bases: i32): i32 {
  return (WALK_BYTES + KEEPER_BYTES + POOL_BYTES + 16 + (workBytes(types, bins, bases) as usize)) as i32
}

/**
 * Keeps the `limit` best rows of `from` to `to - 1` that come after the row at `afterPtr` (bound Infinity for
 * all), sorted at `rowsPtr`, which has room for `capacity` > `limit` rows. With `all`, infeasible
 * configurations within the budget are rows of bound 0. Writes three f64 words to `outPtr`: rows kept |
 * configurations within the budget | those with a bound above 0.
 */
export function selectFluid(
  types: i32,
  bins: i32,
  latticePtr: usize,
  rawPtr: usize,
  bases: i32,
  from: f64,
  to: f64,
  limit: i32,
  byCost: i32,
  all: i32,
  afterPtr: usize,
  workPtr: usize,
  rowsPtr: usize,
  capacity: i32,
  outPtr: usize,
): void {
  assert(capacity > limit && limit > 0)
  const keeperPtr = workPtr + WALK_BYTES
  const poolPtr = keeperPtr + KEEPER_BYTES
  const spacePtr = (poolPtr + POOL_BYTES + 15) & ~15
  const fluidPtr = startFluid(types, bins, rawPtr, bases, spacePtr)
  const last = types - 1
  store<f64>(poolPtr, 0, USED)
  store<f64>(poolPtr, 0, NEXT)
  startKeeper(keeperPtr, capacity, limit, byCost != 0)

  const spacing = Math.floor((to - from) / SAMPLES)
  if (spacing > 64 * sizeOf(latticePtr, types, last)) {
    for (let i = 0; i < SAMPLES; i++) {
      startWalk(workPtr, latticePtr, types, from + ((i as f64) + 0.5) * spacing)
      sumCosts(workPtr, latticePtr, types, 0)
      const end = largestCount(costBefore(workPtr, last), latticePtr, types)
      if (end < minOf(latticePtr, last)) continue
      tryOne(types, latticePtr, end, afterPtr, workPtr, keeperPtr, poolPtr, fluidPtr, spacePtr, rowsPtr)
    }
    raiseThreshold(keeperPtr, rowsPtr)
  }

  let within: f64 = 0
  let feasible: f64 = 0
  startWalk(workPtr, latticePtr, types, from)
  let axis = 0
  while (axis >= 0 && runStart(workPtr) < to) {
    sumCosts(workPtr, latticePtr, types, axis)
    const start = runStart(workPtr)
    const smallest = minOf(latticePtr, last)
    const before = costBefore(workPtr, last)
    const end = largestCount(before, latticePtr, types)
    if (end < smallest) {
      axis = stepRun(workPtr, latticePtr, types, axisBeyond(workPtr, latticePtr, types))
      continue
    }
    let first = larger(smallest, smallest + (from - start))
    const final = smaller(end, smallest + (to - start) - 1)
    // the configuration without any instance rents nothing: it is not one
    if (first == 0 && before == 0) first = 1
    if (final >= first) {
      within += final - first + 1
      const prefix = supportBefore(types, workPtr)
      const lone = first == 0 && classOf(fluidPtr, prefix) != INFEASIBLE && prefix != 0
      const joint = final > 0 && classOf(fluidPtr, prefix | (1 << last)) != INFEASIBLE
      if (lone) feasible++
      if (joint) feasible += final - larger(first, 1) + 1
      const price = priceOf(latticePtr, types, last)
      sumPool(types, workPtr, poolPtr)
      // the end of a run is its best: what it cannot reach, none of the run can
      if ((joint || lone) && reaches(types, poolPtr, final, thresholdOf(keeperPtr))) {
        for (let n = final; n >= first; n--) {
          if (n > 0 ? !joint : !lone) continue
          if (!reaches(types, poolPtr, n, thresholdOf(keeperPtr))) break
          tryOne(types, latticePtr, n, afterPtr, workPtr, keeperPtr, poolPtr, fluidPtr, spacePtr, rowsPtr)
        }
      }
      if (all && thresholdOf(keeperPtr) <= 0) {
        for (let n = first; n <= final; n++) {
          if (n > 0 ? joint : lone) continue
          keepAfter(keeperPtr, rowsPtr, afterPtr, 0, before + n * price, start + (n - smallest))
        }
      }
    }
    axis = stepRun(workPtr, latticePtr, types, types - 2)
  }
  store<f64>(outPtr, finishKeeper(keeperPtr, rowsPtr) as f64)
  store<f64>(outPtr, within, 8)
  store<f64>(outPtr, feasible, 16)
}

/** Solves the configuration of the current run with `n` of the last type, and keeps it if it is good enough. */
function tryOne(
  types: i32,
  latticePtr: usize,
  n: f64,
  afterPtr: usize,
  walkPtr: usize,
  keeperPtr: usize,
  poolPtr: usize,
  fluidPtr: usize,
  spacePtr: usize,
  rowsPtr: usize,
): void {
  const last = types - 1
  for (let t = 0; t < last; t++) store<f64>(poolPtr + words(t), countOf(walkPtr, t), COUNTS)
  store<f64>(poolPtr + words(last), n, COUNTS)
  if (!optimise(fluidPtr, spacePtr, types, poolPtr + COUNTS, false)) return
  const bound = load<f64>(flowsPtr(fluidPtr))
  // the prices replace the oldest of the pool, and bound the rest of the run too
  const slot = load<f64>(poolPtr, NEXT) as i32
  const dual = poolPtr + DUALS + words(16 * slot)
  writePrices(fluidPtr, dual)
  store<f64>(poolPtr, ((slot + 1) % POOL) as f64, NEXT)
  store<f64>(poolPtr, smaller(POOL as f64, load<f64>(poolPtr, USED) + 1), USED)
  sumOne(types, walkPtr, poolPtr, slot)
  const cost = costBefore(walkPtr, last) + n * priceOf(latticePtr, types, last)
  keepAfter(keeperPtr, rowsPtr, afterPtr, bound, cost, runStart(walkPtr) + (n - minOf(latticePtr, last)))
}

/** The types before the last that are in use, as bits. */
function supportBefore(types: i32, walkPtr: usize): i32 {
  let support = 0
  for (let t = 0; t < types - 1; t++) if (countOf(walkPtr, t) > 0) support |= 1 << t
  return support
}

/** Σ n_t u_t over the types before the last, for every dual of the pool. */
function sumPool(types: i32, walkPtr: usize, poolPtr: usize): void {
  const used = load<f64>(poolPtr, USED) as i32
  for (let slot = 0; slot < used; slot++) sumOne(types, walkPtr, poolPtr, slot)
}

function sumOne(types: i32, walkPtr: usize, poolPtr: usize, slot: i32): void {
  const dual = poolPtr + DUALS + words(16 * slot)
  let sum: f64 = 0
  for (let t = 0; t < types - 1; t++) sum += countOf(walkPtr, t) * load<f64>(dual + words(t))
  store<f64>(poolPtr + words(slot), sum, SUMS)
}

/** Whether a bound of `threshold` is possible with `n` of the last type, for all that the pool says. */
function reaches(types: i32, poolPtr: usize, n: f64, threshold: f64): bool {
  const used = load<f64>(poolPtr, USED) as i32
  const own = poolPtr + DUALS + words(types - 1)
  for (let slot = 0; slot < used; slot++) {
    const sum = load<f64>(poolPtr + words(slot), SUMS) + n * load<f64>(own + words(16 * slot))
    if (sum * (1 + MARGIN) < threshold) return false
  }
  return true
}
