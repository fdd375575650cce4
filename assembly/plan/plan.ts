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
// Costs are whole numbers below 2^53, so sums are exact and ties are real. V_w is taken less its least value: what is
// left is bounded by the starts of one whole fleet, however many windows there are.
//
// Memory: a table of G_w for every window would be W C doubles. Every `segment` windows one is kept as a checkpoint
// while going backward; going forward, the tables of one segment at a time are computed again. Both are about √W.

import {
  addressOf,
  f64At,
  i32At,
  lowerBefore,
  lowerOf,
  PlanArguments,
  planArguments,
  setI32,
  tableOf,
  upperBefore,
  upperOf,
} from '../layout/plan'
import { listOuter, transformScratch } from './distance-transform'

/** Writes the plan; returns -1, or the first window that no configuration satisfies. */
export function optimalPlan(argumentsPtr: usize): i32 {
  const plan = planArguments(argumentsPtr)
  const windows = plan.windows
  const segment = plan.segment
  computeStrides(plan)
  let blocked = -1
  let nextPtr: usize = 0
  for (let w = windows - 1; w >= 0; w--) {
    if (evaluateWindow(plan, w, nextPtr) == Infinity) {
      blocked = w
      nextPtr = 0
      continue
    }
    if (w == 0) break
    const slot = w % segment == 0 ? segment + w / segment : w % segment
    nextPtr = tableOf(plan, slot)
    transformScratch(plan, w)
    storeTable(plan, w, nextPtr)
  }
  if (blocked >= 0) return blocked
  for (let first = 0; first < windows; first += segment) {
    const end = first + segment < windows ? first + segment : windows
    const afterPtr = end < windows ? tableOf(plan, segment + end / segment) : 0
    nextPtr = afterPtr
    for (let w = end - 1; w > first; w--) {
      evaluateWindow(plan, w, nextPtr)
      nextPtr = tableOf(plan, w - first)
      transformScratch(plan, w)
      storeTable(plan, w, nextPtr)
    }
    for (let w = first; w < end; w++) {
      evaluateWindow(plan, w, w + 1 < end ? tableOf(plan, w + 1 - first) : afterPtr)
      chooseConfiguration(plan, w)
    }
  }
  return -1
}

function computeStrides(plan: PlanArguments): void {
  let stride = 1
  for (let t = plan.types - 1; t >= 0; t--) {
    setI32(plan.stridesPtr, t, stride)
    stride *= i32At(plan.maxCountsPtr, t) + 1
  }
}

/**
 * Writes V_w of the box of a window to the scratch array, less its least value, which it returns. `nextPtr` is the
 * table G_(w+1), 0 where that is 0 throughout.
 */
function evaluateWindow(plan: PlanArguments, window: i32, nextPtr: usize): f64 {
  const last = plan.types - 1
  const low = lowerOf(plan, window, last)
  const cells = upperOf(plan, window, last) - low + 1
  const need = f64At(plan.needPtr, window)
  const isBilled = window < plan.billedWindows
  const each = isBilled ? f64At(plan.runCostPtr, last) : 0
  const rows = listOuter(plan, window, last)
  let least = Infinity
  let tablePtr = nextPtr
  for (let i = 0; i < rows; i++) {
    const at = i32At(plan.outerPtr, i) + low
    let cost = isBilled ? costOfRow(plan, at - low) + each * (low as f64) : 0
    let capacityPtr = addressOf(plan.capacityPtr, at)
    let valuePtr = addressOf(plan.scratchPtr, at)
    for (const end = addressOf(valuePtr, cells); valuePtr < end; valuePtr += 8, capacityPtr += 8) {
      const capacity = load<f64>(capacityPtr)
      let value = cost
      if (tablePtr != 0) {
        value += load<f64>(tablePtr)
        tablePtr += 8
      }
      value = capacity >= need && capacity >= 0 ? value : Infinity
      store<f64>(valuePtr, value)
      least = value < least ? value : least
      cost += each
    }
  }
  if (least != 0 && least != Infinity) lowerRows(plan, rows, low, cells, least)
  return least
}

/** What a row of the last axis costs before its first instance of the last type. */
function costOfRow(plan: PlanArguments, position: i32): f64 {
  let cost: f64 = 0
  let rest = position
  for (let t = 0; t < plan.types - 1; t++) {
    const stride = i32At(plan.stridesPtr, t)
    const count = rest / stride
    rest -= count * stride
    cost += (count as f64) * f64At(plan.runCostPtr, t)
  }
  return cost
}

function lowerRows(plan: PlanArguments, rows: i32, low: i32, cells: i32, by: f64): void {
  for (let i = 0; i < rows; i++) {
    let at = addressOf(plan.scratchPtr, i32At(plan.outerPtr, i) + low)
    for (const end = addressOf(at, cells); at < end; at += 8) store<f64>(at, load<f64>(at) - by)
  }
}

/** Copies G_w from the scratch array to its table: the box of the window before. */
function storeTable(plan: PlanArguments, window: i32, tablePtr: usize): void {
  const last = plan.types - 1
  const low = lowerBefore(plan, window, last)
  const bytes = ((upperBefore(plan, window, last) - low + 1) as usize) << 3
  const rows = listOuter(plan, window - 1, last)
  for (let i = 0; i < rows; i++) {
    memory.copy(tablePtr, addressOf(plan.scratchPtr, i32At(plan.outerPtr, i) + low), bytes)
    tablePtr += bytes
  }
}

/** The first of the configurations that minimise V_w and the starts from the one before. */
function chooseConfiguration(plan: PlanArguments, window: i32): void {
  const last = plan.types - 1
  const low = lowerOf(plan, window, last)
  const cells = upperOf(plan, window, last) - low + 1
  const isFree = window == 0 && plan.hasInitial == 0
  const before =
    window == 0 ? (isFree ? 0 : initialPosition(plan)) : i32At(plan.configurationPtr, window - 1)
  for (let x = 0; x < cells; x++) {
    const more = low + x - countAt(plan, before, last)
    const cost = isFree || more < 0 ? 0 : (more as f64) * f64At(plan.startCostPtr, last)
    store<f64>(addressOf(plan.stepsPtr, x), cost)
  }
  const rows = listOuter(plan, window, last)
  let least = Infinity
  let chosen = -1
  for (let i = 0; i < rows; i++) {
    const at = i32At(plan.outerPtr, i)
    const starts = isFree ? 0 : startsOfRow(plan, before, at)
    if (starts >= least) continue
    const valuePtr = addressOf(plan.scratchPtr, at + low)
    for (let x = 0; x < cells; x++) {
      const cost = f64At(valuePtr, x) + f64At(plan.stepsPtr, x) + starts
      if (cost >= least) continue
      least = cost
      chosen = at + low + x
    }
  }
  setI32(plan.configurationPtr, window, chosen)
}

function initialPosition(plan: PlanArguments): i32 {
  let position = 0
  for (let t = 0; t < plan.types; t++) position += i32At(plan.initialPtr, t) * i32At(plan.stridesPtr, t)
  return position
}

function countAt(plan: PlanArguments, position: i32, type: i32): i32 {
  return (position / i32At(plan.stridesPtr, type)) % (i32At(plan.maxCountsPtr, type) + 1)
}

/** What starting the instances of all types but the last costs. */
function startsOfRow(plan: PlanArguments, before: i32, position: i32): f64 {
  let cost: f64 = 0
  for (let t = 0; t < plan.types - 1; t++) {
    const more = countAt(plan, position, t) - countAt(plan, before, t)
    if (more > 0) cost += (more as f64) * f64At(plan.startCostPtr, t)
  }
  return cost
}
