// The configurations of one run of a lattice, by the fluid bound: which to solve, and which rows to offer.
//
// Whether a configuration is feasible depends on its support alone, so feasible configurations are counted
// without solving them. Of those a configuration is solved only if no cut rules it out.

import { FluidSearch, SOLVE_WORK } from '../layout/fluid-search'
import { larger, smaller } from '../rank/extremes'
import { largestCount } from '../rank/lattice'
import { offerRow } from '../rank/top-k'
import { addCut, mayReach, sumPrefixes } from './cuts'
import { optimise } from './optimise'
import { boundOf } from './refine'
import { classOf, INFEASIBLE } from './start'

/**
 * Counts the configurations of the current run that are in the range, and offers the rows that may enter. Returns at a
 * configuration to solve if no work is left; the next call goes on from there.
 */
export function takeRun(search: FluidSearch): void {
  const walk = search.walk
  const topK = search.topK
  const lattice = walk.lattice
  const page = topK.page
  const last = lattice.types - 1
  const smallest = lattice.min[last]
  const cost = walk.cost[last]
  let first = larger(smallest, smallest + (page.from - walk.start))
  const final = smaller(largestCount(lattice, cost), smallest + (page.to - walk.start) - 1)
  // the configuration without any instance is neither counted nor offered
  if (first == 0 && cost == 0) first = 1
  if (final < first) return
  const prefix = supportBefore(search, last)
  // feasible without the last type, and with it; at a count of 0 others are in use
  const isFeasibleAtZero = first == 0 && classOf(search.fluid, prefix) != INFEASIBLE
  const isFeasible = final > 0 && classOf(search.fluid, prefix | (1 << last)) != INFEASIBLE
  const feasible = (isFeasibleAtZero ? 1 : 0) + (isFeasible ? final - larger(first, 1) + 1 : 0)
  let n = search.pausedAt
  search.pausedAt = -1
  if (n < 0) {
    n = final
    search.withinBudget += final - first + 1
    search.feasible += feasible
    if (feasible > 0) sumPrefixes(search)
  }
  if (feasible > 0) {
    for (; n >= first; n--) {
      if (n > 0 ? !isFeasible : !isFeasibleAtZero) continue
      if (search.workLeft <= 0) {
        search.pausedAt = n
        return
      }
      // the bound is monotone: fewer instances reach no more
      if (!mayReach(search, n, topK.bound)) break
      solveAndOffer(search, n)
    }
  }
  if (!search.includeInfeasible || topK.bound > 0) return
  for (let n = first; n <= final; n++) {
    if (n > 0 ? isFeasible : isFeasibleAtZero) continue
    offerRow(topK, 0, cost + n * lattice.price[last], walk.start + (n - smallest))
  }
}

/** Solves the configuration of the current run with `n` of the last type, adds its cut, and offers its row. */
export function solveAndOffer(search: FluidSearch, n: f64): void {
  const walk = search.walk
  const lattice = walk.lattice
  const last = lattice.types - 1
  const counts = search.counts
  for (let t = 0; t < last; t++) counts[t] = walk.count[t]
  counts[last] = n
  search.workLeft -= SOLVE_WORK
  if (!optimise(search.fluid, counts)) return
  const bound = boundOf(search.fluid)
  if (!(bound >= 0)) {
    search.isUnsolved = 1
    return
  }
  addCut(search)
  offerRow(
    search.topK,
    bound,
    walk.cost[last] + n * lattice.price[last],
    walk.start + (n - lattice.min[last]),
  )
}

/** The types before `axis` that are in use, as bits. */
function supportBefore(search: FluidSearch, axis: i32): i32 {
  let support = 0
  for (let t = 0; t < axis; t++) if (search.walk.count[t] > 0) support |= 1 << t
  return support
}
