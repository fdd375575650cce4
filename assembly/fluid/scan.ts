// The one pass over all bins: where may somebody cost less than those who serve the bin, at given prices?
//
// It is a filter: single precision, and whoever it marks is looked at in double. It marks too many, never too
// few: costs are sums of two products of numbers >= 0, off by four roundings at most.
//
// Lanes are bins, sixteen a turn, types inside:
//
//   turn   | bin 0..3 | bin 4..7 | bin 8..11 | bin 12..15 |
//   served     what the bin costs at its owner, or at those who share it, picked by their bits
//   other      running minimum of service u + violation w over all others; bits set make a NaN, which is no
//              minimum: pmin(a, b) is b < a ? b : a

import {
  markedPtr,
  programOf,
  ROW,
  ROW_ROUGH_PRICE,
  ROW_ROUGH_SERVICE,
  ROW_ROUGH_VIOLATION,
  ROW_SHARERS,
  rowPtr,
} from '../layout/fluid'
import { rowBytesOf } from './program'

/** What others may cost less, relatively, by rounding alone: twice four halves of 2^-23. */
const ROUNDING: f32 = 1 - 1e-6

/** Where tight, barred types cost this. */
export const BARRED: f32 = 1e30

/** Lists the bins that others may serve cheaper at the rough prices in the rows and `w`; returns how many. */
export function markBins(workPtr: usize, types: i32, w: f32): i32 {
  const bytes = rowBytesOf(programOf(workPtr)) / 2
  const listPtr = markedPtr(workPtr)
  const firstRow = rowPtr(workPtr, 0)
  const lastRow = rowPtr(workPtr, types)
  const violationPrice = v128.splat<f32>(w)
  const rounding = v128.splat<f32>(ROUNDING)
  const zero = v128.splat<f32>(0)
  const most = v128.splat<f32>(Infinity)
  let count = 0
  for (let at: usize = 0; at < bytes; at += 64) {
    let other0 = most
    let other1 = most
    let other2 = most
    let other3 = most
    let served0 = zero
    let served1 = zero
    let served2 = zero
    let served3 = zero
    for (let row = firstRow; row < lastRow; row += ROW) {
      const price = v128.load32_splat(row, ROW_ROUGH_PRICE)
      const service = load<usize>(row, ROW_ROUGH_SERVICE) + at
      const violation = load<usize>(row, ROW_ROUGH_VIOLATION) + at
      const sharers = load<usize>(row, ROW_SHARERS) + at
      const cost0 = cost(v128.load(service), v128.load(violation), price, violationPrice)
      const cost1 = cost(v128.load(service, 16), v128.load(violation, 16), price, violationPrice)
      const cost2 = cost(v128.load(service, 32), v128.load(violation, 32), price, violationPrice)
      const cost3 = cost(v128.load(service, 48), v128.load(violation, 48), price, violationPrice)
      const bits0 = v128.load(sharers)
      const bits1 = v128.load(sharers, 16)
      const bits2 = v128.load(sharers, 32)
      const bits3 = v128.load(sharers, 48)
      other0 = f32x4.pmin(other0, v128.or(cost0, bits0))
      other1 = f32x4.pmin(other1, v128.or(cost1, bits1))
      other2 = f32x4.pmin(other2, v128.or(cost2, bits2))
      other3 = f32x4.pmin(other3, v128.or(cost3, bits3))
      served0 = f32x4.pmax(served0, v128.and(cost0, bits0))
      served1 = f32x4.pmax(served1, v128.and(cost1, bits1))
      served2 = f32x4.pmax(served2, v128.and(cost2, bits2))
      served3 = f32x4.pmax(served3, v128.and(cost3, bits3))
    }
    const mark0 = f32x4.gt(served0, f32x4.mul(other0, rounding))
    const mark1 = f32x4.gt(served1, f32x4.mul(other1, rounding))
    const mark2 = f32x4.gt(served2, f32x4.mul(other2, rounding))
    const mark3 = f32x4.gt(served3, f32x4.mul(other3, rounding))
    if (!v128.any_true(v128.or(v128.or(mark0, mark1), v128.or(mark2, mark3)))) continue
    let bits =
      i32x4.bitmask(mark0) |
      (i32x4.bitmask(mark1) << 4) |
      (i32x4.bitmask(mark2) << 8) |
      (i32x4.bitmask(mark3) << 12)
    const first = (at >> 2) as i32
    while (bits != 0) {
      store<i32>(listPtr + 4 * (count as usize), first + ctz(bits))
      count++
      bits &= bits - 1
    }
  }
  return count
}

function cost(service: v128, violation: v128, price: v128, violationPrice: v128): v128 {
  return f32x4.add(f32x4.mul(service, price), f32x4.mul(violation, violationPrice))
}
