// Columns of the fluid program, and what they cost at given prices: every look-up of an entry by type and bin
// is here or, where a loop over many entries reads them at once, in ratio-test.ts and prices.ts.
//
// Types are numbered among those in use. At prices u of the types and w of the violation budget, variable z_tk
// costs service_tk u_t + violation_tk w. Its reduced cost is that less the cost of the key variable of the bin.
// If the basis is tight (start.ts), the violations are replaced by 1 for pairs that must not serve, else 0.

import { Basis, inverseRow, pricesOf } from '../layout/fluid-basis'
import { FluidWork, nextUsedType, usedType } from '../layout/fluid-work'
import { Vector } from '../layout/vector'

/** If tight, forbidden pairs cost this. The f32 pass needs a smaller number, whose products are finite. */
export const FORBIDDEN_COST: f64 = 1e100
const FORBIDDEN_COST_F32: f32 = 1e30

/** A type is cheaper than the key type if it is so by more: a share of the cost of the bin and of the mix. */
const DUAL_TOLERANCE: f64 = 1e-13

/** By how much a sum of two products in f32 can be off, relatively, on both sides: eight halves of 2^-23. */
const F32_MARGIN: f32 = 1 - 1e-6

export function serviceOf(work: FluidWork, type: i32, bin: i32): f64 {
  return usedType(work, type).services[bin]
}

export function violationOf(work: FluidWork, type: i32, bin: i32): f64 {
  return usedType(work, type).violations[bin]
}

/** Whether a type must not serve a bin. */
export function isForbidden(work: FluidWork, type: i32, bin: i32): bool {
  return work.basis.tight != 0 && violationOf(work, type, bin) != 0
}

/** What a variable costs at prices, or how its cost grows along a row of the inverse; `types` is S. */
export function costOf(work: FluidWork, type: i32, bin: i32, prices: Vector<f64>, types: i32): f64 {
  return serviceOf(work, type, bin) * prices[type] + violationOf(work, type, bin) * prices[types]
}

/**
 * The cheapest type of a bin among those whose variables are not basic in a row; the key type unless another
 * one is cheaper by more than the tolerance.
 */
export function cheapestType(work: FluidWork, bin: i32): i32 {
  const basis = work.basis
  const types = basis.types
  const prices = pricesOf(basis)
  let cheapest: i32 = basis.keyTypes[bin]
  let least = costOf(work, cheapest, bin, prices, types) * (1 - DUAL_TOLERANCE)
  least -= DUAL_TOLERANCE * work.program.probabilities[bin]
  for (let t = 0; t < types; t++) {
    if (isForbidden(work, t, bin) || isInRow(basis, bin, t)) continue
    const cost = costOf(work, t, bin, prices, types)
    if (cost >= least) continue
    least = cost
    cheapest = t
  }
  return cheapest
}

function isInRow(basis: Basis, bin: i32, type: i32): bool {
  for (let r = 1; r <= basis.types; r++) {
    if (basis.basicBins[r] == bin && basis.basicTypes[r] == type) return true
  }
  return false
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
  for (let t = 0; t < types; t++) usedType(work, t).priceF32 = Math.max(0, prices[t] + step * edge[t]) as f32
  const w = basis.tight ? FORBIDDEN_COST_F32 : (Math.max(0, prices[types] + step * edge[types]) as f32)
  return scanBins(work, types, w)
}

/**
 * The pricing pass over all bins at the f32 prices of the types. It is a filter in single precision: whatever
 * it lists is examined in double precision. It lists too many bins, never too few: a cost is the sum of two
 * products of numbers >= 0, so four roundings bound its error.
 *
 * Lanes are bins, 16 in a turn of the outer loop; the inner loop runs over the types:
 *
 *   turn     | bin 0..3 | bin 4..7 | bin 8..11 | bin 12..15 |
 *   basic    the largest cost of the basic variables of the bin, selected by their mask
 *   other    the smallest cost of the others; the mask turns basic ones into NaN, which pmin(a, b), defined
 *            as b < a ? b : a, never returns as a minimum
 */
function scanBins(work: FluidWork, types: i32, w: f32): i32 {
  const bytes: usize = 4 * (work.program.paddedBins as usize)
  const candidates = work.candidates
  const firstType = usedType(work, 0)
  const endType = usedType(work, types)
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
    for (let type = firstType; type != endType; type = nextUsedType(type)) {
      const price = v128.splat<f32>(type.priceF32)
      const service = type.servicesF32.address + at
      const violation = type.violationsF32.address + at
      const basicMask = type.basicMask.address + at
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
