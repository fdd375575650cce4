// A basis of the fluid program (fluid/basis.ts) in memory. Rows are numbered as in the inverse: row 0 belongs
// to λ, rows 1 to S to the other basic variables.
//
//   Basis | typeNumbers[16] i32 | switched[16] i32 | basicBins[18] i32 | basicLines[18] i32 | keyLoad[18] i64
//         | inverse[17][18] f64 | free up to BASIS_HEAD
//         | keyLines[] u16 and strayMask[] i32, in the room of a f64 vector
//         | forbidden[U][] f64 | envelope of each type: 32 bytes for each bin
//   envelope | services[] f64 | violations[] f64 | servicesF32[] f32 | violationsF32[] f32 | basicMask[] i32
//            | lines[] u16, in the room of i32
//
// Only the lines of the types in use are there: U of them, in their order in the program. The envelope of a type
// (fluid/envelope.ts) has for each bin the line that is cheapest among those of the type.
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
  /** 1 if there are envelopes, and lines that are basic are marked in them; else 0. */
  hasEnvelopes: i32
  /** How many bins are strays. */
  strays: i32
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
  /** By bin: all bits set if a line that is not on the envelope of its type is basic; else none. */
  strayMask: Vector<i32>
  /** By line and bin, only if tight: 1 for bins that the line must not serve, else 0. */
  forbidden: Vector<f64>
  /** By type: its first switch that is not below the ratio of prices for which its envelope is. */
  switched: Vector<i32>
}

/** The bin of a basic variable that is a slack variable. */
export const SLACK: i32 = -1

/** The numbers of a row of the inverse: MAX_TYPES + 1, and one that completes the last SIMD lane. */
export const ROW_LENGTH: i32 = MAX_TYPES + 2
const ROWS: i32 = MAX_TYPES + 1

const HEAD: usize = (offsetof<Basis>() + 15) & ~15
const VECTOR_BYTES: i32 = 4 * 2 * (MAX_TYPES + ROW_LENGTH) + 8 * ROW_LENGTH * (1 + ROWS)

/** Bytes before the vectors over bins: a multiple of 1024. */
const BASIS_HEAD: usize = (HEAD + (VECTOR_BYTES as usize) + 1023) & ~1023

/** Bytes of an envelope for each bin. */
const ENVELOPE: i32 = 32

/** Bytes of a basis without envelopes: its head and its key lines, for so many bins before padding. */
export function headBytes(bins: i32): usize {
  return BASIS_HEAD + 2 * (padBins(bins) as usize)
}

/** Bytes of a basis. */
export function basisBytes(types: i32, lines: i32, bins: i32): usize {
  return BASIS_HEAD + (padBins(bins) as usize) * bytesOfBin(types, lines)
}

/** Bytes of a basis at most, whatever the padding. */
export function fluidBasisBytes(types: i32, lines: i32, bins: i32): usize {
  return BASIS_HEAD + ((bins + 16) as usize) * bytesOfBin(types, lines)
}

function bytesOfBin(types: i32, lines: i32): usize {
  return (8 + 8 * lines + ENVELOPE * types) as usize
}

/** Initialises the vectors of a basis with so many types and lines in use. Their contents are whatever was there. */
export function initBasisVectors(basis: Basis, types: i32, lines: i32, paddedBins: i32): void {
  const address = changetype<usize>(basis)
  basis.types = types
  basis.lines = lines
  basis.typeNumbers = vectorAt<i32>(address + HEAD)
  basis.switched = basis.typeNumbers.from(MAX_TYPES)
  basis.basicBins = basis.switched.from(MAX_TYPES)
  basis.basicLines = basis.basicBins.from(ROW_LENGTH)
  basis.keyLoad = basis.basicLines.behind<i64>(ROW_LENGTH)
  basis.inverse = basis.keyLoad.behind<f64>(ROW_LENGTH)
  assert(basis.inverse.from(ROWS * ROW_LENGTH).address <= address + BASIS_HEAD)
  basis.keyLines = vectorAt<u16>(address + BASIS_HEAD)
  // keyLines and strayMask take 4 bytes of each bin, together the room of a f64
  basis.strayMask = basis.keyLines.behind<i32>(2 * paddedBins)
  basis.forbidden = basis.strayMask.behind<f64>(paddedBins)
}

/** Address of the envelope of a type in use. */
export function envelopeAddress(basis: Basis, type: i32, paddedBins: i32): usize {
  const padded = paddedBins as usize
  return (
    basis.forbidden.address + (8 * (basis.lines as usize) + (ENVELOPE as usize) * (type as usize)) * padded
  )
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
