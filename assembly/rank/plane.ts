// Runs that differ in one count only, that of the last axis but one: most of them cannot hold a row worth
// keeping, and they are passed over in a loop that lives in registers. Cost, busy and split are linear in
// that count, the types in use stay the same as long as it is 1 or more, and the bound of a run is largest
// at its end; so a run is passed over when its end, and its configuration without the last type, are below
// the threshold, or level with it (where the base is the bottleneck, many are) and dearer.

import { busyRateOf, weightOf } from './closed-form'
import {
  costBefore,
  countOf,
  largestCount,
  minOf,
  moveAlong,
  priceOf,
  rateAt,
  ratesBefore,
  sizeOf,
  smaller,
} from './lattice'

/**
 * Passes over up to `runs` runs from the current one on, whose lines are laid. A row enters with a bound
 * above `threshold`, or equal to it at a cost of up to `tieCost`. Adds what the runs hold to the two words at `countsPtr` (within the budget | feasible). Returns how many it passed over and leaves
 * the walk on the last of them.
 */
export function passOver(
  walkPtr: usize,
  latticePtr: usize,
  formPtr: usize,
  types: i32,
  base: i32,
  linePtr: usize,
  lonePtr: usize,
  threshold: f64,
  tieCost: f64,
  runs: i32,
  countsPtr: usize,
): i32 {
  const last = types - 1
  const axis = types - 2
  const smallest = minOf(latticePtr, last)
  const largest = smallest + sizeOf(latticePtr, types, last) - 1
  const price = priceOf(latticePtr, types, last)
  const axisPrice = priceOf(latticePtr, types, axis)
  const budget = load<f64>(latticePtr)
  const cost = costBefore(walkPtr, axis)
  const first = countOf(walkPtr, axis)
  const withZero = smallest == 0 && base != last
  const least: f64 = base == last && smallest == 0 ? 1 : smallest

  const baseRate = load<f64>(formPtr)
  const bases: f64 = base == last ? 0 : countOf(walkPtr, base)
  const busyRate = busyRateOf(linePtr)
  const busy1 = load<f64>(linePtr, 8)
  const split1 = load<f64>(linePtr, 24)
  const rate = load<f64>(linePtr, 40)
  const weight = weightOf(linePtr)
  const rates = weight > 0 ? ratesBefore(walkPtr, axis, false) : 0
  const axisRate = weight > 0 ? rateAt(walkPtr, formPtr, types, base, axis, false) : 0

  const loneBusyRate = busyRateOf(lonePtr)
  const loneWeight = weightOf(lonePtr)
  const loneRates = loneWeight > 0 ? ratesBefore(walkPtr, axis, true) : 0
  const loneAxisRate = loneWeight > 0 ? rateAt(walkPtr, formPtr, types, base, axis, true) : 0

  let within: f64 = 0
  let feasible: f64 = 0
  let passed = 0
  for (; passed < runs; passed++) {
    const n = first + (passed as f64)
    const before = cost + n * axisPrice
    let final = largest
    if (before + largest * price > budget) final = largestCount(before, latticePtr, types)
    if (final < smallest) break
    const b = base == axis ? n : bases
    if (b > 0 || base == last) {
      const busy0 = b > 0 ? b * busyRate : 0
      const split0 = b * baseRate
      const busy = busy0 + final * busy1
      const split = split0 + final * split1 + (rates + n * axisRate + final * rate) * weight
      const tie = before + smallest * price <= tieCost
      const top = smaller(busy, split)
      if (top > threshold || (tie && top == threshold)) break
      if (withZero) {
        const lone = smaller(b * loneBusyRate, split0 + (loneRates + n * loneAxisRate) * loneWeight)
        if (lone > threshold || (tie && lone == threshold)) break
      }
      feasible += final - least + 1
    }
    within += final - smallest + 1
  }
  if (passed > 1) moveAlong(walkPtr, axis, (passed - 1) as f64)
  store<f64>(countsPtr, load<f64>(countsPtr) + within)
  store<f64>(countsPtr, load<f64>(countsPtr, 8) + feasible, 8)
  return passed
}
