// The one pass over all bins: where does the owner cost more than somebody else, at given prices?
//
// Lanes are bins, eight a turn, types inside:
//
//   turn   | bin 0, 1 | bin 2, 3 | bin 4, 5 | bin 6, 7 |
//   least      running minimum of service u + violation w over the types
//   owned      the same cost of the owner, picked by its bits

import { rowBytesOf, slackRow } from './fluid-program'
import { markedPtr, programOf, ROW, ROW_OWNED, ROW_SERVICE, ROW_VIOLATION, rowPtr } from './fluid-work'

/** Where tight, barred types cost this. */
export const BARRED: f64 = 1e100

/**
 * Lists the bins whose owner is not the cheapest at the prices in the rows and `w`, and returns how many.
 */
export function markBins(workPtr: usize, types: i32, w: f64): i32 {
  const bytes = rowBytesOf(programOf(workPtr))
  const slackPtr = slackRow(programOf(workPtr))
  const listPtr = markedPtr(workPtr)
  const firstRow = rowPtr(workPtr, 0)
  const lastRow = rowPtr(workPtr, types)
  const violationPrice = v128.splat<f64>(w)
  const zero = v128.splat<f64>(0)
  const most = v128.splat<f64>(Infinity)
  let count = 0
  for (let at: usize = 0; at < bytes; at += 64) {
    let least0 = most
    let least1 = most
    let least2 = most
    let least3 = most
    let owned0 = zero
    let owned1 = zero
    let owned2 = zero
    let owned3 = zero
    for (let row = firstRow; row < lastRow; row += ROW) {
      const price = v128.load_splat<f64>(row)
      const service = load<usize>(row, ROW_SERVICE) + at
      const violation = load<usize>(row, ROW_VIOLATION) + at
      const owned = load<usize>(row, ROW_OWNED) + at
      const cost0 = cost(v128.load(service), v128.load(violation), price, violationPrice)
      const cost1 = cost(v128.load(service, 16), v128.load(violation, 16), price, violationPrice)
      const cost2 = cost(v128.load(service, 32), v128.load(violation, 32), price, violationPrice)
      const cost3 = cost(v128.load(service, 48), v128.load(violation, 48), price, violationPrice)
      least0 = f64x2.pmin(least0, cost0)
      least1 = f64x2.pmin(least1, cost1)
      least2 = f64x2.pmin(least2, cost2)
      least3 = f64x2.pmin(least3, cost3)
      owned0 = v128.or(owned0, v128.and(cost0, v128.load(owned)))
      owned1 = v128.or(owned1, v128.and(cost1, v128.load(owned, 16)))
      owned2 = v128.or(owned2, v128.and(cost2, v128.load(owned, 32)))
      owned3 = v128.or(owned3, v128.and(cost3, v128.load(owned, 48)))
    }
    const mark0 = f64x2.gt(f64x2.sub(owned0, least0), v128.load(slackPtr + at))
    const mark1 = f64x2.gt(f64x2.sub(owned1, least1), v128.load(slackPtr + at, 16))
    const mark2 = f64x2.gt(f64x2.sub(owned2, least2), v128.load(slackPtr + at, 32))
    const mark3 = f64x2.gt(f64x2.sub(owned3, least3), v128.load(slackPtr + at, 48))
    if (!v128.any_true(v128.or(v128.or(mark0, mark1), v128.or(mark2, mark3)))) continue
    let bits =
      i64x2.bitmask(mark0) |
      (i64x2.bitmask(mark1) << 2) |
      (i64x2.bitmask(mark2) << 4) |
      (i64x2.bitmask(mark3) << 6)
    const first = (at >> 3) as i32
    while (bits != 0) {
      store<i32>(listPtr + 4 * (count as usize), first + ctz(bits))
      count++
      bits &= bits - 1
    }
  }
  return count
}

function cost(service: v128, violation: v128, price: v128, violationPrice: v128): v128 {
  return f64x2.add(f64x2.mul(service, price), f64x2.mul(violation, violationPrice))
}
