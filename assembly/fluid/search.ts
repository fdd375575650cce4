// The best configurations of a range of a lattice by the fluid bound.
//
// Solving every configuration would be exact and slow. Any prices that are dual feasible bound every
// configuration, not only the one they were found for: λ <= Σ n_t u_t. So the last few dual solutions are
// kept, and a run of the lattice, or one configuration of it, whose smallest such sum is below the threshold
// of what is kept is passed over; only the others are solved, each from the basis of its neighbour. Whether
// a configuration is feasible depends on its types in use alone, so the counts stay exact.
//
// Work block: Walk | TopK | pool | counts[16] | NaN once a bound was not found, else 0 | fluid
//
// A search (searchFluid) has more configurations than can be walked: there the budget left behind the first
// counts of a walk bounds a whole subtree too, by the most that it buys at the prices of a dual, in parts of
// instances. Where no dual of the pool rules a subtree out, the parts are solved for the dual that bounds
// them best; a few such cuts (Kelley, "The cutting-plane method for solving convex programs", 1960) come
// close to the relaxation of the subtree, which is branched on only if even that may hold a row.

import { rawProgramAt } from '../layout/fluid-program'
import { FluidWork, fluidSpace } from '../layout/fluid-work'
import {
  Lattice,
  Page,
  placeWalk,
  Row,
  SelectionCounts,
  TOP_K_BYTES,
  TopK,
  topKAt,
  WALK_BYTES,
  Walk,
} from '../layout/lattice'
import { vectorAt } from '../layout/vector'
import { larger, smaller } from '../rank/extremes'
import { axisBehindBudget, initWalk, largestCount, seekRun, stepRun, sumCosts } from '../rank/lattice'
import { initTopK, offerRow, restartWithThreshold, setThreshold, sortSelected } from '../rank/top-k'
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

/** Bytes of work space of selectFluid besides the rows: Walk | TopK | pool | fluid. */
export function selectFluidBytes(types: i32, bins: i32, bases: i32): i32 {
  return (WALK_BYTES + TOP_K_BYTES + POOL_BYTES + 8 * 17 + 16 + fluidSpace(types, bins, bases)) as i32
}

/**
 * Selects the rows of a page. With `all`, infeasible configurations within the budget are rows of bound 0.
 * `feasible` of the counts is NaN where the solver gave up.
 */
export function selectFluid(
  types: i32,
  lattice: Lattice,
  rawPtr: usize,
  bases: i32,
  all: i32,
  page: Page,
  workPtr: usize,
  counts: SelectionCounts,
): void {
  const from = page.from
  const to = page.to
  const walk = placeWalk(workPtr)
  const topK = topKOf(walk)
  const poolPtr = poolOf(walk)
  const fluid = startFluid(spaceOf(walk), rawProgramAt(rawPtr), bases)
  const last = types - 1
  startPool(poolPtr)
  store<f64>(troubleOf(walk), 0)
  initWalk(walk, lattice)
  initTopK(topK, page)

  const spacing = Math.floor((to - from) / SAMPLES)
  if (spacing > 64 * lattice.size[last]) {
    for (let i = 0; i < SAMPLES; i++) {
      seekRun(walk, from + ((i as f64) + 0.5) * spacing)
      sumCosts(walk, 0)
      const end = largestCount(lattice, walk.cost[last])
      if (end < lattice.min[last]) continue
      tryOne(types, end, walk, fluid)
    }
    restartWithThreshold(topK)
  }

  counts.withinBudget = 0
  counts.feasible = 0
  seekRun(walk, from)
  let axis = 0
  while (axis >= 0 && walk.start < to) {
    sumCosts(walk, axis)
    const before = walk.cost[last]
    if (largestCount(lattice, before) < lattice.min[last]) {
      axis = stepRun(walk, axisBehindBudget(walk))
      continue
    }
    takeRun(types, from, to, all != 0, walk, fluid, counts)
    axis = stepRun(walk, types - 2)
  }
  counts.selected = sortSelected(topK)
  counts.feasible += load<f64>(troubleOf(walk))
}

