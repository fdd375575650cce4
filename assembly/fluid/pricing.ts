// Pricing: the columns of the lines in use, and what they cost at given prices.
//
// Types and lines are numbered among those in use. At prices u of the types and w of the violation budget, variable
// z_jk costs service_jk u_t + violation_jk w, where t is the type of line j. Its reduced cost is that less the cost of
// the key variable of the bin. If the basis is tight (start.ts), the violations are replaced by 1 for pairs that must
// not serve, else 0.

import { Basis, inverseRow, pricesOf } from '../layout/fluid-basis'
import { Breakpoint, FluidWork, nextUsedLine, nextUsedType, usedLine, usedType } from '../layout/fluid-work'
import { Vector } from '../layout/vector'
import { movePrices } from './envelope'

/** If tight, forbidden pairs cost this. The f32 pass needs a smaller number, whose products are finite. */
export const FORBIDDEN_COST: f64 = 1e100
const FORBIDDEN_COST_F32: f32 = 1e30

/** Growth rates that differ by less, where the fastest price moves at rate 1, are equal: rounding. */
export const RATE_TOLERANCE: f64 = 1e-9

/** A line is cheaper than the key line if it is so by more: a share of the cost of the bin and of the mix. */
export const DUAL_TOLERANCE: f64 = 1e-13

/** Allows for rounding where two costs in f32 are compared: each is off by at most four times 2^-24, relatively. */
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
  for (let t = 0; t < types; t++) {
    const type = usedType(work, t)
    const end = type.firstLine + (type.modes[bin] as i32)
    for (let j = type.firstLine; j < end; j++) {
      const cost = costOf(work, j, bin, prices, types)
      if (cost >= least || isForbidden(work, j, bin) || isInRow(basis, bin, j)) continue
      least = cost
      cheapest = j
    }
  }
  return cheapest
}

function isInRow(basis: Basis, bin: i32, line: i32): bool {
  for (let r = 1; r <= basis.types; r++) {
    if (basis.basicBins[r] == bin && basis.basicLines[r] == line) return true
  }
  return false
}

/**
 * Writes the first breakpoint of a bin behind `from` and up to `to` into `found`; returns whether there is one. The
 * envelopes are those at `to`: a type without a cheaper line there has no breakpoint.
 */
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
  const batches = basis.lines > types
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
  const parts = batches ? types : 1
  let type = usedType(work, 0)
  for (let t = 0; t < parts; t++, type = nextUsedType(type)) {
    let j = 0
    let end = types
    if (batches) {
      const wEnd = violationPriceAt(work, row, to)
      if (type.services[bin] * type.price + type.violations[bin] * wEnd >= keyCost + to * keyRate) continue
      j = type.firstLine
      end = j + (type.modes[bin] as i32)
    }
    for (let line = usedLine(work, j); j < end; j++, line = nextUsedLine(line)) {
      const service = line.services[bin]
      const violation = line.violations[bin]
      const gap = keyRate - (service * edge[line.type] + violation * wRate)
      if (line == key || gap <= tolerance) continue
      const reducedCost = service * prices[line.type] + violation * w - keyCost
      if (reducedCost > gap * first || (tight && violation != 0)) continue
      first = Math.max(from, reducedCost / gap)
      by = j
      found.gap = gap
    }
  }
  if (by < 0) return false
  found.step = withoutRounding(first)
  found.bin = bin
  found.line = by
  return true
}

/** What a violation costs after a step of length `step` along a row of the inverse. */
function violationPriceAt(work: FluidWork, row: i32, step: f64): f64 {
  const basis = work.basis
  const types = basis.types
  return basis.tight
    ? FORBIDDEN_COST
    : Math.max(0, pricesOf(basis)[types] + step * inverseRow(basis, row)[types])
}

/** A number with 43 bits: ties that rounding has separated are ties again. */
function withoutRounding(value: f64): f64 {
  return reinterpret<f64>((reinterpret<i64>(value) + 0x200) & ~0x3ff)
}

/**
 * Computes the least cost of every bin at the prices of the types in use and `w`. The envelopes have to be those of
 * these prices.
 */
export function computeLeastCosts(work: FluidWork, w: f64): void {
  const costs = work.costs
  const firstType = usedType(work, 0)
  const endType = usedType(work, work.basis.types)
  const violationPrice = v128.splat<f64>(w)
  const bins = work.program.paddedBins
  for (let k = 0; k < bins; k += 2) {
    let least = v128.splat<f64>(Infinity)
    for (let type = firstType; type != endType; type = nextUsedType(type)) {
      const cost = costsF64(
        type.services.lanes(k),
        type.violations.lanes(k),
        v128.splat<f64>(type.price),
        violationPrice,
      )
      least = f64x2.pmin(least, cost)
    }
    costs.setLanes(k, least)
  }
}

/**
 * Lists, as candidates, the bins at which a variable has a negative reduced cost after a step of length `step` along a
 * row of the inverse, up to rounding. Returns how many.
 */
export function priceBins(work: FluidWork, row: i32, step: f64): i32 {
  const w = movePrices(work, row, step)
  const count = scanBins(work, work.basis.tight ? FORBIDDEN_COST_F32 : (w as f32))
  return work.basis.lines > work.basis.types ? confirmCandidates(work, row, step, count) : count
}

