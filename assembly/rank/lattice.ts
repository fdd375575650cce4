// Walks the configurations of a box of counts in lexicographic order, one run of the last axis at a time:
// inside a run everything but one count is fixed, so cost and bound are linear in it.
//
// Lattice block (f64 words; T types):     budget | min[T] | size[T] | price[T]
//
// Walk block (f64 words; the walk's whole state, so that the module keeps none):
//
//   number | count[16] | stride[16] | cost[17] | small[17] | time[17] | rates[17] | lone[17] | cutoff[17]
//   | cutoff and stale of rates | cutoff and stale of lone
//
// cost[j], small[j], time[j], cutoff[j] sum up the axes before j; so one step of an inner axis redoes
// only what lies behind it. rates[j] and lone[j] are the summed rates of the auxiliary types before j at
// the cutoff of a configuration with, and of one without, instances of the last type; they are brought up
// to date when asked for, from the first axis that is stale.

const COUNT: usize = 8
const STRIDE: usize = COUNT + 8 * 16
const COST: usize = STRIDE + 8 * 16
const SMALL: usize = COST + 8 * 17
const TIME: usize = SMALL + 8 * 17
const RATES: usize = TIME + 8 * 17
const LONE: usize = RATES + 8 * 17
const CUTOFF: usize = LONE + 8 * 17
const RATES_MARK: usize = CUTOFF + 8 * 17
const LONE_MARK: usize = RATES_MARK + 16
export const WALK_BYTES: usize = LONE_MARK + 16

export function budgetOf(latticePtr: usize): f64 {
  return load<f64>(latticePtr)
}

export function minOf(latticePtr: usize, axis: i32): f64 {
  return load<f64>(latticePtr + 8 * (1 + (axis as usize)))
}

export function sizeOf(latticePtr: usize, types: i32, axis: i32): f64 {
  return load<f64>(latticePtr + 8 * ((1 + types + axis) as usize))
}

export function priceOf(latticePtr: usize, types: i32, axis: i32): f64 {
  return load<f64>(latticePtr + 8 * ((1 + 2 * types + axis) as usize))
}

export function countOf(walkPtr: usize, axis: i32): f64 {
  return load<f64>(walkPtr + COUNT + 8 * (axis as usize))
}

/** The number of the first configuration of the current run. */
export function runStart(walkPtr: usize): f64 {
  return load<f64>(walkPtr)
}

/** The cost of the axes before `axis`. */
export function costBefore(walkPtr: usize, axis: i32): f64 {
  return load<f64>(walkPtr + COST + 8 * (axis as usize))
}

export function smallBefore(walkPtr: usize, axis: i32): f64 {
  return load<f64>(walkPtr + SMALL + 8 * (axis as usize))
}

export function timeBefore(walkPtr: usize, axis: i32): f64 {
  return load<f64>(walkPtr + TIME + 8 * (axis as usize))
}

export function cutoffBefore(walkPtr: usize, axis: i32): f64 {
  return load<f64>(walkPtr + CUTOFF + 8 * (axis as usize))
}

/** Puts the walk on the run that holds configuration `number`. */
export function startWalk(walkPtr: usize, latticePtr: usize, types: i32, number: f64): void {
  let stride: f64 = 1
  for (let j = types - 1; j >= 0; j--) {
    store<f64>(walkPtr + STRIDE + 8 * (j as usize), stride)
    stride *= sizeOf(latticePtr, types, j)
  }
  let rest = number
  for (let j = 0; j < types - 1; j++) {
    const size = load<f64>(walkPtr + STRIDE + 8 * (j as usize))
    const digit = Math.floor(rest / size)
    rest -= digit * size
    store<f64>(walkPtr + COUNT + 8 * (j as usize), minOf(latticePtr, j) + digit)
  }
  store<f64>(walkPtr, number - rest)
  store<f64>(walkPtr, 0, COST)
  store<f64>(walkPtr, 0, SMALL)
  store<f64>(walkPtr, 0, TIME)
  store<f64>(walkPtr, -1, CUTOFF)
  store<f64>(walkPtr + RATES_MARK, -1)
  store<f64>(walkPtr + LONE_MARK, -1)
}

/**
 * Sums up the axes from `axis` on, for the counts as they now are.
 * The closed form's block is described in closed-form.ts.
 */
export function sumFrom(
  walkPtr: usize,
  latticePtr: usize,
  formPtr: usize,
  types: i32,
  base: i32,
  axis: i32,
): void {
  const stale = axis as f64
  if (stale < load<f64>(walkPtr, RATES_MARK + 8)) store<f64>(walkPtr, stale, RATES_MARK + 8)
  if (stale < load<f64>(walkPtr, LONE_MARK + 8)) store<f64>(walkPtr, stale, LONE_MARK + 8)
  for (let j = axis; j < types - 1; j++) {
    const at = walkPtr + 8 * (j as usize)
    const count = load<f64>(at, COUNT)
    let small = load<f64>(at, SMALL)
    let time = load<f64>(at, TIME)
    let cutoff = load<f64>(at, CUTOFF)
    if (count > 0 && j != base) {
      const own = formPtr + 8 * (j as usize)
      small = larger(small, load<f64>(own, 8))
      time = larger(time, load<f64>(own + 8 * (types as usize), 8))
      cutoff = larger(cutoff, load<f64>(own + 16 * (types as usize), 8))
    }
    store<f64>(at, load<f64>(at, COST) + count * priceOf(latticePtr, types, j), COST + 8)
    store<f64>(at, small, SMALL + 8)
    store<f64>(at, time, TIME + 8)
    store<f64>(at, cutoff, CUTOFF + 8)
  }
}

