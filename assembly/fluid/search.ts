// The best configurations of a range of a lattice by the fluid bound, by branch and bound: for ranges that are
// too long for a walk over every configuration.
//
// A node fixes the counts of the first types; its children fix that of the next one. The walk of the lattice
// visits them depth first, in lexicographic order.
//
//   1. relaxation of a node: the least maximum over the pool of cuts (cuts.ts) of what the budget left buys of
//      the other types, in fractions of instances
//   2. if that is below the threshold of the rows that are kept, the subtree is pruned
//   3. else the fractional configuration at which the relaxation is attained is solved. Its dual solution is a
//      new cut, which lowers the relaxation: the cutting-plane method. A few cuts come close to the maximum of
//      the bound itself over the node.
//   4. if that does not prune the node it is branched on; a node whose children are single configurations is
//      a run (run.ts)

import { FluidSearch, initFluidSearch, SearchFluidArguments, solverSpaceOf } from '../layout/fluid-search'
import { larger } from '../rank/extremes'
import { axisBehindBudget, initWalk, largestCount, seekRun, stepRun, sumCosts } from '../rank/lattice'
import { initTopK, setThreshold, sortSelected } from '../rank/top-k'
import { addCut, relax } from './cuts'
import { optimise, startFluid } from './optimise'
import { boundOf } from './refine'
import { takeRun } from './run'
import { classOf, INFEASIBLE } from './start'

/** Cuts that are added for a node before it is branched on. */
const CUTS_PER_NODE: i32 = 4

/** A cut that lowers the relaxation by a smaller share of its distance from the threshold is the last. */
const MIN_PROGRESS: f64 = 1e-4

/** What the budget is increased by, relatively: it is compared with sums that are rounded. */
const BUDGET_MARGIN: f64 = 1e-12

/** A count that makes a type part of a support, and changes little else. */
const SMALL_COUNT: f64 = 0.1

/** Selects the rows of a page that come before the floor, or are it, and counts the nodes. */
export function searchFluid(asked: SearchFluidArguments): void {
  const page = asked.page
  const counts = asked.counts
  const lattice = asked.lattice
  const last = lattice.types - 1
  const search = initFluidSearch(asked.space)
  const walk = search.walk
  search.includeInfeasible = 0
  search.fluid = startFluid(solverSpaceOf(search), asked.program, asked.bases)
  initWalk(walk, lattice)
  initTopK(search.topK, page)
  setThreshold(search.topK, asked.floor)

  let visited: f64 = 0
  let pruned: f64 = 0
  seekRun(walk, page.from)
  let axis = 0
  while (axis >= 0 && walk.start < page.to) {
    sumCosts(walk, axis)
    if (largestCount(lattice, walk.cost[last]) < lattice.min[last]) {
      axis = stepRun(walk, axisBehindBudget(walk))
      continue
    }
    // the nodes that are entered with this run, from the outermost
    let node = axis
    for (; node < last; node++) {
      visited++
      if (!mayHoldRow(search, node)) break
    }
    if (node < last) {
      pruned++
      axis = stepRun(walk, node)
      continue
    }
    visited++
    takeRun(search)
    axis = stepRun(walk, last - 1)
  }
  counts.selected = sortSelected(search.topK)
  counts.visited = visited
  counts.pruned = pruned
  asked.isUnsolved = search.isUnsolved
}

/** Whether the node of the current counts up to `axis` may hold a row that enters. Adds cuts to decide that. */
function mayHoldRow(search: FluidSearch, axis: i32): bool {
  const fluid = search.fluid
  const relaxed = search.cuts.relaxed
  const threshold = search.topK.bound
  const left = budgetLeft(search, axis)
  const support = supportInReach(search, axis, left)
  // if no configuration keeps the percentile there is nothing to bound
  if (classOf(fluid, support) == INFEASIBLE) return false
  let bound = relax(search, axis, left, threshold)
  if (bound < threshold) return false
  for (let cut = 0; cut < CUTS_PER_NODE; cut++) {
    if (!optimise(fluid, relaxed)) {
      // a little of every type in reach keeps the percentile, and its cut is as valid
      for (let t = axis + 1; t < search.walk.lattice.types; t++) {
        if ((support >> t) & 1) relaxed[t] = larger(relaxed[t], SMALL_COUNT)
      }
      if (!optimise(fluid, relaxed)) return true
    }
    // a relaxation that is attained cannot be lowered below the threshold; nor can one without an answer
    if (!(boundOf(fluid) < threshold)) return true
    addCut(search)
    const lower = relax(search, axis, left, threshold)
    if (lower < threshold) return false
    if (lower > bound - MIN_PROGRESS * (bound - threshold) && cut > 1) return true
    bound = lower
  }
  return true
}

/** The budget beyond the current counts up to `axis` and the least counts of the other types. */
function budgetLeft(search: FluidSearch, axis: i32): f64 {
  const lattice = search.walk.lattice
  let left = lattice.budget - search.walk.cost[axis + 1]
  for (let t = axis + 1; t < lattice.types; t++) left -= lattice.min[t] * lattice.price[t]
  return larger(0, left + lattice.budget * BUDGET_MARGIN)
}

/** The types that configurations of a node may have, as bits. */
function supportInReach(search: FluidSearch, axis: i32, left: f64): i32 {
  const lattice = search.walk.lattice
  let support = 0
  for (let t = 0; t < lattice.types; t++) {
    let most = lattice.min[t]
    if (t <= axis) most = search.walk.count[t]
    else if (left >= lattice.price[t]) most += lattice.size[t] - 1
    if (most > 0) support |= 1 << t
  }
  return support
}
