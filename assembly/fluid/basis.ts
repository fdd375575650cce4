// A basis of the fluid program (program.ts) over its support, the set of types in use: S of them, numbered 0 to
// S - 1 here. Row S is that of the violation budget. Their lines are numbered from 0 too; all lines of a type share
// its row. (Memory: layout/fluid-basis.ts.)
//
// Every bin k has a key variable, z of its key line. It is eliminated: z_key(k),k = λ less the other flows of
// the bin. What is left is the working basis B, of order S + 1. Its columns are
//
//   column 0   λ: the key load, which is the sum of the columns of all key variables, less ε in row S
//   column r   a basic variable, 1 <= r <= S, which is one of
//                a flow z_jk: service and violation of line j, less those of the key variable of bin k
//                a slack (bin SLACK): the unit column of row t, idle time of type t or unused violation budget
//
// The inverse of B is kept explicitly. Only λ has an objective coefficient, so row 0 of the inverse holds the
// prices (u, w). The product of row r with the right side (n, 0) is the value of basic variable r: λ, a flow or
// a slack. Along row r the reduced cost of basic variable r alone grows, at rate 1: it is the edge on which that
// variable leaves.
//
// The key load is a sum of multiples of the grid, exact in 64-bit integers.
//
// If the violations of even the most careful routing use the budget up, the basis is tight: row S is void, its
// slack stays basic, and only the lines with the least violation may serve a bin.

import { Basis, inverseRow, pricesOf, ROW_LENGTH, SLACK } from '../layout/fluid-basis'
import { FluidWork, matrixRow } from '../layout/fluid-work'
import { Vector } from '../layout/vector'
import { markBasic, unmarkBasic } from './envelope'
import { serviceOf, typeOf, violationOf } from './pricing'
import { GRID, units } from './program'

/** Makes a variable basic in a row: the flow of a bin to a line, or the slack of row `line`. Marks nothing. */
export function setBasic(basis: Basis, row: i32, bin: i32, line: i32): void {
  basis.basicBins[row] = bin
  basis.basicLines[row] = line
}

/** Sets the key variable of a bin that has none. Marks nothing. */
export function setKey(work: FluidWork, bin: i32, line: i32): void {
  const basis = work.basis
  const load = basis.keyLoad
  load[typeOf(work, line)] += units(serviceOf(work, line, bin))
  load[basis.types] += units(violationOf(work, line, bin))
  basis.keyLines[bin] = line as u16
}

/** Replaces the key variable of a bin. The inverse is out of date until the next pivot. */
export function replaceKey(work: FluidWork, bin: i32, line: i32): void {
  const basis = work.basis
  const load = basis.keyLoad
  const key: i32 = basis.keyLines[bin]
  load[typeOf(work, key)] -= units(serviceOf(work, key, bin))
  load[basis.types] -= units(violationOf(work, key, bin))
  setKey(work, bin, line)
  unmarkBasic(work, bin, key)
  markBasic(work, bin, line)
}

/** Sets the key load to that of no bin: -ε in the violation row. */
export function clearKeyLoad(work: FluidWork): void {
  const basis = work.basis
  const load = basis.keyLoad
  load.clear(ROW_LENGTH)
  if (!basis.tight) load[basis.types] = -units(work.program.epsilon)
}

/** Sums the key load up again, after services have changed. */
export function sumKeyLoad(work: FluidWork): void {
  const keyLines = work.basis.keyLines
  clearKeyLoad(work)
  for (let k = 0; k < work.program.bins; k++) setKey(work, k, keyLines[k])
}

/** An entry of column 0 of the working basis. */
export function keyLoadAt(basis: Basis, index: i32): f64 {
  return (basis.keyLoad[index] as f64) / GRID
}

/** Computes the values of the basic variables, and the magnitudes of their terms. */
export function computePrimal(work: FluidWork): void {
  const basis = work.basis
  const types = basis.types
  const rightSide = work.rightSide
  const primal = work.primal
  const magnitudes = work.magnitudes
  for (let r = 0; r <= types; r++) {
    const row = inverseRow(basis, r)
    let value = v128.splat<f64>(0)
    let magnitude = v128.splat<f64>(0)
    for (let i = 0; i < types; i += 2) {
      const term = f64x2.mul(rightSide.lanes(i), row.lanes(i))
      value = f64x2.add(value, term)
      magnitude = f64x2.add(magnitude, f64x2.abs(term))
    }
    primal[r] = f64x2.extract_lane(value, 0) + f64x2.extract_lane(value, 1)
    magnitudes[r] = f64x2.extract_lane(magnitude, 0) + f64x2.extract_lane(magnitude, 1)
  }
}

