// The flows, and with them the bound, to the last bit.
//
// Two bases of the same optimum give the bound with different rounding errors, and the road to a
// configuration decides which of them it ends in. So the flows are corrected once by their residual in twice
// the precision: then the bound is the double next to the optimum of its basis. What can still differ is the
// choice between bases whose optima are closer than the tolerances; so the bound that is given out has 44
// bits, 13 digits. Then the road does not show, and bounds that are equal are equal bit by bit.
//
// Of an approximate solution (λ, y) of "counts = λ row 0 + Σ y_j row j" only the residual is needed to twice
// the precision: λ + residual times prices is then exact to second order. Entries of the rows are exact
// (fluid-program.ts). Sums and products without rounding error after Dekker, "A floating-point technique for
// extending the available precision", Numerische Mathematik 18, 1971.
//
// A long number is a pair of doubles:  high | low  (16 bytes)

import { basisOf, countsPtr, flowsPtr, matrixPtr, sizesPtr } from '../layout/fluid'
import { columnPtr, elementBin, elementType, loadPtr, ownerOf, service, usedTypes, violation } from './basis'
import { GRID, words } from './program'

/** 2^27 + 1: splits a double into halves of 26 bits. */
const SPLIT: f64 = 134217729

/** Corrects the flows by their residual. What is left of their errors is not worth a tolerance: sizes become 0. */
export function refineFlows(workPtr: usize): void {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  const flows = flowsPtr(workPtr)
  const rest = matrixPtr(workPtr)
  const bound = load<f64>(flows)
  for (let i = 0; i <= types; i++) {
    const at = rest + 16 * (i as usize)
    const units = load<i64>(loadPtr(basisPtr) + words(i))
    const high = units as f64
    store<f64>(at, load<f64>(countsPtr(workPtr) + words(i)))
    store<f64>(at, 0, 8)
    subtractProduct(at, bound, high / GRID)
    subtractProduct(at, bound, ((units - (high as i64)) as f64) / GRID)
  }
  for (let j = 0; j < types; j++) {
    const flow = load<f64>(flows + words(j + 1))
    const bin = elementBin(basisPtr, j)
    const type = elementType(basisPtr, j)
    const at = rest + 16 * (type as usize)
    if (bin < 0) {
      subtractProduct(at, flow, 1)
      continue
    }
    const owner = ownerOf(basisPtr, bin)
    const end = rest + 16 * (types as usize)
    subtractProduct(at, flow, service(workPtr, type, bin))
    subtractProduct(rest + 16 * (owner as usize), -flow, service(workPtr, owner, bin))
    subtractProduct(end, flow, violation(workPtr, type, bin))
    subtractProduct(end, -flow, violation(workPtr, owner, bin))
  }
  for (let c = 0; c <= types; c++) {
    const column = columnPtr(basisPtr, c)
    let correction: f64 = 0
    for (let i = 0; i <= types; i++) {
      const at = rest + 16 * (i as usize)
      correction += (load<f64>(at) + load<f64>(at, 8)) * load<f64>(column + words(i))
    }
    store<f64>(flows + words(c), load<f64>(flows + words(c)) + correction)
    store<f64>(sizesPtr(workPtr) + words(c), 0)
  }
}

/** The bound that the flows stand for, as it is given out. */
export function boundOf(workPtr: usize): f64 {
  const bits = reinterpret<i64>(load<f64>(flowsPtr(workPtr)))
  return reinterpret<f64>((bits + 0x100) & ~0x1ff)
}

/** The long number at `at`, less a times b. */
function subtractProduct(at: usize, a: f64, b: f64): void {
  if (a == 0 || b == 0) return
  const product = a * b
  const bigA = SPLIT * a
  const bigB = SPLIT * b
  const highA = bigA - (bigA - a)
  const highB = bigB - (bigB - b)
  const lowA = a - highA
  const lowB = b - highB
  const error = highA * highB - product + highA * lowB + lowA * highB + lowA * lowB
  const high = load<f64>(at)
  const sum = high - product
  const taken = sum - high
  const lost = high - (sum - taken) - (product + taken)
  const low = load<f64>(at, 8) + (lost - error)
  const top = sum + low
  store<f64>(at, top)
  store<f64>(at, low - (top - sum), 8)
}
