// The inverse of a working basis (basis.ts) computed from scratch: Gauss-Jordan elimination with row exchanges.
//
// What is eliminated is the transpose of B, one basic variable a row, because each row is scaled:
//
//   [ rows of the transpose, each divided by its largest entry | the divisors' inverses on the diagonal ]
//
// It becomes [ 1 | inverse of the transpose ], whose columns are the rows of the inverse of B.

import { clearInverse, inverseRow, SLACK } from '../layout/fluid-basis'
import { clearMatrix, FluidWork, matrixRow } from '../layout/fluid-work'
import { Vector } from '../layout/vector'
import { keyLoadAt, zeroSlackPrices } from './basis'
import { serviceOf, typeOf, violationOf } from './pricing'

/** A pivot that is smaller, in a matrix whose rows have a largest entry of 1, is 0. */
const SINGULAR: f64 = 1e-14

/** Pivots after which the inverse is computed from scratch. */
export const REFACTOR_INTERVAL: i32 = 24

/** Computes the inverse of the basis in use. Returns false if the basis is singular. */
export function refactor(work: FluidWork): bool {
  const basis = work.basis
  const order = basis.types + 1
  clearMatrix(work, order)
  for (let r = 0; r < order; r++) {
    const row = matrixRow(work, r)
    if (r == 0) for (let i = 0; i < order; i++) row[i] = keyLoadAt(basis, i)
    else writeColumn(work, r, row)
    // columns of rare bins are small: each is scaled to size 1, so that pivots can be compared
    let size: f64 = 0
    for (let i = 0; i < order; i++) size = Math.max(size, Math.abs(row[i]))
    if (size == 0) return false
    for (let i = 0; i < order; i++) row[i] /= size
    row[order + r] = 1 / size
  }
  if (!eliminate(work, order)) return false
  clearInverse(basis, order)
  for (let r = 0; r < order; r++) {
    const row = inverseRow(basis, r)
    for (let i = 0; i < order; i++) row[i] = matrixRow(work, i)[order + r]
  }
  zeroSlackPrices(basis)
  basis.updates = 0
  return true
}

/** Writes the column that the basic variable of row `r` has in the working basis. */
function writeColumn(work: FluidWork, r: i32, column: Vector<f64>): void {
  const basis = work.basis
  const bin = basis.basicBins[r]
  const line = basis.basicLines[r]
  if (bin == SLACK) {
    column[line] = 1
    return
  }
  const key: i32 = basis.keyLines[bin]
  // the column is 0 before; both lines may be of one type
  column[typeOf(work, line)] = serviceOf(work, line, bin)
  column[typeOf(work, key)] -= serviceOf(work, key, bin)
  column[basis.types] = violationOf(work, line, bin) - violationOf(work, key, bin)
}

/** Turns [M | N] into [1 | M⁻¹ N], both of the given order. Returns false if M is singular. */
function eliminate(work: FluidWork, order: i32): bool {
  for (let c = 0; c < order; c++) {
    const own = matrixRow(work, c)
    let pivot = own
    for (let i = c + 1; i < order; i++) {
      const row = matrixRow(work, i)
      if (Math.abs(row[c]) > Math.abs(pivot[c])) pivot = row
    }
    const divisor = pivot[c]
    if (Math.abs(divisor) < SINGULAR) return false
    for (let i = c; i < 2 * order; i++) {
      const value = pivot[i] / divisor
      pivot[i] = own[i]
      own[i] = value
    }
    for (let r = 0; r < order; r++) {
      const row = matrixRow(work, r)
      const times = row[c]
      if (r == c || times == 0) continue
      for (let i = c; i < 2 * order; i++) row[i] -= times * own[i]
    }
  }
  return true
}
