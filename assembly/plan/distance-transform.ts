// The min-plus distance transform of a step: G(m) = min_n V(n) + Σ_t start_t max(0, n_t − m_t).
//
// Source: P. Felzenszwalb, D. Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 8, 2012,
// for a distance that is linear upward and 0 downward. The minimum separates by axis. Along each axis:
//
//   downward  G(x) = min(G(x), G(x + 1) + start_t)     a larger count is reached by starting one more
//   upward    G(x) = min(G(x), G(x − 1))               a smaller count is reached by stopping, which is free
//
// V is given on the box of a window, G is wanted on the box of the window before. Axes are done from the last to the
// first: those done have the wanted range, those to come have the given one. Where the wanted range is larger, the
// passes extend the line: downward by adding start_t a step, upward by repeating the last value.
//
// Lanes are neighbours along a faster axis, never one line: values are the same as those of the scalar loop.

import { lowerOf, PlanArguments, upperOf } from '../layout/plan'
import { Vector } from '../layout/vector'
import { smaller } from '../rank/extremes'

/** Turns V_w in the scratch vector into G_w on the box of the window before. */
export function transformScratch(plan: PlanArguments, window: i32): void {
  for (let axis = plan.types - 1; axis >= 0; axis--) transformAxis(plan, window, axis)
}

function transformAxis(plan: PlanArguments, window: i32, axis: i32): void {
  const givenLow = lowerOf(plan, window, axis)
  const givenHigh = upperOf(plan, window, axis)
  const wantedLow = lowerOf(plan, window - 1, axis)
  const wantedHigh = upperOf(plan, window - 1, axis)
  const step = plan.startCost[axis]
  const stride = plan.strides[axis]
  const outer = listOuter(plan, window, axis)
  const scratch = plan.scratch
  if (axis == plan.types - 1) {
    for (let i = 0; i < outer; i++) {
      transformLine(scratch.from(plan.outer[i]), givenLow, givenHigh, wantedLow, wantedHigh, step)
    }
    return
  }
  // neighbours that lie side by side in memory form one run
  let merged = plan.types - 1
  while (merged > axis + 1 && isWhole(plan, window, merged)) merged--
  const low = lowerOf(plan, window - 1, merged)
  const run = (upperOf(plan, window - 1, merged) - low + 1) * plan.strides[merged]
  const inner = listInner(plan, window, axis, merged, low * plan.strides[merged])
  for (let i = 0; i < outer; i++) {
    const block = scratch.from(plan.outer[i])
    for (let x = givenHigh - 1; x >= givenLow; x--) {
      for (let j = 0; j < inner; j++) lowerRun(block, x * stride + plan.inner[j], stride, step, run)
    }
    for (let x = givenLow - 1; x >= wantedLow; x--) {
      for (let j = 0; j < inner; j++) extendRun(block, x * stride + plan.inner[j], stride, step, run)
    }
    for (let x = givenLow + 1; x <= givenHigh; x++) {
      for (let j = 0; j < inner; j++) lowerRun(block, x * stride + plan.inner[j], -stride, 0, run)
    }
    for (let x = givenHigh + 1; x <= wantedHigh; x++) {
      for (let j = 0; j < inner; j++) extendRun(block, x * stride + plan.inner[j], -stride, 0, run)
    }
  }
}

/** Whether the wanted range of an axis is the whole axis. */
function isWhole(plan: PlanArguments, window: i32, axis: i32): bool {
  return lowerOf(plan, window - 1, axis) == 0 && upperOf(plan, window - 1, axis) == plan.maxCounts[axis]
}

/** Lists the positions of all counts of the axes before `axis`, each in its given range; returns how many. */
export function listOuter(plan: PlanArguments, window: i32, axis: i32): i32 {
  let count = 1
  plan.outer[0] = 0
  for (let t = axis - 1; t >= 0; t--) {
    count = spread(plan.outer, count, lowerOf(plan, window, t), upperOf(plan, window, t), plan.strides[t])
  }
  return count
}

/** Lists the positions of all counts of the axes between `axis` and `merged`, each in its wanted range. */
function listInner(plan: PlanArguments, window: i32, axis: i32, merged: i32, base: i32): i32 {
  let count = 1
  plan.inner[0] = base
  for (let t = merged - 1; t > axis; t--) {
    const low = lowerOf(plan, window - 1, t)
    count = spread(plan.inner, count, low, upperOf(plan, window - 1, t), plan.strides[t])
  }
  return count
}

/** Multiplies a list of positions by the counts of one more axis, in the order of memory. */
function spread(list: Vector<i32>, count: i32, low: i32, high: i32, stride: i32): i32 {
  // the smallest count overwrites the list itself, so it comes last
  for (let x = high; x >= low; x--) {
    const to = (x - low) * count
    for (let i = 0; i < count; i++) list[to + i] = list[i] + x * stride
  }
  return count * (high - low + 1)
}

/** One line of the last axis, whose cells are neighbours in memory. */
function transformLine(
  line: Vector<f64>,
  givenLow: i32,
  givenHigh: i32,
  wantedLow: i32,
  wantedHigh: i32,
  step: f64,
): void {
  let least = Infinity
  for (let x = givenHigh; x >= givenLow; x--) {
    least = smaller(line[x], least + step)
    line[x] = least
  }
  for (let x = givenLow - 1; x >= wantedLow; x--) {
    least += step
    line[x] = least
  }
  least = line[givenLow]
  for (let x = givenLow + 1; x <= givenHigh; x++) {
    least = smaller(line[x], least)
    line[x] = least
  }
  for (let x = givenHigh + 1; x <= wantedHigh; x++) line[x] = least
}

/** Lowers each cell of a run to that of its neighbour at `distance` plus the step, where that is less. */
function lowerRun(block: Vector<f64>, at: i32, distance: i32, step: f64, run: i32): void {
  const to = block.from(at)
  const from = block.from(at + distance)
  const steps = f64x2.splat(step)
  let i = 0
  for (; i < run - 1; i += 2) to.setLanes(i, f64x2.pmin(to.lanes(i), f64x2.add(from.lanes(i), steps)))
  if (i < run) to[i] = smaller(from[i] + step, to[i])
}

/** Sets each cell of a run to that of its neighbour at `distance` plus the step. */
function extendRun(block: Vector<f64>, at: i32, distance: i32, step: f64, run: i32): void {
  const to = block.from(at)
  const from = block.from(at + distance)
  const steps = f64x2.splat(step)
  let i = 0
  for (; i < run - 1; i += 2) to.setLanes(i, f64x2.add(from.lanes(i), steps))
  if (i < run) to[i] = from[i] + step
}
