// The best configurations of a range of a lattice by the fluid bound, by a walk over all of it.
//
// To solve every configuration would be exact and slow. A configuration is ruled out without that if a cut
// (cuts.ts) shows that its bound is below the threshold of the rows that are kept; the others are solved, each
// from the basis of its neighbour (run.ts).

import { FluidSearch, initFluidSearch, SelectFluidArguments, solverSpaceOf } from '../layout/fluid-search'
import { Page } from '../layout/lattice'
import { larger } from '../rank/extremes'
import { axisBehindBudget, initWalk, largestCount, seekRun, stepRun, sumCosts } from '../rank/lattice'
import { initTopK, restartWithThreshold, sortSelected } from '../rank/top-k'
import { startFluid } from './optimise'
import { solveAndOffer, takeRun } from './run'

/** Runs of a long range that are sampled first, for a threshold. */
const SAMPLES: i32 = 512

/** A range is long if its samples are more runs apart. */
const LONG_SPACING: f64 = 64

/** Selects the rows of a page, and counts the configurations within the budget and the feasible ones. */
export function selectFluid(asked: SelectFluidArguments): void {
  createSelection(asked)
  advance(asked, Infinity)
  finish(asked)
}

/** Begins a selection: advance() does the work, and finish() ends it. Its state is in the space of the arguments. */
export function createSelection(asked: SelectFluidArguments): void {
  const page = asked.page
  const lattice = asked.lattice
  const search = initFluidSearch(asked.space)
  search.includeInfeasible = asked.includeInfeasible
  search.fluid = startFluid(solverSpaceOf(search), asked.program, asked.bases)
  initWalk(search.walk, lattice)
  initTopK(search.topK, page)
  const isLong = spacingOf(page) > LONG_SPACING * lattice.size[lattice.types - 1]
  search.samplesLeft = isLong ? SAMPLES : 0
  search.axis = 0
  seekRun(search.walk, page.from)
  asked.next = page.from
}

/**
 * Goes on with a selection until so much work is done, in the unit of FluidSearch.workLeft. Returns whether the range
 * is done. However often it pauses, the selection is the same.
 */
export function advance(asked: SelectFluidArguments, work: f64): bool {
  const page = asked.page
  const lattice = asked.lattice
  const last = lattice.types - 1
  const search = changetype<FluidSearch>(asked.space)
  const walk = search.walk
  search.workLeft = work
  if (search.samplesLeft > 0) {
    while (search.samplesLeft > 0 && search.workLeft > 0) takeSample(search)
    if (search.samplesLeft > 0) return false
    restartWithThreshold(search.topK)
    seekRun(walk, page.from)
  }
  while (search.axis >= 0 && walk.start < page.to) {
    if (search.workLeft <= 0) {
      asked.next = larger(page.from, walk.start)
      return false
    }
    if (search.pausedAt < 0) search.workLeft--
    sumCosts(walk, search.axis)
    if (largestCount(lattice, walk.cost[last]) < lattice.min[last]) {
      search.axis = stepRun(walk, axisBehindBudget(walk))
      continue
    }
    takeRun(search)
    if (search.pausedAt < 0) search.axis = stepRun(walk, last - 1)
  }
  asked.next = page.to
  return true
}

/** Ends a selection with the rows of the configurations that are done. */
export function finish(asked: SelectFluidArguments): void {
  const search = changetype<FluidSearch>(asked.space)
  const counts = asked.counts
  counts.selected = sortSelected(search.topK)
  counts.withinBudget = search.withinBudget
  counts.feasible = search.feasible
  asked.isUnsolved = search.isUnsolved
}

/** Solves the largest configuration of the next run to sample: the rows of runs all over the range give a threshold. */
function takeSample(search: FluidSearch): void {
  const walk = search.walk
  const page = search.topK.page
  const lattice = walk.lattice
  const last = lattice.types - 1
  const sample = SAMPLES - search.samplesLeft
  search.samplesLeft--
  search.workLeft--
  seekRun(walk, page.from + ((sample as f64) + 0.5) * spacingOf(page))
  sumCosts(walk, 0)
  const largest = largestCount(lattice, walk.cost[last])
  if (largest >= lattice.min[last]) solveAndOffer(search, largest)
}

function spacingOf(page: Page): f64 {
  return Math.floor((page.to - page.from) / SAMPLES)
}
