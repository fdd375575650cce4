// The best configurations of a range of a lattice by the fluid bound.
//
// Solving every configuration would be exact and slow. Any prices that are dual feasible bound every
// configuration, not only the one they were found for: λ <= Σ n_t u_t. So the last few dual solutions are
// kept, and a run of the lattice, or one configuration of it, whose smallest such sum is below the threshold
// of what is kept is passed over; only the others are solved, each from the basis of its neighbour. Whether
// a configuration is feasible depends on its types in use alone, so the counts stay exact.
//
// Work block: walk | keeper | pool | counts[16] | NaN once a bound was not found, else 0 | fluid
//
// A search (searchFluid) has more configurations than can be walked: there the budget left behind the first
// counts of a walk bounds a whole subtree too, by the most that it buys at the prices of a dual, in parts of
// instances. Where no dual of the pool rules a subtree out, the parts are solved for the dual that bounds
// them best; a few such cuts (Kelley, "The cutting-plane method for solving convex programs", 1960) come
// close to the relaxation of the subtree, which is branched on only if even that may hold a row.

import { rawProgramAt } from '../layout/fluid-program'
import { FluidWork, fluidSpace } from '../layout/fluid-work'
import { vectorAt } from '../layout/vector'
import {
  axisBeyond,
  budgetOf,
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
} from '../rank/lattice'
import {
  finishKeeper,
  KEEPER_BYTES,
  keepAfter,
  lowerTo,
  raiseThreshold,
  startKeeper,
  thresholdOf,
} from '../rank/top-k'
import { addDual, ceilingOf, POOL_BYTES, partPtr, reaches, startPool, sumPool, words } from './cuts'
import { optimise, startFluid } from './optimise'
import { boundOf } from './refine'
import { classOf, INFEASIBLE } from './start'

/** Cuts of a node before it is branched on. */
const CUTS: i32 = 4

/** A little of an instance. */
const LITTLE: f64 = 0.1

/** Runs of a long range that are looked at first, for a threshold. */
const SAMPLES: i32 = 512

/** Bytes of work space of selectFluid besides the rows: walk | keeper | pool | fluid. */
export function selectFluidBytes(types: i32, bins: i32, bases: i32): i32 {
  return (WALK_BYTES + KEEPER_BYTES + POOL_BYTES + 8 * 17 + 16 + fluidSpace(types, bins, bases)) as i32
}

/**
 * Keeps the `limit` best rows of `from` to `to - 1` that come after the row at `afterPtr` (bound Infinity for
 * all), sorted at `rowsPtr`, which has room for `capacity` > `limit` rows. With `all`, infeasible
 * configurations within the budget are rows of bound 0. Writes three f64 words to `outPtr`: rows kept |
 * configurations within the budget | those with a bound above 0, NaN where the solver gave up.
 */
export function selectFluid(
  types: i32,
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
  const spacePtr = spaceOf(workPtr)
  const fluid = startFluid(spacePtr, rawProgramAt(rawPtr), bases)
  const last = types - 1
  startPool(poolPtr)
  store<f64>(troubleOf(workPtr), 0)
  startKeeper(keeperPtr, capacity, limit, byCost != 0)

  const spacing = Math.floor((to - from) / SAMPLES)
  if (spacing > 64 * sizeOf(latticePtr, types, last)) {
    for (let i = 0; i < SAMPLES; i++) {
      startWalk(workPtr, latticePtr, types, from + ((i as f64) + 0.5) * spacing)
      sumCosts(workPtr, latticePtr, types, 0)
      const end = largestCount(costBefore(workPtr, last), latticePtr, types)
      if (end < minOf(latticePtr, last)) continue
      tryOne(types, latticePtr, end, afterPtr, workPtr, fluid, rowsPtr)
    }
    raiseThreshold(keeperPtr, rowsPtr)
  }

  const countsPtr = outPtr + 8
  store<f64>(countsPtr, 0)
  store<f64>(countsPtr, 0, 8)
  startWalk(workPtr, latticePtr, types, from)
  let axis = 0
  while (axis >= 0 && runStart(workPtr) < to) {
    sumCosts(workPtr, latticePtr, types, axis)
    const before = costBefore(workPtr, last)
    if (largestCount(before, latticePtr, types) < minOf(latticePtr, last)) {
      axis = stepRun(workPtr, latticePtr, types, axisBeyond(workPtr, latticePtr, types))
      continue
    }
    takeRun(types, latticePtr, from, to, all != 0, afterPtr, workPtr, fluid, rowsPtr, countsPtr)
    axis = stepRun(workPtr, latticePtr, types, types - 2)
  }
  store<f64>(outPtr, finishKeeper(keeperPtr, rowsPtr) as f64)
  store<f64>(countsPtr, load<f64>(countsPtr, 8) + load<f64>(troubleOf(workPtr)), 8)
}

