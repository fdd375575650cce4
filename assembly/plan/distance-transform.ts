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

import {
  addressOf,
  f64At,
  i32At,
  lowerBefore,
  lowerOf,
  PlanArguments,
  setI32,
  upperBefore,
  upperOf,
} from '../layout/plan'

/** Turns V_w in the scratch array into G_w on the box of the window before. */
export function transformScratch(plan: PlanArguments, window: i32): void {
  for (let axis = plan.types - 1; axis >= 0; axis--) transformAxis(plan, window, axis)
}

function transformAxis(plan: PlanArguments, window: i32, axis: i32): void {
  const givenLow = lowerOf(plan, window, axis)
  const givenHigh = upperOf(plan, window, axis)
  const wantedLow = lowerBefore(plan, window, axis)
  const wantedHigh = upperBefore(plan, window, axis)
  const step = f64At(plan.startCostPtr, axis)
  const stride = i32At(plan.stridesPtr, axis)
  const outer = listOuter(plan, window, axis)
  if (axis == plan.types - 1) {
    for (let i = 0; i < outer; i++) {
      const linePtr = addressOf(plan.scratchPtr, i32At(plan.outerPtr, i))
      transformLine(linePtr, givenLow, givenHigh, wantedLow, wantedHigh, step)
    }
    return
  }
  // neighbours that lie side by side in memory form one run
  let merged = plan.types - 1
  while (merged > axis + 1 && isWhole(plan, window, merged)) merged--
  const mergedStride = i32At(plan.stridesPtr, merged)
  const base = lowerBefore(plan, window, merged) * mergedStride
  const run = (upperBefore(plan, window, merged) - lowerBefore(plan, window, merged) + 1) * mergedStride
  const inner = listInner(plan, window, axis, merged, base)
  for (let i = 0; i < outer; i++) {
    const blockPtr = addressOf(plan.scratchPtr, i32At(plan.outerPtr, i))
    for (let x = givenHigh - 1; x >= givenLow; x--) {
      for (let j = 0; j < inner; j++) {
        const at = addressOf(blockPtr, x * stride + i32At(plan.innerPtr, j))
        lowerTo(at, addressOf(at, stride), step, run)
      }
    }
    for (let x = givenLow - 1; x >= wantedLow; x--) {
      for (let j = 0; j < inner; j++) {
        const at = addressOf(blockPtr, x * stride + i32At(plan.innerPtr, j))
        extend(at, addressOf(at, stride), step, run)
      }
    }
    for (let x = givenLow + 1; x <= givenHigh; x++) {
      for (let j = 0; j < inner; j++) {
        const at = addressOf(blockPtr, x * stride + i32At(plan.innerPtr, j))
        lowerTo(at, addressOf(at, -stride), 0, run)
      }
    }
    for (let x = givenHigh + 1; x <= wantedHigh; x++) {
      for (let j = 0; j < inner; j++) {
        const at = addressOf(blockPtr, x * stride + i32At(plan.innerPtr, j))
        extend(at, addressOf(at, -stride), 0, run)
      }
    }
  }
}

/** Whether the wanted range of an axis is the whole axis. */
function isWhole(plan: PlanArguments, window: i32, axis: i32): bool {
  return (
    lowerBefore(plan, window, axis) == 0 && upperBefore(plan, window, axis) == i32At(plan.maxCountsPtr, axis)
  )
}

/** Lists the positions of all counts of the axes before `axis`, each in its given range. */
export function listOuter(plan: PlanArguments, window: i32, axis: i32): i32 {
  let count = 1
  setI32(plan.outerPtr, 0, 0)
  for (let t = axis - 1; t >= 0; t--) {
    count = spread(plan.outerPtr, count, lowerOf(plan, window, t), upperOf(plan, window, t), stride(plan, t))
  }
  return count
}

/** Lists the positions of all counts of the axes between `axis` and `merged`, each in its wanted range. */
function listInner(plan: PlanArguments, window: i32, axis: i32, merged: i32, base: i32): i32 {
  let count = 1
  setI32(plan.innerPtr, 0, base)
  for (let t = merged - 1; t > axis; t--) {
    const low = lowerBefore(plan, window, t)
    count = spread(plan.innerPtr, count, low, upperBefore(plan, window, t), stride(plan, t))
  }
  return count
}

/** Multiplies a list of positions by the counts of one more axis; the order stays that of memory. */
function spread(listPtr: usize, count: i32, low: i32, high: i32, stride: i32): i32 {
  for (let x = high; x >= low; x--) {
    const to = (x - low) * count
    for (let i = 0; i < count; i++) setI32(listPtr, to + i, i32At(listPtr, i) + x * stride)
    // the list itself is overwritten last, by the smallest count
  }
  return count * (high - low + 1)
}

function stride(plan: PlanArguments, axis: i32): i32 {
  return i32At(plan.stridesPtr, axis)
}

/** One line of the last axis, whose cells are neighbours in memory. */
function transformLine(
  linePtr: usize,
  givenLow: i32,
  givenHigh: i32,
  wantedLow: i32,
  wantedHigh: i32,
  step: f64,
): void {
  let least = Infinity
  for (let x = givenHigh; x >= givenLow; x--) {
    const at = addressOf(linePtr, x)
    least = smaller(load<f64>(at), least + step)
    store<f64>(at, least)
  }
  for (let x = givenLow - 1; x >= wantedLow; x--) {
    least += step
    store<f64>(addressOf(linePtr, x), least)
  }
  least = load<f64>(addressOf(linePtr, givenLow))
  for (let x = givenLow + 1; x <= givenHigh; x++) {
    const at = addressOf(linePtr, x)
    least = smaller(load<f64>(at), least)
    store<f64>(at, least)
  }
  for (let x = givenHigh + 1; x <= wantedHigh; x++) store<f64>(addressOf(linePtr, x), least)
}

function smaller(a: f64, b: f64): f64 {
  return a < b ? a : b
}

/** to[i] = min(to[i], from[i] + step) */
function lowerTo(toPtr: usize, fromPtr: usize, step: f64, run: i32): void {
  const steps = f64x2.splat(step)
  const end = toPtr + ((run as usize) << 3)
  for (const pairs = end - 8; toPtr < pairs; toPtr += 16, fromPtr += 16) {
    v128.store(toPtr, f64x2.pmin(v128.load(toPtr), f64x2.add(v128.load(fromPtr), steps)))
  }
  if (toPtr < end) store<f64>(toPtr, smaller(load<f64>(fromPtr) + step, load<f64>(toPtr)))
}

/** to[i] = from[i] + step */
function extend(toPtr: usize, fromPtr: usize, step: f64, run: i32): void {
  const steps = f64x2.splat(step)
  const end = toPtr + ((run as usize) << 3)
  for (const pairs = end - 8; toPtr < pairs; toPtr += 16, fromPtr += 16) {
    v128.store(toPtr, f64x2.add(v128.load(fromPtr), steps))
  }
  if (toPtr < end) store<f64>(toPtr, load<f64>(fromPtr) + step)
}
