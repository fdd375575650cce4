// The walk over a lattice: configurations in lexicographic order, one run at a time.
//
// A run is the configurations that differ in the count of the last type only, so whatever is linear in the
// counts is linear along a run. The walk visits runs; its caller computes the bounds inside them.
//
//   seekRun -> sumCosts(0) -> run -> stepRun -> sumCosts(axis) -> run -> ... -> stepRun returns -1
//
// Invariant: after sumCosts, cost[j] is Σ n_t price_t over the axes before j. Costs are summed left to right
// everywhere in this project, so every routine agrees whether a configuration is within the budget. A step
// changes the counts from some axis on, and only the sums behind that axis are computed again.

import { Lattice, Walk } from '../layout/lattice'
import { larger, smaller } from './extremes'

/** Prepares the walk for a lattice. It is on no run yet. */
export function initWalk(walk: Walk, lattice: Lattice): void {
  walk.lattice = lattice
  let stride: f64 = 1
  for (let j = lattice.types - 1; j >= 0; j--) {
    walk.stride[j] = stride
    stride *= lattice.size[j]
  }
  walk.cost[0] = 0
}

/** Puts the walk on the run that holds configuration `number`. No sum is current. */
export function seekRun(walk: Walk, number: f64): void {
  const lattice = walk.lattice
  let rest = number
  for (let j = 0; j < lattice.types - 1; j++) {
    const stride = walk.stride[j]
    const digit = Math.floor(rest / stride)
    rest -= digit * stride
    walk.count[j] = lattice.min[j] + digit
  }
  walk.start = number - rest
}

/** Brings the costs behind `axis` up to date. */
export function sumCosts(walk: Walk, axis: i32): void {
  const cost = walk.cost
  const count = walk.count
  const price = walk.lattice.price
  const last = walk.lattice.types - 1
  let sum = cost[axis]
  for (let j = axis; j < last; j++) {
    sum += count[j] * price[j]
    cost[j + 1] = sum
  }
}

/**
 * Moves to the next run in which axis `axis` or one before it is larger, and returns the first axis that
 * changed, or -1 at the end.
 */
export function stepRun(walk: Walk, axis: i32): i32 {
  const lattice = walk.lattice
  let number = walk.start
  // the axes behind the stepping one return to their minimum; so does every axis that is at its end
  for (let j = axis + 1; j < lattice.types - 1; j++) number -= resetAxis(walk, j)
  for (let j = axis; j >= 0; j--) {
    const next = walk.count[j] + 1
    if (next < lattice.min[j] + lattice.size[j]) {
      walk.count[j] = next
      walk.start = number + walk.stride[j]
      return j
    }
    number -= resetAxis(walk, j)
  }
  return -1
}

/** Sets an axis to its minimum and returns by how much the number of the run falls. */
function resetAxis(walk: Walk, axis: i32): f64 {
  const min = walk.lattice.min[axis]
  const fall = (walk.count[axis] - min) * walk.stride[axis]
  walk.count[axis] = min
  return fall
}

/** Moves `steps` runs on along one axis, which has room for them. */
export function advanceAlong(walk: Walk, axis: i32, steps: f64): void {
  walk.count[axis] = walk.count[axis] + steps
  walk.start += steps * walk.stride[axis]
}

/**
 * The axis on which to step when the whole current run exceeds the budget: larger counts only cost more, so
 * the axes at the end that are at their minimum need no further step.
 */
export function axisBehindBudget(walk: Walk): i32 {
  const lattice = walk.lattice
  let j = lattice.types - 2
  // -1 where even the first run is beyond the budget: there is no axis before the first
  while (j > 0 && walk.count[j] == lattice.min[j]) j--
  return max(j, 0) - 1
}

/**
 * The largest count of the last type within the budget where the other types cost `before`; less than the
 * smallest count where there is none.
 */
export function largestCount(lattice: Lattice, before: f64): f64 {
  const last = lattice.types - 1
  const budget = lattice.budget
  const price = lattice.price[last]
  const smallest = lattice.min[last]
  const largest = smallest + lattice.size[last] - 1
  if (before + largest * price <= budget) return largest
  // the quotient can be off by a rounding; the sum left to right decides
  let count = smaller(largest, larger(smallest - 1, Math.floor((budget - before) / price)))
  while (count < largest && before + (count + 1) * price <= budget) count++
  while (count >= smallest && before + count * price > budget) count--
  return count
}