/**
 * The pricing pass over all bins: a filter in single precision. Whatever it lists is examined in double precision. It
 * lists too many bins, never too few: a cost is the sum of two products of numbers >= 0, so four roundings bound its
 * error. (A cost below 10^-38 would be 0 in single precision.)
 *
 * Lanes are bins, 16 in a turn of the outer loop; the inner loop runs over the types, each with its envelope:
 *
 *   turn     | bin 0..3 | bin 4..7 | bin 8..11 | bin 12..15 |
 *   basic    the largest cost of the basic variables of the bin, selected by their mask; strays are listed anyway
 *   other    the smallest cost of the others; the mask turns basic ones into NaN, which pmin(a, b), defined
 *            as b < a ? b : a, never returns as a minimum
 */
function scanBins(work: FluidWork, w: f32): i32 {
  const bytes: usize = 4 * (work.program.paddedBins as usize)
  const firstType = usedType(work, 0)
  const endType = usedType(work, work.basis.types)
  const hasStrays = work.basis.strays != 0
  const strayMask = work.basis.strayMask.address
  const violationPrice = v128.splat<f32>(w)
  const margin = v128.splat<f32>(F32_MARGIN)
  const zero = v128.splat<f32>(0)
  const most = v128.splat<f32>(Infinity)
  const candidates = work.candidates
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
      const cost0 = costsF32(v128.load(service), v128.load(violation), price, violationPrice)
      const cost1 = costsF32(v128.load(service, 16), v128.load(violation, 16), price, violationPrice)
      const cost2 = costsF32(v128.load(service, 32), v128.load(violation, 32), price, violationPrice)
      const cost3 = costsF32(v128.load(service, 48), v128.load(violation, 48), price, violationPrice)
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
    let listed0 = f32x4.gt(basic0, f32x4.mul(other0, margin))
    let listed1 = f32x4.gt(basic1, f32x4.mul(other1, margin))
    let listed2 = f32x4.gt(basic2, f32x4.mul(other2, margin))
    let listed3 = f32x4.gt(basic3, f32x4.mul(other3, margin))
    if (hasStrays) {
      const stray = strayMask + at
      listed0 = v128.or(listed0, v128.load(stray))
      listed1 = v128.or(listed1, v128.load(stray, 16))
      listed2 = v128.or(listed2, v128.load(stray, 32))
      listed3 = v128.or(listed3, v128.load(stray, 48))
    }
    if (!v128.any_true(v128.or(v128.or(listed0, listed1), v128.or(listed2, listed3)))) continue
    const first = (at >> 2) as i32
    let bits =
      i32x4.bitmask(listed0) |
      (i32x4.bitmask(listed1) << 4) |
      (i32x4.bitmask(listed2) << 8) |
      (i32x4.bitmask(listed3) << 12)
    while (bits != 0) {
      candidates[count++] = first + ctz(bits)
      bits &= bits - 1
    }
  }
  return count
}

/** Prices the `count` candidates of a step again, in double precision, keeps those that pass, and returns how many. */
function confirmCandidates(work: FluidWork, row: i32, step: f64, count: i32): i32 {
  const w = violationPriceAt(work, row, step)
  const candidates = work.candidates
  let kept = 0
  for (let i = 0; i < count; ) {
    const first = candidates[i] & ~3
    let bits = priceFour(work, first, w)
    do i++
    while (i < count && candidates[i] < first + 4)
    while (bits != 0) {
      candidates[kept++] = first + ctz(bits)
      bits &= bits - 1
    }
  }
  return kept
}

/** The pricing pass over four bins in double precision: a bit for each bin that is listed. */
function priceFour(work: FluidWork, bin: i32, w: f64): i32 {
  const firstType = usedType(work, 0)
  const endType = usedType(work, work.basis.types)
  const violationPrice = v128.splat<f64>(w)
  const margin = v128.splat<f64>(1 - DUAL_TOLERANCE)
  let other0 = v128.splat<f64>(Infinity)
  let other1 = v128.splat<f64>(Infinity)
  let basic0 = v128.splat<f64>(0)
  let basic1 = v128.splat<f64>(0)
  for (let type = firstType; type != endType; type = nextUsedType(type)) {
    const price = v128.splat<f64>(type.price)
    const cost0 = costsF64(type.services.lanes(bin), type.violations.lanes(bin), price, violationPrice)
    const cost1 = costsF64(
      type.services.lanes(bin + 2),
      type.violations.lanes(bin + 2),
      price,
      violationPrice,
    )
    const mask = type.basicMask.lanes(bin)
    const mask0 = i64x2.extend_low_i32x4_s(mask)
    const mask1 = i64x2.extend_high_i32x4_s(mask)
    other0 = f64x2.pmin(other0, v128.or(cost0, mask0))
    other1 = f64x2.pmin(other1, v128.or(cost1, mask1))
    basic0 = f64x2.pmax(basic0, v128.and(cost0, mask0))
    basic1 = f64x2.pmax(basic1, v128.and(cost1, mask1))
  }
  return (
    i64x2.bitmask(f64x2.gt(f64x2.mul(basic0, margin), other0)) |
    (i64x2.bitmask(f64x2.gt(f64x2.mul(basic1, margin), other1)) << 2) |
    i32x4.bitmask(work.basis.strayMask.lanes(bin))
  )
}

function costsF32(service: v128, violation: v128, price: v128, violationPrice: v128): v128 {
  return f32x4.add(f32x4.mul(service, price), f32x4.mul(violation, violationPrice))
}

function costsF64(service: v128, violation: v128, price: v128, violationPrice: v128): v128 {
  return f64x2.add(f64x2.mul(service, price), f64x2.mul(violation, violationPrice))
}