/** Sums up the costs alone, from `axis` on. */
export function sumCosts(walkPtr: usize, latticePtr: usize, types: i32, axis: i32): void {
  for (let j = axis; j < types - 1; j++) {
    const at = walkPtr + 8 * (j as usize)
    store<f64>(at, load<f64>(at, COST) + load<f64>(at, COUNT) * priceOf(latticePtr, types, j), COST + 8)
  }
}

/** The sum that sumRates last made of the types before `axis`. */
export function ratesBefore(walkPtr: usize, axis: i32, lone: bool): f64 {
  return load<f64>(walkPtr + (lone ? LONE : RATES) + 8 * (axis as usize))
}

/** The rate of one instance of a type in that sum. */
export function rateAt(walkPtr: usize, formPtr: usize, types: i32, base: i32, axis: i32, lone: bool): f64 {
  if (axis == base) return 0
  const cutoff = load<f64>(walkPtr + (lone ? LONE_MARK : RATES_MARK)) as i32
  return load<f64>(formPtr + 8 * ((1 + 3 * types + cutoff * types + axis) as usize))
}

/** The summed rates at a cutoff (-1: none in use) of the auxiliary types before the last. */
export function sumRates(
  walkPtr: usize,
  formPtr: usize,
  types: i32,
  base: i32,
  cutoff: f64,
  lone: bool,
): f64 {
  if (cutoff < 0) return 0
  const sums = walkPtr + (lone ? LONE : RATES)
  const mark = walkPtr + (lone ? LONE_MARK : RATES_MARK)
  let axis = load<f64>(mark, 8) as i32
  if (load<f64>(mark) != cutoff) {
    store<f64>(mark, cutoff)
    axis = 0
  }
  store<f64>(mark, types as f64, 8)
  const rates = formPtr + 8 * ((1 + 3 * types + (cutoff as i32) * types) as usize)
  if (axis == 0) store<f64>(sums, 0)
  let sum = axis < types ? load<f64>(sums + 8 * (axis as usize)) : 0
  for (; axis < types - 1; axis++) {
    if (axis != base) sum += countOf(walkPtr, axis) * load<f64>(rates + 8 * (axis as usize))
    store<f64>(sums + 8 * (axis as usize), sum, 8)
  }
  return load<f64>(sums + 8 * ((types - 1) as usize))
}

/**
 * Moves to the next run in which axis `axis` or one before it is larger, and returns the first axis that
 * changed, or -1 at the end.
 */
export function stepRun(walkPtr: usize, latticePtr: usize, types: i32, axis: i32): i32 {
  let number = load<f64>(walkPtr)
  // what stands behind the stepping axis returns to its minimum; so does every axis that is at its end
  let j = axis
  for (let i = axis + 1; i < types - 1; i++) number -= returnToMin(walkPtr, latticePtr, i)
  for (; j >= 0; j--) {
    const at = walkPtr + 8 * (j as usize)
    const next = load<f64>(at, COUNT) + 1
    if (next < minOf(latticePtr, j) + sizeOf(latticePtr, types, j)) {
      store<f64>(at, next, COUNT)
      store<f64>(walkPtr, number + load<f64>(at, STRIDE))
      return j
    }
    number -= returnToMin(walkPtr, latticePtr, j)
  }
  return -1
}

/** Moves `steps` runs on along one axis, which has room for them. */
export function moveAlong(walkPtr: usize, axis: i32, steps: f64): void {
  const at = walkPtr + 8 * (axis as usize)
  store<f64>(at, load<f64>(at, COUNT) + steps, COUNT)
  store<f64>(walkPtr, load<f64>(walkPtr) + steps * load<f64>(at, STRIDE))
}

/** Sets an axis to its minimum and returns by how much the number of the run falls. */
function returnToMin(walkPtr: usize, latticePtr: usize, axis: i32): f64 {
  const at = walkPtr + 8 * (axis as usize)
  const min = minOf(latticePtr, axis)
  const fall = (load<f64>(at, COUNT) - min) * load<f64>(at, STRIDE)
  store<f64>(at, min, COUNT)
  return fall
}

/** The larger of two numbers, none of them NaN: one instruction, where Math.max takes several. */
export function larger(a: f64, b: f64): f64 {
  return a > b ? a : b
}

/** The smaller of two numbers, none of them NaN. */
export function smaller(a: f64, b: f64): f64 {
  return a < b ? a : b
}

/**
 * The axis on which to step when the current run lies beyond the budget from its first configuration on:
 * larger counts only cost more, so every axis at the end that stands at its minimum is skipped over.
 */
export function axisBeyond(walkPtr: usize, latticePtr: usize, types: i32): i32 {
  let j = types - 2
  while (j >= 0 && countOf(walkPtr, j) == minOf(latticePtr, j)) j--
  return j - 1
}

/**
 * The largest count of the last type that the budget allows behind a cost of `before`; below the minimum
 * where none is.
 */
export function largestCount(before: f64, latticePtr: usize, types: i32): f64 {
  const last = types - 1
  const budget = load<f64>(latticePtr)
  const price = priceOf(latticePtr, types, last)
  const smallest = minOf(latticePtr, last)
  const largest = smallest + sizeOf(latticePtr, types, last) - 1
  if (before + largest * price <= budget) return largest
  // the quotient can be off by a rounding; the sum left to right decides
  let count = smaller(largest, larger(smallest - 1, Math.floor((budget - before) / price)))
  while (count < largest && before + (count + 1) * price <= budget) count++
  while (count >= smallest && before + count * price > budget) count--
  return count
}
