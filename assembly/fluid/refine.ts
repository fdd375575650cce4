// The values of the basic variables, and with them the bound, to the last bit.
//
// Problem: two optimal bases of the same program give the bound with different rounding errors, and which of
// them the solver ends in depends on its pivots, so on the configuration it started from.
//
// Method: iterative refinement, one step unless the basis is nearly singular. Let x be the computed values, b the
// right side, B the working basis.
//
//   1. r = b - B x, in double-double arithmetic; entries of B are exact (program.ts)
//   2. x = x + B⁻¹ r
//
// The error of x is then of second order, and λ is the double next to the optimum of its basis. What can still
// differ is which of several bases is chosen, if their optima are closer than the tolerances. So the bound that
// is reported has 44 bits, 13 digits. Two paths to one optimum then differ seldom, and only in the last of these
// bits: where a boundary of rounding lies between them.
//
// Sums and products without rounding error are those of Dekker, "A floating-point technique for extending the
// available precision", Numerische Mathematik 18, 1971. A double-double is a pair of doubles, high and low; here
// number i of a vector of them is at 2 i and 2 i + 1.

import { inverseRow, SLACK } from '../layout/fluid-basis'
import { FluidWork, matrixRow } from '../layout/fluid-work'
import { Vector } from '../layout/vector'
import { keyLoadAt } from './basis'
import { serviceOf, typeOf, violationOf } from './pricing'
import { GRID } from './program'

/** 2^27 + 1: splits a double into halves of 26 bits. */
const SPLIT: f64 = 134217729

/** A residual that is smaller, relative to the terms of its row, is small: it needs no second step. */
const SMALL_RESIDUAL: f64 = 1e-10

/** Terms of a row that are smaller, as a share of the bound, count as this. */
const MIN_TERMS: f64 = 1e-6

/** Steps of refinement at most, for a basis that is nearly singular. */
const MAX_STEPS: i32 = 4

/**
 * Refines the values of the basic variables. Their errors then need no tolerance: the magnitudes become 0. Returns
 * false if the inverse is too inexact for that.
 */
export function refinePrimal(work: FluidWork): bool {
  for (let step = 0; step < MAX_STEPS; step++) if (refineOnce(work)) return true
  return false
}

/** One step of refinement; returns whether the residual was small before it. */
function refineOnce(work: FluidWork): bool {
  const basis = work.basis
  const types = basis.types
  const primal = work.primal
  const magnitudes = work.magnitudes
  const residual = matrixRow(work, 0)
  computeResidual(work, residual)
  const least = MIN_TERMS * primal[0]
  let isSmall = true
  for (let i = 0; i <= types; i++) {
    const terms = work.rightSide[i] + Math.abs(primal[0] * keyLoadAt(basis, i))
    isSmall = isSmall && Math.abs(residual[2 * i]) <= SMALL_RESIDUAL * Math.max(terms, least)
  }
  for (let r = 0; r <= types; r++) {
    const row = inverseRow(basis, r)
    let correction: f64 = 0
    for (let i = 0; i <= types; i++) correction += (residual[2 * i] + residual[2 * i + 1]) * row[i]
    primal[r] += correction
    magnitudes[r] = 0
  }
  return isSmall
}

/** Writes the right side less the working basis times the values, as double-doubles. */
function computeResidual(work: FluidWork, residual: Vector<f64>): void {
  const basis = work.basis
  const types = basis.types
  const primal = work.primal
  const rightSide = work.rightSide
  const keyLoad = basis.keyLoad
  const bound = primal[0]
  for (let i = 0; i <= types; i++) {
    const units = keyLoad[i]
    const high = units as f64
    residual[2 * i] = rightSide[i]
    residual[2 * i + 1] = 0
    subtractProduct(residual, i, bound, high / GRID)
    subtractProduct(residual, i, bound, ((units - (high as i64)) as f64) / GRID)
  }
  for (let r = 1; r <= types; r++) {
    const value = primal[r]
    const bin = basis.basicBins[r]
    const line = basis.basicLines[r]
    if (bin == SLACK) {
      subtractProduct(residual, line, value, 1)
      continue
    }
    const key: i32 = basis.keyLines[bin]
    subtractProduct(residual, typeOf(work, line), value, serviceOf(work, line, bin))
    subtractProduct(residual, typeOf(work, key), -value, serviceOf(work, key, bin))
    subtractProduct(residual, types, value, violationOf(work, line, bin))
    subtractProduct(residual, types, -value, violationOf(work, key, bin))
  }
}

/** The bound as it is reported: λ with 44 bits. */
export function boundOf(work: FluidWork): f64 {
  const bits = reinterpret<i64>(work.primal[0])
  return reinterpret<f64>((bits + 0x100) & ~0x1ff)
}

/** Subtracts a times b from double-double `index` of a vector. */
function subtractProduct(vector: Vector<f64>, index: i32, a: f64, b: f64): void {
  if (a == 0 || b == 0) return
  const product = a * b
  const bigA = SPLIT * a
  const bigB = SPLIT * b
  const highA = bigA - (bigA - a)
  const highB = bigB - (bigB - b)
  const lowA = a - highA
  const lowB = b - highB
  const error = highA * highB - product + highA * lowB + lowA * highB + lowA * lowB
  const high = vector[2 * index]
  const sum = high - product
  const taken = sum - high
  const lost = high - (sum - taken) - (product + taken)
  const low = vector[2 * index + 1] + (lost - error)
  const top = sum + low
  vector[2 * index] = top
  vector[2 * index + 1] = low - (top - sum)
}