/**
 * Selects the same rows without a look at every configuration: only those that come before `floor`, and
 * `floor` itself. Of the counts, `withinBudget` is the nodes visited and `feasible` the nodes pruned.
 */
export function searchFluid(
  types: i32,
  lattice: Lattice,
  rawPtr: usize,
  bases: i32,
  floor: Row,
  page: Page,
  workPtr: usize,
  counts: SelectionCounts,
): void {
  const from = page.from
  const to = page.to
  const walk = placeWalk(workPtr)
  const topK = topKOf(walk)
  const poolPtr = poolOf(walk)
  const fluid = startFluid(spaceOf(walk), rawProgramAt(rawPtr), bases)
  const last = types - 1
  startPool(poolPtr)
  store<f64>(troubleOf(walk), 0)
  initWalk(walk, lattice)
  initTopK(topK, page)
  setThreshold(topK, floor)
  let visited: f64 = 0
  let pruned: f64 = 0
  seekRun(walk, from)
  let axis = 0
  while (axis >= 0 && walk.start < to) {
    sumCosts(walk, axis)
    const before = walk.cost[last]
    if (largestCount(lattice, before) < lattice.min[last]) {
      axis = stepRun(walk, axisBehindBudget(walk))
      continue
    }
    let node = axis
    for (; node < last; node++) {
      visited++
      if (!mayHold(types, walk, fluid, node)) break
    }
    if (node < last) {
      pruned++
      axis = stepRun(walk, node)
      continue
    }
    visited++
    takeRun(types, from, to, false, walk, fluid, counts)
    axis = stepRun(walk, types - 2)
  }
  counts.selected = sortSelected(topK)
  counts.withinBudget = visited
  counts.feasible = pruned + load<f64>(troubleOf(walk))
}

/** Whether the subtree of the counts up to `axis` may hold a row that enters. */
function mayHold(types: i32, walk: Walk, fluid: FluidWork, axis: i32): bool {
  const lattice = walk.lattice
  const topK = topKOf(walk)
  const poolPtr = poolOf(walk)
  const threshold = topK.bound
  let left = lattice.budget - walk.cost[axis + 1]
  for (let t = axis + 1; t < types; t++) left -= lattice.min[t] * lattice.price[t]
  // the budget itself is compared with sums that are rounded
  left = larger(0, left + lattice.budget * 1e-12)
  // without a set of types in reach that keeps the percentile there is nothing to bound
  if (classOf(fluid, supportInReach(types, walk, axis, left)) == INFEASIBLE) return false
  let ceiling = ceilingOf(types, lattice, walk, poolPtr, axis, left, threshold)
  if (ceiling < threshold) return false
  for (let cut = 0; cut < CUTS; cut++) {
    if (!optimise(fluid, vectorAt<f64>(partPtr(poolPtr)), false)) {
      // the parts miss the percentile: a little of everything in reach does not, and its prices are as good
      const reach = supportInReach(types, walk, axis, left)
      for (let t = axis + 1; t < types; t++) {
        const part = partPtr(poolPtr) + words(t)
        if ((reach >> t) & 1) store<f64>(part, larger(load<f64>(part), LITTLE))
      }
      if (!optimise(fluid, vectorAt<f64>(partPtr(poolPtr)), false)) return true
    }
    // a ceiling that is attained cannot be lowered; nor is one without an answer
    if (!(boundOf(fluid) < threshold)) return true
    addDual(types, lattice, walk, poolPtr, fluid)
    const lower = ceilingOf(types, lattice, walk, poolPtr, axis, left, threshold)
    if (lower < threshold) return false
    if (lower > ceiling - 1e-4 * (ceiling - threshold) && cut > 1) return true
    ceiling = lower
  }
  return true
}

