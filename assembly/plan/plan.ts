// The optimal plan: a configuration for every window, of least running and starting cost.
//
// Backward dynamic programming over the lattice (fallback/plan.ts states it in plain TypeScript):
//
//   G_W(m) = 0
//   V_w(n) = run·n + G_(w+1)(n) where n is feasible in window w, else infinite
//   G_w(m) = min_n V_w(n) + Σ_t start_t max(0, n_t − m_t)            (distance-transform.ts)
//
// then forward: the first minimiser of V_w(n) + starts from n_(w−1), which is the lexicographically least plan.
//
// Costs are whole numbers below 2^53, so sums are exact and ties are real. The minimum of V_w is subtracted from V_w:
// the rest is at most the cost of running and starting one whole fleet, whatever the number of windows.
//
// Memory: where a table of G_w for every window would be too large, every `segment` windows one is kept as a checkpoint
// while going backward; going forward, the tables of one segment at a time are computed again. Both are about √W then.

import { lowerOf, PlanArguments, tableOf, upperOf } from '../layout/plan'
import { Vector, vectorAt } from '../layout/vector'
import { larger, smaller } from '../rank/extremes'
import { listOuter, transformScratch } from './distance-transform'

/** Computes the plan; returns -1, or the first window that no configuration satisfies. */
export function optimalPlan(plan: PlanArguments): i32 {
  const windows = plan.windows
  const segment = plan.segment
  computeStrides(plan)
  // G_W is 0 throughout, which the address 0 stands for
  let next = vectorAt<f64>(0)
  let blocked = -1
  for (let w = windows - 1; w >= 0; w--) {
    if (evaluateWindow(plan, w, next) == Infinity) {
      blocked = w
      next = vectorAt<f64>(0)
      continue
    }
    if (w == 0) break
    next = tableOf(plan, w % segment == 0 ? segment + w / segment : w % segment)
    transformScratch(plan, w)
    storeTable(plan, w, next)
  }
  if (blocked >= 0) return blocked
  for (let first = 0; first < plan.wanted; first += segment) chooseSegment(plan, first)
  return -1
}

/**
 * Computes the tables of a segment again, from the checkpoint behind it, and chooses its configurations. Those of the
 * first segment are still there.
 */
function chooseSegment(plan: PlanArguments, first: i32): void {
  const segment = plan.segment
  const end = min(first + segment, plan.windows)
  const behind = end < plan.windows ? tableOf(plan, segment + end / segment) : vectorAt<f64>(0)
  let next = behind
  for (let w = end - 1; w > first && first > 0; w--) {
    evaluateWindow(plan, w, next)
    next = tableOf(plan, w - first)
    transformScratch(plan, w)
    storeTable(plan, w, next)
  }
  for (let w = first; w < end && w < plan.wanted; w++) {
    // V_0 was computed last, and is still in the scratch vector
    if (w > 0) evaluateWindow(plan, w, w + 1 < end ? tableOf(plan, w + 1 - first) : behind)
    chooseConfiguration(plan, w)
  }
}

function computeStrides(plan: PlanArguments): void {
  let stride = 1
  for (let t = plan.types - 1; t >= 0; t--) {
    plan.strides[t] = stride
    stride *= plan.maxCounts[t] + 1
  }
}

/** Writes V_w of the box of a window to the scratch vector, less its least value, and returns that. */
function evaluateWindow(plan: PlanArguments, window: i32, next: Vector<f64>): f64 {
  const last = plan.types - 1
  const low = lowerOf(plan, window, last)
  const cells = upperOf(plan, window, last) - low + 1
  const pairs = cells & ~1
  // a capacity of -1 is less than a need of 0
  const need = larger(plan.need[window], 0)
  const needs = f64x2.splat(need)
  const none = f64x2.splat(Infinity)
  const isBilled = window < plan.billedWindows
  const each = isBilled ? plan.runCost[last] : 0
  const twoMore = f64x2.splat(2 * each)
  const rows = listOuter(plan, window, last)
  const hasNext = next.address != 0
  let least = Infinity
  let leasts = none
  let ahead = next
  for (let i = 0; i < rows; i++) {
    const at = plan.outer[i]
    const capacity = plan.capacity.from(at + low)
    const scratch = plan.scratch.from(at + low)
    const cost = isBilled ? costOfRow(plan, at) + each * (low as f64) : 0
    // sums of whole numbers: the lanes have the same values as a loop over single cells
    let costs = f64x2.replace_lane(f64x2.splat(cost), 1, cost + each)
    for (let x = 0; x < pairs; x += 2) {
      const values = hasNext ? f64x2.add(costs, ahead.lanes(x)) : costs
      const kept = v128.bitselect(values, none, f64x2.ge(capacity.lanes(x), needs))
      scratch.setLanes(x, kept)
      leasts = f64x2.pmin(leasts, kept)
      costs = f64x2.add(costs, twoMore)
    }
    if (pairs < cells) {
      const value = cost + each * (pairs as f64) + (hasNext ? ahead[pairs] : 0)
      scratch[pairs] = capacity[pairs] >= need ? value : Infinity
      least = smaller(scratch[pairs], least)
    }
    if (hasNext) ahead = ahead.from(cells)
  }
  least = smaller(least, smaller(f64x2.extract_lane(leasts, 0), f64x2.extract_lane(leasts, 1)))
  if (least != 0 && least != Infinity) subtractFromRows(plan, rows, low, cells, least)
  return least
}

