// Cuts: bounds on many configurations at once, from dual solutions of a few.
//
// Prices u that are dual feasible bound every configuration n, not only the one for which they were found:
//
//   λ*(n) <= Σ_t n_t u_t
//
// λ* is concave, and this is a supporting hyperplane of it: a cut, as in Kelley, "The cutting-plane method for
// solving convex programs", J. SIAM 8, 1960. The last MAX_CUTS dual solutions are kept in a pool.
//
// Two uses:
//   mayReach   one configuration of the current run: the cut is evaluated
//   relax      a node, which fixes the counts up to an axis and leaves a budget for the others. The maximum of a
//              cut over all counts that the budget buys, fractions allowed, is a continuous knapsack: types in the
//              order of price per dollar, each up to its largest count. The least maximum over the pool bounds
//              every configuration of the node.
//
// The pool is ordered by use: a cut that rules something out moves up one place, a new cut enters in the middle
// and pushes out the last. Entered at the end, it would be pushed out by the next one before it could move up.

import { CutPool, FluidSearch, MAX_CUTS, orderOfCut, pricesOfCut } from '../layout/fluid-search'
import { smaller } from '../rank/extremes'
import { writePrices } from './prices'

/** A sum of prices may be too small by this share, because of rounding. */
const SUM_MARGIN: f64 = 1e-11

/** Fractions of an instance that are too small for the solver: they are counted in the bound, and then dropped. */
const MIN_FRACTION: f64 = 1e-6

/** Adds the dual solution of the configuration that was solved last. */
export function addCut(search: FluidSearch): void {
  const pool = search.cuts
  const lattice = search.walk.lattice
  const types = lattice.types
  const ranks = pool.ranks
  const count = pool.count
  let cut = count
  if (count < MAX_CUTS) pool.count = count + 1
  else cut = ranks[MAX_CUTS - 1]
  const middle = count >> 1
  for (let i = count < MAX_CUTS ? count : MAX_CUTS - 1; i > middle; i--) ranks[i] = ranks[i - 1]
  ranks[middle] = cut
  const prices = pricesOfCut(pool, cut)
  writePrices(search.fluid, prices)
  sumPrefix(search, cut)
  const order = orderOfCut(pool, cut)
  for (let t = 0; t < types; t++) {
    const value = prices[t] / lattice.price[t]
    let i = t
    for (; i > 0; i--) {
      const other = order[i - 1]
      if (prices[other] / lattice.price[other] >= value) break
      order[i] = other
    }
    order[i] = t
  }
}

/** Brings the prefix sums of all cuts up to date with the current run. */
export function sumPrefixes(search: FluidSearch): void {
  for (let cut = 0; cut < search.cuts.count; cut++) sumPrefix(search, cut)
}

function sumPrefix(search: FluidSearch, cut: i32): void {
  const count = search.walk.count
  const prices = pricesOfCut(search.cuts, cut)
  let sum: f64 = 0
  for (let t = 0; t < search.walk.lattice.types - 1; t++) sum += count[t] * prices[t]
  search.cuts.prefixSums[cut] = sum
}

/** Whether no cut shows that the bound is below `threshold` with `n` of the last type in the current run. */
export function mayReach(search: FluidSearch, n: f64, threshold: f64): bool {
  const pool = search.cuts
  const last = search.walk.lattice.types - 1
  for (let i = 0; i < pool.count; i++) {
    const cut = pool.ranks[i]
    const sum = pool.prefixSums[cut] + n * pricesOfCut(pool, cut)[last]
    if (sum * (1 + SUM_MARGIN) >= threshold) continue
    moveUp(pool, i)
    return false
  }
  return true
}

/**
 * The least bound, over the pool, of all configurations with the current counts up to `axis`, whatever the budget
 * `left` buys beyond the least counts of the other types. The first cut below `threshold` is enough: its bound is
 * returned then. Otherwise the counts at which the least bound is attained are in `relaxed`.
 */
export function relax(search: FluidSearch, axis: i32, left: f64, threshold: f64): f64 {
  const pool = search.cuts
  const count = search.walk.count
  let least: f64 = Infinity
  let tightest = -1
  for (let i = 0; i < pool.count; i++) {
    const cut = pool.ranks[i]
    const prices = pricesOfCut(pool, cut)
    let sum: f64 = 0
    for (let t = 0; t <= axis; t++) sum += count[t] * prices[t]
    sum = (sum + fillKnapsack(search, cut, axis, left, false)) * (1 + SUM_MARGIN)
    if (sum < threshold) {
      moveUp(pool, i)
      return sum
    }
    if (sum < least) {
      least = sum
      tightest = cut
    }
  }
  if (tightest >= 0) fillKnapsack(search, tightest, axis, left, true)
  else divideBudget(search, axis, left)
  for (let t = 0; t <= axis; t++) pool.relaxed[t] = count[t]
  return least
}

/**
 * The largest value of a cut that a budget buys of the types behind `axis`, in fractions of instances. Writes
 * their counts to `relaxed` if `write`.
 */
function fillKnapsack(search: FluidSearch, cut: i32, axis: i32, left: f64, write: bool): f64 {
  const pool = search.cuts
  const lattice = search.walk.lattice
  const types = lattice.types
  const prices = pricesOfCut(pool, cut)
  const order = orderOfCut(pool, cut)
  let rest = left
  let sum: f64 = 0
  for (let i = 0; i < types; i++) {
    const t = order[i]
    if (t <= axis) continue
    const cost = lattice.price[t]
    let more = smaller(lattice.size[t] - 1, rest / cost)
    rest -= more * cost
    if (more < MIN_FRACTION) {
      sum += more * prices[t]
      more = 0
    }
    const count = lattice.min[t] + more
    sum += count * prices[t]
    if (write) pool.relaxed[t] = count
  }
  return sum
}

/** Without a cut: gives every type behind `axis` the same share of a budget. */
function divideBudget(search: FluidSearch, axis: i32, left: f64): void {
  const lattice = search.walk.lattice
  const types = lattice.types
  for (let t = axis + 1; t < types; t++) {
    const share = left / ((types - axis - 1) as f64) / lattice.price[t]
    search.cuts.relaxed[t] = lattice.min[t] + smaller(lattice.size[t] - 1, share)
  }
}

function moveUp(pool: CutPool, place: i32): void {
  if (place == 0) return
  const cut = pool.ranks[place]
  pool.ranks[place] = pool.ranks[place - 1]
  pool.ranks[place - 1] = cut
}