/** The flows of a bin that are basic in rows, in sum: what is not served by its key line. */
export function nonKeyFlow(work: FluidWork, bin: i32): f64 {
  const basis = work.basis
  const basicBins = basis.basicBins
  const primal = work.primal
  let sum: f64 = 0
  for (let r = 1; r <= basis.types; r++) if (basicBins[r] == bin) sum += primal[r]
  return sum
}

/**
 * Exchanges the basic variable of `row` for the entering variable, and updates the inverse for that and for key
 * variables that were replaced since the last pivot.
 */
export function pivot(work: FluidWork, row: i32): void {
  const basis = work.basis
  const types = basis.types
  const leavingBin = basis.basicBins[row]
  const bin = work.enteringBin
  const line = work.enteringLine
  const leavingLine = basis.basicLines[row]
  setBasic(basis, row, bin, line)
  // a leaving variable that has become the key variable of its bin stays basic
  if (leavingBin != SLACK && (basis.keyLines[leavingBin] as i32) != leavingLine) {
    unmarkBasic(work, leavingBin, leavingLine)
  }
  if (bin != SLACK) markBasic(work, bin, line)
  const alpha = matrixRow(work, 0)
  for (let r = 0; r <= types; r++) alpha[r] = timesColumn(work, inverseRow(basis, r), bin, line)
  replaceColumn(basis, row, alpha)
  updateKeyLoad(work)
  zeroSlackPrices(basis)
  basis.updates++
}

/** A row of the inverse, times the column that a variable has in the working basis. */
function timesColumn(work: FluidWork, row: Vector<f64>, bin: i32, line: i32): f64 {
  if (bin == SLACK) return row[line]
  const basis = work.basis
  const key: i32 = basis.keyLines[bin]
  return (
    serviceOf(work, line, bin) * row[typeOf(work, line)] -
    serviceOf(work, key, bin) * row[typeOf(work, key)] +
    (violationOf(work, line, bin) - violationOf(work, key, bin)) * row[basis.types]
  )
}

/** Updates the inverse for the key load. */
function updateKeyLoad(work: FluidWork): void {
  const basis = work.basis
  const types = basis.types
  const alpha = matrixRow(work, 0)
  for (let r = 0; r <= types; r++) {
    const row = inverseRow(basis, r)
    let sum: f64 = 0
    for (let i = 0; i <= types; i++) sum += keyLoadAt(basis, i) * row[i]
    alpha[r] = sum
  }
  replaceColumn(basis, 0, alpha)
}

/** Updates the inverse for a new column of the working basis; `alpha` is the inverse times that column. */
function replaceColumn(basis: Basis, column: i32, alpha: Vector<f64>): void {
  const types = basis.types
  const pivotRow = inverseRow(basis, column)
  const factor = v128.splat<f64>(1 / alpha[column])
  for (let i = 0; i <= types; i += 2) pivotRow.setLanes(i, f64x2.mul(pivotRow.lanes(i), factor))
  for (let r = 0; r <= types; r++) {
    if (r == column) continue
    const row = inverseRow(basis, r)
    const times = v128.splat<f64>(alpha[r])
    for (let i = 0; i <= types; i += 2) {
      row.setLanes(i, f64x2.sub(row.lanes(i), f64x2.mul(times, pivotRow.lanes(i))))
    }
  }
}

/**
 * Exchanges the key variable of a bin and the basic variable of a row, which is a flow of the same bin. Of the
 * inverse only that row changes: the former key variable is λ less the other flows of the bin, so its row is row 0
 * less their rows.
 */
export function exchangeKey(work: FluidWork, row: i32): void {
  const basis = work.basis
  const types = basis.types
  const basicBins = basis.basicBins
  const bin = basicBins[row]
  const key: i32 = basis.keyLines[bin]
  const prices = pricesOf(basis)
  const edge = inverseRow(basis, row)
  for (let i = 0; i <= types; i++) {
    let sum = prices[i]
    for (let r = 1; r <= types; r++) if (basicBins[r] == bin) sum -= inverseRow(basis, r)[i]
    edge[i] = sum
  }
  const line = basis.basicLines[row]
  setBasic(basis, row, bin, key)
  replaceKey(work, bin, line)
  markBasic(work, bin, key)
}

/** Removes rounding errors: where a slack is basic its price is 0, and 0 on the edges of other rows. */
export function zeroSlackPrices(basis: Basis): void {
  const types = basis.types
  for (let s = 1; s <= types; s++) {
    if (basis.basicBins[s] != SLACK) continue
    const type = basis.basicLines[s]
    for (let r = 0; r <= types; r++) inverseRow(basis, r)[type] = r == s ? 1 : 0
  }
}