/** What running the counts of a row costs without those of the last type. */
function costOfRow(plan: PlanArguments, position: i32): f64 {
  let cost: f64 = 0
  let rest = position
  for (let t = 0; t < plan.types - 1; t++) {
    const count = rest / plan.strides[t]
    rest -= count * plan.strides[t]
    cost += (count as f64) * plan.runCost[t]
  }
  return cost
}

function subtractFromRows(plan: PlanArguments, rows: i32, low: i32, cells: i32, amount: f64): void {
  const amounts = f64x2.splat(amount)
  for (let i = 0; i < rows; i++) {
    const scratch = plan.scratch.from(plan.outer[i] + low)
    let x = 0
    for (; x < cells - 1; x += 2) scratch.setLanes(x, f64x2.sub(scratch.lanes(x), amounts))
    if (x < cells) scratch[x] -= amount
  }
}

/** Copies G_w from the scratch vector to its table: the box of the window before. */
function storeTable(plan: PlanArguments, window: i32, table: Vector<f64>): void {
  const last = plan.types - 1
  const low = lowerOf(plan, window - 1, last)
  const cells = upperOf(plan, window - 1, last) - low + 1
  const rows = listOuter(plan, window - 1, last)
  for (let i = 0; i < rows; i++) table.from(i * cells).copy(plan.scratch.from(plan.outer[i] + low), cells)
}

/** Chooses the first configuration that minimises V_w and the starts from the one before. */
function chooseConfiguration(plan: PlanArguments, window: i32): void {
  const last = plan.types - 1
  const low = lowerOf(plan, window, last)
  const cells = upperOf(plan, window, last) - low + 1
  const isFree = window == 0 && plan.hasInitial == 0
  const before = window > 0 ? plan.configuration[window - 1] : positionOfInitial(plan)
  for (let x = 0; x < cells; x++) {
    const more = low + x - countAt(plan, before, last)
    plan.steps[x] = isFree || more < 0 ? 0 : (more as f64) * plan.startCost[last]
  }
  const rows = listOuter(plan, window, last)
  let least = Infinity
  let chosen = -1
  for (let i = 0; i < rows; i++) {
    const at = plan.outer[i] + low
    const starts = isFree ? 0 : startsOfRow(plan, before, plan.outer[i])
    if (starts >= least) continue
    const value = plan.scratch.from(at)
    for (let x = 0; x < cells; x++) {
      const cost = value[x] + plan.steps[x] + starts
      if (cost >= least) continue
      least = cost
      chosen = at + x
    }
  }
  plan.configuration[window] = chosen
}

function positionOfInitial(plan: PlanArguments): i32 {
  let position = 0
  for (let t = 0; t < plan.types; t++) position += plan.initial[t] * plan.strides[t]
  return position
}

function countAt(plan: PlanArguments, position: i32, type: i32): i32 {
  return (position / plan.strides[type]) % (plan.maxCounts[type] + 1)
}

/** What starting the instances of all types but the last costs. */
function startsOfRow(plan: PlanArguments, before: i32, position: i32): f64 {
  let cost: f64 = 0
  for (let t = 0; t < plan.types - 1; t++) {
    const more = countAt(plan, position, t) - countAt(plan, before, t)
    if (more > 0) cost += (more as f64) * plan.startCost[t]
  }
  return cost
}