/**
 * The same rows without a look at every configuration: only those that come before the row at `floorPtr`, or
 * are it. Writes three f64 words to `outPtr`: rows kept | nodes visited | nodes pruned.
 */
export function searchFluid(
  types: i32,
  latticePtr: usize,
  rawPtr: usize,
  bases: i32,
  from: f64,
  to: f64,
  limit: i32,
  byCost: i32,
  floorPtr: usize,
  afterPtr: usize,
  workPtr: usize,
  rowsPtr: usize,
  capacity: i32,
  outPtr: usize,
): void {
  assert(capacity > limit && limit > 0)
  const keeperPtr = workPtr + WALK_BYTES
  const poolPtr = keeperPtr + KEEPER_BYTES
  const spacePtr = spaceOf(workPtr)
  const fluid = startFluid(spacePtr, rawProgramAt(rawPtr), bases)
  const last = types - 1
  startPool(poolPtr)
  store<f64>(troubleOf(workPtr), 0)
  startKeeper(keeperPtr, capacity, limit, byCost != 0)
  lowerTo(keeperPtr, floorPtr)
  let visited: f64 = 0
  let pruned: f64 = 0
  startWalk(workPtr, latticePtr, types, from)
  let axis = 0
  while (axis >= 0 && runStart(workPtr) < to) {
    sumCosts(workPtr, latticePtr, types, axis)
    const before = costBefore(workPtr, last)
    if (largestCount(before, latticePtr, types) < minOf(latticePtr, last)) {
      axis = stepRun(workPtr, latticePtr, types, axisBeyond(workPtr, latticePtr, types))
      continue
    }
    let node = axis
    for (; node < last; node++) {
      visited++
      if (!mayHold(types, latticePtr, workPtr, fluid, node)) break
    }
    if (node < last) {
      pruned++
      axis = stepRun(workPtr, latticePtr, types, node)
      continue
    }
    visited++
    takeRun(types, latticePtr, from, to, false, afterPtr, workPtr, fluid, rowsPtr, outPtr + 8)
    axis = stepRun(workPtr, latticePtr, types, types - 2)
  }
  store<f64>(outPtr, finishKeeper(keeperPtr, rowsPtr) as f64)
  store<f64>(outPtr, visited, 8)
  store<f64>(outPtr, pruned + load<f64>(troubleOf(workPtr)), 16)
}

/** Whether the subtree of the counts up to `axis` may hold a row that enters. */
function mayHold(types: i32, latticePtr: usize, walkPtr: usize, fluid: FluidWork, axis: i32): bool {
  const keeperPtr = walkPtr + WALK_BYTES
  const poolPtr = keeperPtr + KEEPER_BYTES
  const threshold = thresholdOf(keeperPtr)
  let left = budgetOf(latticePtr) - costBefore(walkPtr, axis + 1)
  for (let t = axis + 1; t < types; t++) left -= minOf(latticePtr, t) * priceOf(latticePtr, types, t)
  // the budget itself is compared with sums that are rounded
  left = larger(0, left + budgetOf(latticePtr) * 1e-12)
  // without a set of types in reach that keeps the percentile there is nothing to bound
  if (classOf(fluid, supportInReach(types, latticePtr, walkPtr, axis, left)) == INFEASIBLE) return false
  let ceiling = ceilingOf(types, latticePtr, walkPtr, poolPtr, axis, left, threshold)
  if (ceiling < threshold) return false
  for (let cut = 0; cut < CUTS; cut++) {
    if (!optimise(fluid, vectorAt<f64>(partPtr(poolPtr)), false)) {
      // the parts miss the percentile: a little of everything in reach does not, and its prices are as good
      const reach = supportInReach(types, latticePtr, walkPtr, axis, left)
      for (let t = axis + 1; t < types; t++) {
        const part = partPtr(poolPtr) + words(t)
        if ((reach >> t) & 1) store<f64>(part, larger(load<f64>(part), LITTLE))
      }
      if (!optimise(fluid, vectorAt<f64>(partPtr(poolPtr)), false)) return true
    }
    // a ceiling that is attained cannot be lowered; nor is one without an answer
    if (!(boundOf(fluid) < threshold)) return true
    addDual(types, latticePtr, walkPtr, poolPtr, fluid)
    const lower = ceilingOf(types, latticePtr, walkPtr, poolPtr, axis, left, threshold)
    if (lower < threshold) return false
    if (lower > ceiling - 1e-4 * (ceiling - threshold) && cut > 1) return true
    ceiling = lower
  }
  return true
}

