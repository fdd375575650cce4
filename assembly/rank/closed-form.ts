// The published closed-form estimate of a configuration's throughput, along one run of a lattice:
// B. Li, S. Samsi, V. Gadepally and D. Tiwari, "Kairos: Building Cost-Efficient Machine Learning Inference
// Systems with Heterogeneous Cloud Resources", HPDC 2023.
//
// Problem: n_t instances of each type, one of them the base type b, the others auxiliary. An auxiliary type
// serves only the queries in bins up to its cutoff s. Over the auxiliary types in use take the largest s, and
//   f         the share of the queries that lie in bins up to s
//   τ         the share of the base's busy time that these queries would take
//   Q_b       queries a second of one base instance on the whole mix
//   Q_t(s)    queries a second of one instance of type t on the bins up to s
//   A         Σ n_t Q_t(s) over the auxiliary types
//   G         Q_b (1 - f) / (1 - τ), queries a second of one base instance on the bins beyond s
// With need = A (1 - f) / f, the rate of large queries that comes along with A, the estimate is
//   n_b G / (1 - f)                          if need >= n_b G: the base is the bottleneck
//   A / f + n_b Q_b (1 - need / (n_b G))     otherwise: the base serves small queries too
//   n_b Q_b                                  without an auxiliary type in use
//
// Method: the two branches are linear in the counts,
//   busy  = n_b Q_b / (1 - τ)
//   split = n_b Q_b + (τ / f) A
// and need >= n_b G holds exactly when busy <= split: so the estimate is their minimum. f, τ and s depend on the
// types in use only. Along a run they are the same for all n >= 1 of the last type; n = 0 has its own.
//
// Where it differs: the paper calls the estimate an upper bound. It is not one; the fluid bound is.
// f and τ are maximised separately, as in the published program.

import { Walk } from '../layout/lattice'
import { ClosedForm, Prefix, RankWork, RunEstimate } from '../layout/rank'
import { Vector } from '../layout/vector'
import { larger, smaller } from './extremes'

/** Prepares the state of the closed form for a walk from its first run on. */
export function initForm(work: RankWork, form: ClosedForm): void {
  const prefix = work.prefix
  prefix.form = form
  prefix.smallShare[0] = 0
  prefix.timeShare[0] = 0
  prefix.cutoff[0] = -1
  initEstimate(work.estimate, true)
  initEstimate(work.zeroEstimate, false)
}

/** Brings the prefix behind `axis` up to date, and notes that the rates behind it are not. */
export function updatePrefix(work: RankWork, axis: i32): void {
  const prefix = work.prefix
  const form = prefix.form
  const walk = work.walk
  const count = walk.count
  const smallShare = prefix.smallShare
  const timeShare = prefix.timeShare
  const cutoff = prefix.cutoff
  const last = walk.lattice.types - 1
  markStale(work.estimate, axis)
  markStale(work.zeroEstimate, axis)
  let small = smallShare[axis]
  let time = timeShare[axis]
  let widest = cutoff[axis]
  for (let j = axis; j < last; j++) {
    if (count[j] > 0 && j != form.base) {
      small = larger(small, form.smallShare[j])
      time = larger(time, form.timeShare[j])
      widest = max(widest, form.cutoff[j])
    }
    smallShare[j + 1] = small
    timeShare[j + 1] = time
    cutoff[j + 1] = widest
  }
}

function markStale(estimate: RunEstimate, axis: i32): void {
  if (axis < estimate.staleAxis) estimate.staleAxis = axis
}

/** Prepares an estimate; `countsLast` says whether it is for n >= 1 of the last type, or for n = 0. */
function initEstimate(estimate: RunEstimate, countsLast: bool): void {
  estimate.countsLast = countsLast ? 1 : 0
  estimate.timeShare = NaN
  estimate.smallShare = NaN
  estimate.cutoff = -1
  estimate.staleAxis = 0
}

/** Makes an estimate that of the current run. */
export function updateEstimate(estimate: RunEstimate, prefix: Prefix, walk: Walk): void {
  const form = prefix.form
  const base = form.base
  const types = walk.lattice.types
  const last = types - 1
  const baseIsLast = base == last
  let smallShare = prefix.smallShare[last]
  let timeShare = prefix.timeShare[last]
  let cutoff = prefix.cutoff[last]
  if (estimate.countsLast != 0 && !baseIsLast) {
    smallShare = larger(smallShare, form.smallShare[last])
    timeShare = larger(timeShare, form.timeShare[last])
    cutoff = max(cutoff, form.cutoff[last])
  }
  const baseAlone = cutoff < 0
  // two divisions, needed only when the types in use change
  if (estimate.timeShare != timeShare || estimate.smallShare != smallShare) {
    estimate.timeShare = timeShare
    estimate.smallShare = smallShare
    estimate.busyRate = baseAlone ? Infinity : form.baseRate / (1 - timeShare)
    estimate.weight = baseAlone ? 0 : timeShare / smallShare
  }
  const bases: f64 = baseIsLast ? 0 : walk.count[base]
  estimate.busy = bases > 0 ? bases * estimate.busyRate : 0
  estimate.busyStep = baseIsLast ? estimate.busyRate : 0
  estimate.split = bases * form.baseRate
  estimate.splitStep = baseIsLast ? form.baseRate : 0
  estimate.rate = baseAlone ? 0 : sumRates(estimate, prefix, walk, cutoff)
  estimate.rateStep = baseAlone || baseIsLast ? 0 : form.rate[cutoff * types + last]
}

