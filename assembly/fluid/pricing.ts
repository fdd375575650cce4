// Pricing: the columns of the lines in use, and what they cost at given prices. No other file reads an entry of
// a column but through serviceOf, violationOf and costOf, except for types that are not in use (prices.ts) and to
// perturb the services (perturbation.ts).
//
// Types and lines are numbered among those in use. At prices u of the types and w of the violation budget, variable
// z_jk costs service_jk u_t + violation_jk w, where t is the type of line j. Its reduced cost is that less the cost of
// the key variable of the bin.
// If the basis is tight (start.ts), the violations are replaced by 1 for pairs that must not serve, else 0.

import { Basis, inverseRow, pricesOf } from '../layout/fluid-basis'
import { Breakpoint, FluidWork, nextUsedLine, UsedLine, usedLine } from '../layout/fluid-work'
import { Vector } from '../layout/vector'

/** If tight, forbidden pairs cost this. The f32 pass needs a smaller number, whose products are finite. */
export const FORBIDDEN_COST: f64 = 1e100
const FORBIDDEN_COST_F32: f32 = 1e30

/** Growth rates that differ by less, where the fastest price moves at rate 1, are equal: rounding. */
export const RATE_TOLERANCE: f64 = 1e-9

/** A line is cheaper than the key line if it is so by more: a share of the cost of the bin and of the mix. */
const DUAL_TOLERANCE: f64 = 1e-13

/** By how much a sum of two products in f32 can be off, relatively, on both sides: eight halves of 2^-23. */
const F32_MARGIN: f32 = 1 - 1e-6

/** The type of a line in use, as the number of its row. */
export function typeOf(work: FluidWork, line: i32): i32 {
  return usedLine(work, line).type
}

export function serviceOf(work: FluidWork, line: i32, bin: i32): f64 {
  return usedLine(work, line).services[bin]
}

export function violationOf(work: FluidWork, line: i32, bin: i32): f64 {
  return usedLine(work, line).violations[bin]
}

/** Whether a line must not serve a bin. */
export function isForbidden(work: FluidWork, line: i32, bin: i32): bool {
  return work.basis.tight != 0 && violationOf(work, line, bin) != 0
}

/** Whether a line repeats for a bin the mode of the line before it. */
export function isRepeated(line: UsedLine, bin: i32): bool {
  return line.servicesF32[bin] == <f32>Infinity
}

/** What a variable costs at prices, or how its cost grows along a row of the inverse; `types` is S. */
export function costOf(work: FluidWork, line: i32, bin: i32, prices: Vector<f64>, types: i32): f64 {
  const used = usedLine(work, line)
  return used.services[bin] * prices[used.type] + used.violations[bin] * prices[types]
}

/**
 * The cheapest line of a bin among those whose variables are not basic in a row; the key line unless another
 * one is cheaper by more than the tolerance.
 */
export function cheapestLine(work: FluidWork, bin: i32): i32 {
  const basis = work.basis
  const types = basis.types
  const prices = pricesOf(basis)
  let cheapest: i32 = basis.keyLines[bin]
  let least = costOf(work, cheapest, bin, prices, types) * (1 - DUAL_TOLERANCE)
  least -= DUAL_TOLERANCE * work.program.probabilities[bin]
  for (let j = 0; j < basis.lines; j++) {
    if (isForbidden(work, j, bin) || isRepeated(usedLine(work, j), bin) || isInRow(basis, bin, j)) continue
    const cost = costOf(work, j, bin, prices, types)
    if (cost >= least) continue
    least = cost
    cheapest = j
  }
  return cheapest
}

function isInRow(basis: Basis, bin: i32, line: i32): bool {
  for (let r = 1; r <= basis.types; r++) {
    if (basis.basicBins[r] == bin && basis.basicLines[r] == line) return true
  }
  return false
}

/** Writes the first breakpoint of a bin behind `from` and up to `to` into `found`; returns whether there is one. */
export function firstBreakpoint(
  work: FluidWork,
  row: i32,
  bin: i32,
  from: f64,
  to: f64,
  found: Breakpoint,
): bool {
  const basis = work.basis
  const types = basis.types
  const tight = basis.tight != 0
  const prices = pricesOf(basis)
  const edge = inverseRow(basis, row)
  const w = prices[types]
  const wRate = edge[types]
  const key = usedLine(work, basis.keyLines[bin])
  const keyService = key.services[bin]
  const keyViolation = key.violations[bin]
  const keyCost = keyService * prices[key.type] + keyViolation * w
  const keyRate = keyService * edge[key.type] + keyViolation * wRate
  const tolerance = RATE_TOLERANCE * (keyService + Math.abs(keyViolation * wRate))
  let first = to
  let by = -1
  const lines = basis.lines
  let line = usedLine(work, 0)
  for (let j = 0; j < lines; j++, line = nextUsedLine(line)) {
    const service = line.services[bin]
    const violation = line.violations[bin]
    const gap = keyRate - (service * edge[line.type] + violation * wRate)
    if (line == key || gap <= tolerance) continue
    const reducedCost = service * prices[line.type] + violation * w - keyCost
    if (reducedCost > gap * first || (tight && violation != 0) || isRepeated(line, bin)) continue
    first = Math.max(from, reducedCost / gap)
    by = j
  }
  if (by < 0) return false
  found.step = first
  found.bin = bin
  found.line = by
  return true
}