/** The types that configurations of a subtree may have, as bits. */
function supportInReach(types: i32, walk: Walk, axis: i32, left: f64): i32 {
  const lattice = walk.lattice
  let support = 0
  for (let t = 0; t < types; t++) {
    const most =
      t <= axis
        ? walk.count[t]
        : left >= lattice.price[t]
          ? lattice.min[t] + lattice.size[t] - 1
          : lattice.min[t]
    if (most > 0) support |= 1 << t
  }
  return support
}

/** Counts what the current run holds of from..to - 1, and tries what may enter, the largest first. */
function takeRun(
  types: i32,
  from: f64,
  to: f64,
  all: bool,
  walk: Walk,
  fluid: FluidWork,
  counts: SelectionCounts,
): void {
  const lattice = walk.lattice
  const topK = topKOf(walk)
  const poolPtr = poolOf(walk)
  const last = types - 1
  const start = walk.start
  const smallest = lattice.min[last]
  const before = walk.cost[last]
  let first = larger(smallest, smallest + (from - start))
  const final = smaller(largestCount(lattice, before), smallest + (to - start) - 1)
  // the configuration without any instance rents nothing: it is not one
  if (first == 0 && before == 0) first = 1
  if (final < first) return
  const prefix = supportBefore(types, walk)
  const lone = first == 0 && prefix != 0 && classOf(fluid, prefix) != INFEASIBLE
  const joint = final > 0 && classOf(fluid, prefix | (1 << last)) != INFEASIBLE
  const feasible = (lone ? 1 : 0) + (joint ? final - larger(first, 1) + 1 : 0)
  counts.withinBudget += final - first + 1
  counts.feasible += feasible
  if (feasible > 0) {
    sumPool(types, walk, poolPtr)
    for (let n = final; n >= first; n--) {
      if (n > 0 ? !joint : !lone) continue
      // fewer instances reach no more
      if (!reaches(types, poolPtr, n, topK.bound)) break
      tryOne(types, n, walk, fluid)
    }
  }
  if (!all || topK.bound > 0) return
  const price = lattice.price[last]
  for (let n = first; n <= final; n++) {
    if (n > 0 ? joint : lone) continue
    offerRow(topK, 0, before + n * price, start + (n - smallest))
  }
}

/** Solves the configuration of the current run with `n` of the last type, and keeps it if it is good enough. */
function tryOne(types: i32, n: f64, walk: Walk, fluid: FluidWork): void {
  const lattice = walk.lattice
  const topK = topKOf(walk)
  const poolPtr = poolOf(walk)
  const last = types - 1
  const counts = poolPtr + POOL_BYTES
  for (let t = 0; t < last; t++) store<f64>(counts + words(t), walk.count[t])
  store<f64>(counts + words(last), n)
  if (!optimise(fluid, vectorAt<f64>(counts), false)) return
  const bound = boundOf(fluid)
  if (!(bound >= 0)) {
    store<f64>(troubleOf(walk), NaN)
    return
  }
  addDual(types, lattice, walk, poolPtr, fluid)
  const cost = walk.cost[last] + n * lattice.price[last]
  offerRow(topK, bound, cost, walk.start + (n - lattice.min[last]))
}

function topKOf(walk: Walk): TopK {
  return topKAt(changetype<usize>(walk) + WALK_BYTES)
}

function poolOf(walk: Walk): usize {
  return changetype<usize>(walk) + WALK_BYTES + TOP_K_BYTES
}

function spaceOf(walk: Walk): usize {
  return (troubleOf(walk) + 8 + 15) & ~15
}

function troubleOf(walk: Walk): usize {
  return poolOf(walk) + POOL_BYTES + 8 * 16
}

/** The types before the last that are in use, as bits. */
function supportBefore(types: i32, walk: Walk): i32 {
  let support = 0
  for (let t = 0; t < types - 1; t++) if (walk.count[t] > 0) support |= 1 << t
  return support
}