/** Σ n_t Q_t(s) over the auxiliary types before the last; the sums are made again from the stale axis on. */
function sumRates(estimate: RunEstimate, prefix: Prefix, walk: Walk, cutoff: i32): f64 {
  const types = walk.lattice.types
  const last = types - 1
  const count = walk.count
  const sums = estimate.sum
  let axis = estimate.staleAxis
  if (estimate.cutoff != cutoff) {
    estimate.cutoff = cutoff
    axis = 0
  }
  estimate.staleAxis = types
  if (axis == 0) sums[0] = 0
  if (axis >= last) return sums[last]
  let sum = sums[axis]
  for (; axis < last; axis++) {
    sum += count[axis] * rateOf(prefix, types, cutoff, axis)
    sums[axis + 1] = sum
  }
  return sum
}

/** Q_t(s) of the type on an axis, 0 for the base. */
export function rateOf(prefix: Prefix, types: i32, cutoff: i32, axis: i32): f64 {
  return axis == prefix.form.base ? 0 : prefix.form.rate[cutoff * types + axis]
}

/** The estimate at a count of 1 or more. */
export function estimateAt(estimate: RunEstimate, count: f64): f64 {
  const busy = estimate.busy + count * estimate.busyStep
  const split =
    estimate.split +
    count * estimate.splitStep +
    (estimate.rate + count * estimate.rateStep) * estimate.weight
  return smaller(busy, split)
}

/** The estimate at a count of 0. `estimate` is that for n = 0. */
export function estimateAtZero(estimate: RunEstimate): f64 {
  return smaller(estimate.busy, estimate.split + estimate.rate * estimate.weight)
}

/** Writes the estimates at the counts `first`, `first + 1`, ... of a run of `length`. */
export function writeEstimates(estimate: RunEstimate, first: f64, length: i32, bounds: Vector<f64>): void {
  // lanes are neighbouring counts:   | n | n + 1 |   four pairs a turn
  const busy0 = v128.splat<f64>(estimate.busy)
  const busyStep = v128.splat<f64>(estimate.busyStep)
  const split0 = v128.splat<f64>(estimate.split)
  const splitStep = v128.splat<f64>(estimate.splitStep)
  const rate = v128.splat<f64>(estimate.rate)
  const rateStep = v128.splat<f64>(estimate.rateStep)
  const weight = v128.splat<f64>(estimate.weight)
  const two = v128.splat<f64>(2)
  let n = f64x2.replace_lane(v128.splat<f64>(first), 1, first + 1)
  let at = bounds.address
  const end = at + 8 * ((length & ~1) as usize)
  if (estimate.busyStep == 0 && estimate.splitStep == 0) {
    const end8 = at + 8 * ((length & ~7) as usize)
    for (; at < end8; at += 64) {
      const n1 = f64x2.add(n, two)
      const n2 = f64x2.add(n1, two)
      const n3 = f64x2.add(n2, two)
      v128.store(at, pairOfEstimates(busy0, split0, rate, rateStep, weight, n), 0)
      v128.store(at, pairOfEstimates(busy0, split0, rate, rateStep, weight, n1), 16)
      v128.store(at, pairOfEstimates(busy0, split0, rate, rateStep, weight, n2), 32)
      v128.store(at, pairOfEstimates(busy0, split0, rate, rateStep, weight, n3), 48)
      n = f64x2.add(n3, two)
    }
  }
  for (; at < end; at += 16) {
    const busy = f64x2.add(busy0, f64x2.mul(n, busyStep))
    const split = f64x2.add(split0, f64x2.mul(n, splitStep))
    v128.store(at, pairOfEstimates(busy, split, rate, rateStep, weight, n))
    n = f64x2.add(n, two)
  }
  if (length & 1) bounds[length - 1] = estimateAt(estimate, first + ((length - 1) as f64))
}

// pmin(a, b) is b < a ? b : a, one instruction on x64; no operand is NaN
function pairOfEstimates(busy: v128, split: v128, rate: v128, rateStep: v128, weight: v128, n: v128): v128 {
  return f64x2.pmin(busy, f64x2.add(split, f64x2.mul(f64x2.add(rate, f64x2.mul(n, rateStep)), weight)))
}
