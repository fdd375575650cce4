// The closed-form bounds of a range of a lattice: all of them written (scanLattice), or the best of them selected
// (selectLattice).
//
// The bound never falls along a run, and is constant once the base is the bottleneck. So selectLattice starts at
// the end of a run and stops at the first row that cannot enter: a run takes a few operations, whatever its length,
// and some for each row that enters.

import { placeRankWork, RankWork, RunEstimate, ScanArguments, SelectArguments } from '../layout/rank'
import { Vector } from '../layout/vector'
import {
  estimateAt,
  estimateAtZero,
  initForm,
  updateEstimate,
  updatePrefix,
  writeEstimates,
} from './closed-form'
import { larger, smaller } from './extremes'
import { axisBehindBudget, initWalk, largestCount, seekRun, stepRun, sumCosts } from './lattice'
import { skipRuns } from './skip-runs'
import { initTopK, offerRow, restartWithThreshold, sortSelected } from './top-k'

/** Runs of a long range that are sampled first, for a threshold. */
const SAMPLES: i32 = 4096

/** A range is long if its samples are more runs apart. */
const LONG_SPACING: f64 = 64

/** Writes the bounds of a range, 0 for configurations that are not ranked. */
export function scanLattice(given: ScanArguments): void {
  const from = given.from
  const to = given.to
  const lattice = given.lattice
  const bounds = given.bounds
  const base = given.form.base
  const work = placeRankWork(given.work)
  const walk = work.walk
  const last = lattice.types - 1
  const smallest = lattice.min[last]
  initWalk(walk, lattice)
  initForm(work, given.form)
  seekRun(walk, from)
  let axis = 0
  let next = from
  while (axis >= 0 && walk.start < to) {
    updateSums(work, axis)
    const start = walk.start
    const end = largestCount(lattice, walk.cost[last])
    if (end < smallest) {
      axis = stepRun(walk, axisBehindBudget(walk))
      continue
    }
    if (base == last || walk.count[base] > 0) {
      let first = larger(smallest, smallest + (from - start))
      const behind = smaller(end + 1, smallest + (to - start))
      if (first == 0 && behind > 0) {
        if (base != last) {
          updateEstimate(work.zeroEstimate, work.prefix, walk)
          writeZeros(bounds, next - from, start - from)
          bounds[(start - from) as i32] = estimateAtZero(work.zeroEstimate)
          next = start + 1
        }
        first = 1
      }
      if (behind > first) {
        updateEstimate(work.estimate, work.prefix, walk)
        const at = start - from + (first - smallest)
        writeZeros(bounds, next - from, at)
        writeEstimates(work.estimate, first, (behind - first) as i32, bounds.from(at as i32))
        next = start + (behind - smallest)
      }
    }
    axis = stepRun(walk, lattice.types - 2)
  }
  writeZeros(bounds, next - from, to - from)
}

function writeZeros(bounds: Vector<f64>, from: f64, to: f64): void {
  if (to > from) bounds.from(from as i32).clear((to - from) as i32)
}

/** Selects the best rows of a range. */
export function selectLattice(given: SelectArguments): void {
  const page = given.page
  const counts = given.counts
  const from = page.from
  const to = page.to
  const lattice = given.lattice
  const types = lattice.types
  const last = types - 1
  const length = lattice.size[last]
  const work = placeRankWork(given.work)
  const walk = work.walk
  initWalk(walk, lattice)
  initForm(work, given.form)
  initTopK(work.topK, page)
  const spacing = Math.floor((to - from) / SAMPLES)
  if (spacing > LONG_SPACING * length) sampleRuns(given, work, spacing)
  counts.withinBudget = 0
  counts.feasible = 0
  seekRun(walk, from)
  let axis = 0
  while (axis >= 0 && walk.start < to) {
    updateSums(work, axis)
    const start = walk.start
    if (largestCount(lattice, walk.cost[last]) < lattice.min[last]) {
      axis = stepRun(walk, axisBehindBudget(walk))
      continue
    }
    let skipped = 0
    if (types > 1 && start >= from && walk.count[last - 1] > 0) {
      updateEstimate(work.estimate, work.prefix, walk)
      updateEstimate(work.zeroEstimate, work.prefix, walk)
      const runsLeft = lattice.min[last - 1] + lattice.size[last - 1] - walk.count[last - 1]
      skipped = skipRuns(work, smaller(runsLeft, Math.floor((to - start) / length)) as i32, counts)
    }
    if (skipped == 0) selectFromRun(given, work)
    axis = stepRun(walk, types - 2)
  }
  counts.selected = sortSelected(work.topK)
}

/**
 * Bounds mostly rise along a lattice, so nearly every run would enter and push another one out. Therefore runs from all
 * over a long range are sampled first: the k-th best of their rows is a threshold.
 */
function sampleRuns(given: SelectArguments, work: RankWork, spacing: f64): void {
  for (let i = 0; i < SAMPLES; i++) {
    seekRun(work.walk, given.page.from + ((i as f64) + 0.5) * spacing)
    updateSums(work, 0)
    selectFromRun(given, work)
  }
  restartWithThreshold(work.topK)
}

/** Brings up to date what depends on the counts from `axis` on. */
function updateSums(work: RankWork, axis: i32): void {
  sumCosts(work.walk, axis)
  updatePrefix(work, axis)
}

/** Counts the configurations of the current run that are in the range, and offers those that may enter. */
function selectFromRun(given: SelectArguments, work: RankWork): void {
  const page = given.page
  const counts = given.counts
  const walk = work.walk
  const topK = work.topK
  const lattice = walk.lattice
  const base = given.form.base
  const last = lattice.types - 1
  const start = walk.start
  const smallest = lattice.min[last]
  const cost = walk.cost[last]
  const end = largestCount(lattice, cost)
  let first = larger(smallest, smallest + (page.from - start))
  const final = smaller(end, smallest + (page.to - start) - 1)
  if (final < first) return
  // the configuration without any instance is not counted
  const isEmpty = first == 0 && cost == 0
  counts.withinBudget += final - first + 1 - (isEmpty ? 1 : 0)
  if (base != last && walk.count[base] == 0) return

  const hasNoBase = first == 0 && base == last
  counts.feasible += final - first + 1 - (hasNoBase ? 1 : 0)
  if (first == 0) {
    if (base != last) {
      updateEstimate(work.zeroEstimate, work.prefix, walk)
      offerRow(topK, estimateAtZero(work.zeroEstimate), cost, start)
    }
    first = 1
  }
  if (final < first) return
  const estimate = work.estimate
  updateEstimate(estimate, work.prefix, walk)
  const top = estimateAt(estimate, final)
  if (top < topK.bound) return
  const price = lattice.price[last]
  const zero = start - smallest
  const flat = firstAtLeast(estimate, first, final, top)
  // the flat end of the run: rows come in order of cost, so the first that does not enter ends it
  if (top <= page.after.bound) {
    for (let n = flat; n <= final; n++) {
      if (!offerRow(topK, top, cost + n * price, zero + n)) break
    }
  }
  // the slope below it, from its upper end
  for (let n = flat - 1; n >= first; n--) {
    const bound = estimateAt(estimate, n)
    if (bound < topK.bound) break
    offerRow(topK, bound, cost + n * price, zero + n)
  }
}

/** The first count from `first` to `final` with a bound of at least `level`; the bound of `final` is. */
function firstAtLeast(estimate: RunEstimate, first: f64, final: f64, level: f64): f64 {
  let low = first
  let high = final
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (estimateAt(estimate, middle) < level) low = middle + 1
    else high = middle
  }
  return low
}