/** Computes the least cost of every bin at the prices of the types in use and `w`. */
export function computeLeastCosts(work: FluidWork, w: f64): void {
  const costs = work.costs
  const firstLine = usedLine(work, 0)
  const endLine = usedLine(work, work.basis.lines)
  const violationPrice = v128.splat<f64>(w)
  const bins = work.program.paddedBins
  for (let k = 0; k < bins; k += 2) {
    let least = v128.splat<f64>(Infinity)
    for (let line = firstLine; line != endLine; line = nextUsedLine(line)) {
      const service = line.services.lanes(k)
      const violation = line.violations.lanes(k)
      const price = v128.splat<f64>(line.price)
      const cost = f64x2.add(f64x2.mul(service, price), f64x2.mul(violation, violationPrice))
      least = f64x2.pmin(least, cost)
    }
    costs.setLanes(k, least)
  }
}

/**
 * Lists, as candidates, the bins at which a variable may have a negative reduced cost after a step of length
 * `step` along a row of the inverse. Returns how many.
 */
export function priceBins(work: FluidWork, row: i32, step: f64): i32 {
  const basis = work.basis
  const types = basis.types
  const prices = pricesOf(basis)
  const edge = inverseRow(basis, row)
  const lines = basis.lines
  for (let j = 0; j < lines; j++) {
    const line = usedLine(work, j)
    line.priceF32 = Math.max(0, prices[line.type] + step * edge[line.type]) as f32
  }
  const w = basis.tight ? FORBIDDEN_COST_F32 : (Math.max(0, prices[types] + step * edge[types]) as f32)
  return scanBins(work, lines, w)
}

/**
 * The pricing pass over all bins at the f32 prices of the lines. It is a filter in single precision: whatever
 * it lists is examined in double precision. It lists too many bins, never too few: a cost is the sum of two
 * products of numbers >= 0, so four roundings bound its error.
 *
 * Lanes are bins, 16 in a turn of the outer loop; the inner loop runs over the lines:
 *
 *   turn     | bin 0..3 | bin 4..7 | bin 8..11 | bin 12..15 |
 *   basic    the largest cost of the basic variables of the bin, selected by their mask
 *   other    the smallest cost of the others; the mask turns basic ones into NaN, which pmin(a, b), defined
 *            as b < a ? b : a, never returns as a minimum; nor does it return the NaN of a repetition, Infinity x 0
 */
function scanBins(work: FluidWork, lines: i32, w: f32): i32 {
  const bytes: usize = 4 * (work.program.paddedBins as usize)
  const candidates = work.candidates
  const firstLine = usedLine(work, 0)
  const endLine = usedLine(work, lines)
  const violationPrice = v128.splat<f32>(w)
  const margin = v128.splat<f32>(F32_MARGIN)
  const zero = v128.splat<f32>(0)
  const most = v128.splat<f32>(Infinity)
  let count = 0
  for (let at: usize = 0; at < bytes; at += 64) {
    let other0 = most
    let other1 = most
    let other2 = most
    let other3 = most
    let basic0 = zero
    let basic1 = zero
    let basic2 = zero
    let basic3 = zero
    for (let line = firstLine; line != endLine; line = nextUsedLine(line)) {
      const price = v128.splat<f32>(line.priceF32)
      const service = line.servicesF32.address + at
      const violation = line.violationsF32.address + at
      const basicMask = line.basicMask.address + at
      const cost0 = costs(v128.load(service), v128.load(violation), price, violationPrice)
      const cost1 = costs(v128.load(service, 16), v128.load(violation, 16), price, violationPrice)
      const cost2 = costs(v128.load(service, 32), v128.load(violation, 32), price, violationPrice)
      const cost3 = costs(v128.load(service, 48), v128.load(violation, 48), price, violationPrice)
      const mask0 = v128.load(basicMask)
      const mask1 = v128.load(basicMask, 16)
      const mask2 = v128.load(basicMask, 32)
      const mask3 = v128.load(basicMask, 48)
      other0 = f32x4.pmin(other0, v128.or(cost0, mask0))
      other1 = f32x4.pmin(other1, v128.or(cost1, mask1))
      other2 = f32x4.pmin(other2, v128.or(cost2, mask2))
      other3 = f32x4.pmin(other3, v128.or(cost3, mask3))
      basic0 = f32x4.pmax(basic0, v128.and(cost0, mask0))
      basic1 = f32x4.pmax(basic1, v128.and(cost1, mask1))
      basic2 = f32x4.pmax(basic2, v128.and(cost2, mask2))
      basic3 = f32x4.pmax(basic3, v128.and(cost3, mask3))
    }
    const cheaper0 = f32x4.gt(basic0, f32x4.mul(other0, margin))
    const cheaper1 = f32x4.gt(basic1, f32x4.mul(other1, margin))
    const cheaper2 = f32x4.gt(basic2, f32x4.mul(other2, margin))
    const cheaper3 = f32x4.gt(basic3, f32x4.mul(other3, margin))
    if (!v128.any_true(v128.or(v128.or(cheaper0, cheaper1), v128.or(cheaper2, cheaper3)))) continue
    let bits =
      i32x4.bitmask(cheaper0) |
      (i32x4.bitmask(cheaper1) << 4) |
      (i32x4.bitmask(cheaper2) << 8) |
      (i32x4.bitmask(cheaper3) << 12)
    const first = (at >> 2) as i32
    while (bits != 0) {
      candidates[count++] = first + ctz(bits)
      bits &= bits - 1
    }
  }
  return count
}

function costs(service: v128, violation: v128, price: v128, violationPrice: v128): v128 {
  return f32x4.add(f32x4.mul(service, price), f32x4.mul(violation, violationPrice))
}
