// The best configurations of a range of a lattice by the fluid bound, by a walk over all of it.
//
// To solve every configuration would be exact and slow. A configuration is ruled out without that if a cut
// (cuts.ts) shows that its bound is below the threshold of the rows that are kept; the others are solved, each
// from the basis of its neighbour (run.ts).

import {
  FluidSearch,
  fluidSearchSpace,
  initFluidSearch,
  selectFluidArgumentsAt,
  solverSpaceOf,
} from '../layout/fluid-search'
import { axisBehindBudget, initWalk, largestCount, seekRun, stepRun, sumCosts } from '../rank/lattice'
import { initTopK, restartWithThreshold, sortSelected } from '../rank/top-k'
import { startFluid } from './optimise'
import { solveAndOffer, takeRun } from './run'

/** Runs of a long range that are sampled first, for a threshold. */
const SAMPLES: i32 = 512

/** A range is long if its samples are more runs apart. */
const LONG_SPACING: f64 = 64

/** Bytes of the space of selectFluid and searchFluid, if so many bases are kept. */
export function selectFluidBytes(types: i32, lines: i32, bins: i32, bases: i32): i32 {
  return fluidSearchSpace(types, lines, bins, bases) as i32
}

/** Selects the rows of a page, and counts the configurations within the budget and the feasible ones. */
export function selectFluid(argumentsPtr: usize): void {
  const asked = selectFluidArgumentsAt(argumentsPtr)
  const page = asked.page
  const counts = asked.counts
  const lattice = asked.lattice
  const last = lattice.types - 1
  const search = initFluidSearch(asked.space)
  const walk = search.walk
  search.includeInfeasible = asked.includeInfeasible
  search.fluid = startFluid(solverSpaceOf(search), asked.program, asked.bases)
  initWalk(walk, lattice)
  initTopK(search.topK, page)
  const spacing = Math.floor((page.to - page.from) / SAMPLES)
  if (spacing > LONG_SPACING * lattice.size[last]) sampleThreshold(search, spacing)

  seekRun(walk, page.from)
  let axis = 0
  while (axis >= 0 && walk.start < page.to) {
    sumCosts(walk, axis)
    if (largestCount(lattice, walk.cost[last]) < lattice.min[last]) {
      axis = stepRun(walk, axisBehindBudget(walk))
      continue
    }
    takeRun(search)
    axis = stepRun(walk, last - 1)
  }
  counts.selected = sortSelected(search.topK)
  counts.withinBudget = search.withinBudget
  counts.feasible = search.feasible
  asked.isUnsolved = search.isUnsolved
}

/** Solves the largest configuration of runs all over the range, so that its rows give a threshold. */
function sampleThreshold(search: FluidSearch, spacing: f64): void {
  const walk = search.walk
  const lattice = walk.lattice
  const last = lattice.types - 1
  for (let i = 0; i < SAMPLES; i++) {
    seekRun(walk, search.topK.page.from + ((i as f64) + 0.5) * spacing)
    sumCosts(walk, 0)
    const largest = largestCount(lattice, walk.cost[last])
    if (largest >= lattice.min[last]) solveAndOffer(search, largest)
  }
  restartWithThreshold(search.topK)
}
