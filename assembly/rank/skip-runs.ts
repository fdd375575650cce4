// Skips runs that hold no row that would be kept. The loop keeps its state in registers.
//
// Neighbouring runs differ in n, the count of the last type but one. Along them the cost and both branches of
// the closed form are linear in n, and the types in use stay the same as long as n is 1 or more. The bound
// never falls along a run. So a run is skipped if the bounds at its end and at its configuration without the
// last type are below the threshold, or equal to it at a higher cost. Many are, if the base is the bottleneck.
//
// From run to run, as n grows, neither these bounds nor the cost fall, and rounding keeps that order. So if the last of
// the runs would be skipped at the cost of the first, all are, at once. Otherwise they are looked at one by one.
//
// Invariant: every sum here is in the order of estimateAt and estimateAtZero, so a bound that is compared with the
// threshold is the bound of the row, to the last bit.

import { SelectionCounts } from '../layout/lattice'
import { RankWork } from '../layout/rank'
import { rateOf } from './closed-form'
import { larger, smaller } from './extremes'
import { advanceAlong, largestCount } from './lattice'
import { tieCostOf } from './top-k'

/**
 * Skips up to `runs` runs from the current one on, whose estimates are up to date, and adds what they hold to
 * `counts`. Returns how many it skipped and leaves the walk on the last of them.
 */
export function skipRuns(work: RankWork, runs: i32, counts: SelectionCounts): i32 {
  const walk = work.walk
  const prefix = work.prefix
  const form = prefix.form
  const lattice = walk.lattice
  const types = lattice.types
  const base = form.base
  const last = types - 1
  const axis = types - 2
  const smallest = lattice.min[last]
  const largest = smallest + lattice.size[last] - 1
  const price = lattice.price[last]
  const axisPrice = lattice.price[axis]
  const budget = lattice.budget
  const threshold = work.topK.bound
  const tieCost = tieCostOf(work.topK)
  const costBefore = walk.cost[axis]
  const first = walk.count[axis]
  const zeroIsRanked = smallest == 0 && base != last
  const smallestRanked: f64 = base == last && smallest == 0 ? 1 : smallest

  const baseRate = form.baseRate
  const fixedBases: f64 = base == last ? 0 : walk.count[base]
  const estimate = work.estimate
  const busyRate = estimate.busyRate
  const busyStep = estimate.busyStep
  const splitStep = estimate.splitStep
  const rateStep = estimate.rateStep
  const weight = estimate.weight
  const rateBefore = weight > 0 ? estimate.sum[axis] : 0
  const axisRate = weight > 0 ? rateOf(prefix, types, estimate.cutoff, axis) : 0

  const zeroEstimate = work.zeroEstimate
  const zeroBusyRate = zeroEstimate.busyRate
  const zeroWeight = zeroEstimate.weight
  const zeroRateBefore = zeroWeight > 0 ? zeroEstimate.sum[axis] : 0
  const zeroAxisRate = zeroWeight > 0 ? rateOf(prefix, types, zeroEstimate.cutoff, axis) : 0

  let withinBudget: f64 = 0
  let feasible: f64 = 0
  let skipped = 0
  // runs that are looked at together
  let step = runs
  while (skipped < runs) {
    const cheapest = costBefore + (first + (skipped as f64)) * axisPrice
    const n = first + ((skipped + step - 1) as f64)
    const cost = costBefore + n * axisPrice
    let final = largest
    if (cost + largest * price > budget) {
      if (step > 1) {
        step = 1
        continue
      }
      final = largestCount(lattice, cost)
    }
    if (final < smallest) break
    const bases = base == axis ? n : fixedBases
    if (bases > 0 || base == last) {
      const busyAtZero = bases > 0 ? bases * busyRate : 0
      const splitAtZero = bases * baseRate
      const busy = busyAtZero + final * busyStep
      const split = splitAtZero + final * splitStep + (rateBefore + n * axisRate + final * rateStep) * weight
      let bound = smaller(busy, split)
      if (zeroIsRanked) {
        const zeroRate = zeroRateBefore + n * zeroAxisRate
        bound = larger(bound, smaller(bases * zeroBusyRate, splitAtZero + zeroRate * zeroWeight))
      }
      const mayTie = cheapest + smallest * price <= tieCost
      if (bound > threshold || (mayTie && bound == threshold)) {
        if (step == 1) break
        step = 1
        continue
      }
      feasible += (step as f64) * (final - smallestRanked + 1)
    }
    withinBudget += (step as f64) * (final - smallest + 1)
    skipped += step
  }
  if (skipped > 1) advanceAlong(walk, axis, (skipped - 1) as f64)
  counts.withinBudget += withinBudget
  counts.feasible += feasible
  return skipped
}
