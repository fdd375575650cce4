// A basis of the fluid program (fluid/basis.ts) in memory. Rows are numbered as in the inverse: row 0 belongs
// to λ, rows 1 to S to the other basic variables.
//
//   Basis | typeNumbers[16] i32 | basicBins[18] i32 | basicLines[18] i32 | keyLoad[18] i64 | inverse[17][18] f64
//         | free up to BASIS_HEAD
//         | keyLines[] u16, in the room of a f64 vector | forbidden[U][] f64 | basicMask[U][] i32
//         | forbiddenF32[U][] f32
//
// Only the lines of the types in use are there: U of them, in their order in the program.
//
// `[]` stands for the padded bins of the program. The last of the 18 numbers of a row is no part of the matrix:
// it completes the last SIMD lane.

import { padBins } from './fluid-program'
import { MAX_TYPES } from './lattice'
import { Vector, vectorAt } from './vector'

@unmanaged
export class Basis {
  /** A first guess at the length of the next step, relative to the prices. */
  trialStep: f64
  /** The types in use, as bits; 0 while no basis is kept here. */
  support: i32
  /** How many types are in use, S. */
  types: i32
  /** How many lines they have, U. */
  lines: i32
  /** 1 if even the most careful routing uses the violation budget up, else 0. */
  tight: i32
  /** Basis changes since the inverse was last computed from scratch. */
  updates: i32
  /** The numbers in the program of the types in use, in increasing order. */
  typeNumbers: Vector<i32>
  /** By row, from 1 on: the bin of the basic variable, or SLACK. */
  basicBins: Vector<i32>
  /** By row, from 1 on: the line of the basic variable; of a slack its row, S for that of the violation budget. */
  basicLines: Vector<i32>
  /** The column of λ in the working basis, in units of the grid. */
  keyLoad: Vector<i64>
  /** The rows of the inverse, ROW_LENGTH numbers from one to the next. */
  inverse: Vector<f64>
  /** By bin: the line of the key variable. */
  keyLines: Vector<u16>
  /** By line and bin, only if tight: 1 for bins that the line must not serve, else 0. */
  forbidden: Vector<f64>
  forbiddenF32: Vector<f32>
  /** By line and bin: all bits set if the variable is basic, as key variable or in a row; else none. */
  basicMask: Vector<i32>
}

/** The bin of a basic variable that is a slack variable. */
export const SLACK: i32 = -1

/** The numbers of a row of the inverse: MAX_TYPES + 1, and one that completes the last SIMD lane. */
export const ROW_LENGTH: i32 = MAX_TYPES + 2
const ROWS: i32 = MAX_TYPES + 1

const TYPE_NUMBERS: usize = (offsetof<Basis>() + 15) & ~15
const BASIC_BINS: usize = TYPE_NUMBERS + 4 * (MAX_TYPES as usize)
const BASIC_LINES: usize = BASIC_BINS + 4 * (ROW_LENGTH as usize)
const KEY_LOAD: usize = BASIC_LINES + 4 * (ROW_LENGTH as usize)
const INVERSE: usize = KEY_LOAD + 8 * (ROW_LENGTH as usize)

/** Bytes before the vectors over bins: a multiple of 1024. */
const BASIS_HEAD: usize = (INVERSE + 8 * ((ROWS * ROW_LENGTH) as usize) + 1023) & ~1023

/** Bytes of a basis. */
export function basisBytes(lines: i32, bins: i32): usize {
  return BASIS_HEAD + 8 * (padBins(bins) as usize) * (1 + 2 * (lines as usize))
}

/** Bytes of a basis at most, whatever the padding. */
export function basisBytesAtMost(lines: i32, bins: i32): usize {
  return BASIS_HEAD + 8 * ((bins + 16) as usize) * (1 + 2 * (lines as usize))
}

export function basisAt(address: usize): Basis {
  return changetype<Basis>(address)
}

/** Initialises the vectors of a basis with so many types and lines in use. Their contents are whatever was there. */
export function initBasisVectors(basis: Basis, types: i32, lines: i32, paddedBins: i32): void {
  const address = changetype<usize>(basis)
  const cells = (lines * paddedBins) as usize
  basis.types = types
  basis.lines = lines
  basis.typeNumbers = vectorAt<i32>(address + TYPE_NUMBERS)
  basis.basicBins = vectorAt<i32>(address + BASIC_BINS)
  basis.basicLines = vectorAt<i32>(address + BASIC_LINES)
  basis.keyLoad = vectorAt<i64>(address + KEY_LOAD)
  basis.inverse = vectorAt<f64>(address + INVERSE)
  basis.keyLines = vectorAt<u16>(address + BASIS_HEAD)
  const matrices = address + BASIS_HEAD + 8 * (paddedBins as usize)
  basis.forbidden = vectorAt<f64>(matrices)
  basis.basicMask = vectorAt<i32>(matrices + 8 * cells)
  basis.forbiddenF32 = vectorAt<f32>(matrices + 12 * cells)
}

/** A row of the inverse. */
export function inverseRow(basis: Basis, row: i32): Vector<f64> {
  return basis.inverse.from(ROW_LENGTH * row)
}

/** Row 0 of the inverse: the prices u of the types in use, then w. */
export function pricesOf(basis: Basis): Vector<f64> {
  return basis.inverse
}

/** Sets rows 0 to `rows` - 1 of the inverse to 0. */
export function clearInverse(basis: Basis, rows: i32): void {
  basis.inverse.clear(ROW_LENGTH * rows)
}