/** The types that configurations of a subtree may have, as bits. */
function supportInReach(types: i32, latticePtr: usize, walkPtr: usize, axis: i32, left: f64): i32 {
  let support = 0
  for (let t = 0; t < types; t++) {
    const most =
      t <= axis
        ? countOf(walkPtr, t)
        : left >= priceOf(latticePtr, types, t)
          ? minOf(latticePtr, t) + sizeOf(latticePtr, types, t) - 1
          : minOf(latticePtr, t)
    if (most > 0) support |= 1 << t
  }
  return support
}

/** Counts what the current run holds of from..to - 1, and tries what may enter, the largest first. */
function takeRun(
  types: i32,
  latticePtr: usize,
  from: f64,
  to: f64,
  all: bool,
  afterPtr: usize,
  walkPtr: usize,
  fluid: FluidWork,
  rowsPtr: usize,
  countsPtr: usize,
): void {
  const keeperPtr = walkPtr + WALK_BYTES
  const poolPtr = keeperPtr + KEEPER_BYTES
  const last = types - 1
  const start = runStart(walkPtr)
  const smallest = minOf(latticePtr, last)
  const before = costBefore(walkPtr, last)
  let first = larger(smallest, smallest + (from - start))
  const final = smaller(largestCount(before, latticePtr, types), smallest + (to - start) - 1)
  // the configuration without any instance rents nothing: it is not one
  if (first == 0 && before == 0) first = 1
  if (final < first) return
  const prefix = supportBefore(types, walkPtr)
  const lone = first == 0 && prefix != 0 && classOf(fluid, prefix) != INFEASIBLE
  const joint = final > 0 && classOf(fluid, prefix | (1 << last)) != INFEASIBLE
  const feasible = (lone ? 1 : 0) + (joint ? final - larger(first, 1) + 1 : 0)
  store<f64>(countsPtr, load<f64>(countsPtr) + (final - first + 1))
  store<f64>(countsPtr, load<f64>(countsPtr, 8) + feasible, 8)
  if (feasible > 0) {
    sumPool(types, walkPtr, poolPtr)
    for (let n = final; n >= first; n--) {
      if (n > 0 ? !joint : !lone) continue
      // fewer instances reach no more
      if (!reaches(types, poolPtr, n, thresholdOf(keeperPtr))) break
      tryOne(types, latticePtr, n, afterPtr, walkPtr, fluid, rowsPtr)
    }
  }
  if (!all || thresholdOf(keeperPtr) > 0) return
  const price = priceOf(latticePtr, types, last)
  for (let n = first; n <= final; n++) {
    if (n > 0 ? joint : lone) continue
    keepAfter(keeperPtr, rowsPtr, afterPtr, 0, before + n * price, start + (n - smallest))
  }
}

/** Solves the configuration of the current run with `n` of the last type, and keeps it if it is good enough. */
function tryOne(
  types: i32,
  latticePtr: usize,
  n: f64,
  afterPtr: usize,
  walkPtr: usize,
  fluid: FluidWork,
  rowsPtr: usize,
): void {
  const keeperPtr = walkPtr + WALK_BYTES
  const poolPtr = keeperPtr + KEEPER_BYTES
  const last = types - 1
  const counts = poolPtr + POOL_BYTES
  for (let t = 0; t < last; t++) store<f64>(counts + words(t), countOf(walkPtr, t))
  store<f64>(counts + words(last), n)
  if (!optimise(fluid, vectorAt<f64>(counts), false)) return
  const bound = boundOf(fluid)
  if (!(bound >= 0)) {
    store<f64>(troubleOf(walkPtr), NaN)
    return
  }
  addDual(types, latticePtr, walkPtr, poolPtr, fluid)
  const cost = costBefore(walkPtr, last) + n * priceOf(latticePtr, types, last)
  keepAfter(keeperPtr, rowsPtr, afterPtr, bound, cost, runStart(walkPtr) + (n - minOf(latticePtr, last)))
}

function spaceOf(workPtr: usize): usize {
  return (troubleOf(workPtr) + 8 + 15) & ~15
}

function troubleOf(workPtr: usize): usize {
  return workPtr + WALK_BYTES + KEEPER_BYTES + POOL_BYTES + 8 * 16
}

/** The types before the last that are in use, as bits. */
function supportBefore(types: i32, walkPtr: usize): i32 {
  let support = 0
  for (let t = 0; t < types - 1; t++) if (countOf(walkPtr, t) > 0) support |= 1 << t
  return support
}
