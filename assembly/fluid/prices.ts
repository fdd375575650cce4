// What the optimum says about every type: prices, also of those that are not in use, and shares of bins.
//
// A type without instances gets the lowest price at which it undercuts nobody: what its first instance would
// gain at most. Where the support is tight the violation price is the lowest at which no barred type would be
// worth its violations.

import {
  basisOf,
  costsPtr,
  flowsPtr,
  programOf,
  ROW,
  ROW_SERVICE,
  ROW_VIOLATION,
  rowPtr,
} from '../layout/fluid'
import { columnPtr, elementBin, elementType, isTight, ownerOf, supportOf, typeOf, usedTypes } from './basis'
import { binsOf, rawBinOf, rowBytesOf, scaleOf, serviceRow, typesOf, violationRow, words } from './program'
import { leastViolation } from './start'

/** Where tight, barred types cost this. */
const BARRED: f64 = 1e100

/** Writes the price of every type of the program, and returns the violation price. */
export function writePrices(workPtr: usize, pricePtr: usize): f64 {
  const basisPtr = basisOf(workPtr)
  const programPtr = programOf(workPtr)
  const tight = isTight(basisPtr)
  const types = usedTypes(basisPtr)
  const prices = columnPtr(basisPtr, 0)
  for (let i = 0; i < types; i++) {
    const price = Math.max(0, load<f64>(prices + words(i)))
    store<f64>(rowPtr(workPtr, i), price)
    const type = typeOf(basisPtr, i)
    store<f64>(pricePtr + words(type), price * scaleOf(programPtr, type))
  }
  let w = Math.max(0, load<f64>(prices + words(types)))
  if (types == typesOf(programPtr) && !tight) return w
  findCosts(workPtr, tight ? BARRED : w)
  if (tight) w = tightPrice(workPtr)
  for (let t = 0; t < typesOf(programPtr); t++) {
    if ((supportOf(basisPtr) >> t) & 1) continue
    store<f64>(pricePtr + words(t), unusedPrice(programPtr, costsPtr(workPtr), t, w) * scaleOf(programPtr, t))
  }
  return w
}

/** The least cost of every bin at the prices in the rows. */
function findCosts(workPtr: usize, w: f64): void {
  const costs = costsPtr(workPtr)
  const row = rowBytesOf(programOf(workPtr))
  const last = rowPtr(workPtr, usedTypes(basisOf(workPtr)))
  const violationPrice = v128.splat<f64>(w)
  for (let at: usize = 0; at < row; at += 16) {
    let least = v128.splat<f64>(Infinity)
    for (let own = rowPtr(workPtr, 0); own < last; own += ROW) {
      const service = v128.load(load<usize>(own, ROW_SERVICE) + at)
      const violation = v128.load(load<usize>(own, ROW_VIOLATION) + at)
      const cost = f64x2.add(
        f64x2.mul(service, v128.load_splat<f64>(own)),
        f64x2.mul(violation, violationPrice),
      )
      least = f64x2.pmin(least, cost)
    }
    v128.store(costs + at, least)
  }
}

/** The violation price of a tight support; adds what violations cost then to the costs of the bins. */
function tightPrice(workPtr: usize): f64 {
  const basisPtr = basisOf(workPtr)
  const programPtr = programOf(workPtr)
  const costs = costsPtr(workPtr)
  const types = usedTypes(basisPtr)
  let w: f64 = 0
  for (let k = 0; k < binsOf(programPtr); k++) {
    const at = words(k)
    const least = leastViolation(programPtr, supportOf(basisPtr), k)
    for (let i = 0; i < types; i++) {
      if (load<f64>(load<usize>(rowPtr(workPtr, i), ROW_VIOLATION) + at) == 0) continue
      const more = load<f64>(violationRow(programPtr, typeOf(basisPtr, i)) + at) - least
      const cost =
        load<f64>(load<usize>(rowPtr(workPtr, i), ROW_SERVICE) + at) * load<f64>(rowPtr(workPtr, i))
      w = Math.max(w, (load<f64>(costs + at) - cost) / more)
    }
  }
  for (let k = 0; k < binsOf(programPtr); k++) {
    const at = costs + words(k)
    store<f64>(at, load<f64>(at) + w * leastViolation(programPtr, supportOf(basisPtr), k))
  }
  return w
}

function unusedPrice(programPtr: usize, costs: usize, type: i32, w: f64): f64 {
  const service = serviceRow(programPtr, type)
  const violation = violationRow(programPtr, type)
  const violationPrice = v128.splat<f64>(w)
  let most = v128.splat<f64>(0)
  // padding divides 0 by 0: pmax(a, b) is a < b ? b : a, and keeps a
  for (let at: usize = 0; at < rowBytesOf(programPtr); at += 16) {
    const rest = f64x2.sub(v128.load(costs + at), f64x2.mul(v128.load(violation + at), violationPrice))
    most = f64x2.pmax(most, f64x2.div(rest, v128.load(service + at)))
  }
  return Math.max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1))
}

/** Writes the share of every bin that goes to every type, T x K as the host numbers bins. */
export function writeShares(workPtr: usize, bins: i32, sharePtr: usize): void {
  const basisPtr = basisOf(workPtr)
  const programPtr = programOf(workPtr)
  const bound = load<f64>(flowsPtr(workPtr))
  for (let k = 0; k < binsOf(programPtr); k++) {
    const type = typeOf(basisPtr, ownerOf(basisPtr, k))
    store<f64>(sharePtr + words(type * bins + rawBinOf(programPtr, k)), 1)
  }
  for (let j = 0; j < usedTypes(basisPtr); j++) {
    const bin = elementBin(basisPtr, j)
    if (bin < 0) continue
    const share = Math.max(0, load<f64>(flowsPtr(workPtr) + words(j + 1)) / bound)
    const own = sharePtr + words(rawBinOf(programPtr, bin))
    const ownerAt = own + words(typeOf(basisPtr, ownerOf(basisPtr, bin)) * bins)
    const at = own + words(typeOf(basisPtr, elementType(basisPtr, j)) * bins)
    store<f64>(at, share)
    store<f64>(ownerAt, Math.max(0, load<f64>(ownerAt) - share))
  }
}
