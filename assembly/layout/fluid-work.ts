// Work space of the fluid solver: everything that outlives a function. The program stands before it.
//
//   FluidWork | rightSide[18] f64 | primal[18] f64 | magnitudes[18] f64 | usedLines[L] UsedLine
//             | matrix[17][36] f64 | candidates[] i32 in the room of f64 | breakpoints[] Breakpoint | costs[] f64
//             | supports[2^T] u8 | perturbed[L][] f64 | bases: Basis and its vectors
//
// `[]` stands for the padded bins of the program.

import { Basis, basisAt, basisBytes, ROW_LENGTH } from './fluid-basis'
import { Program, padBins, programBytes } from './fluid-program'
import { MAX_TYPES } from './lattice'
import { Vector, vectorAt } from './vector'

@unmanaged
export class FluidWork {
  program: Program
  /** The basis in use. */
  basis: Basis
  /** The right side of the working basis: the scaled count of each type in use, then 0 for the violation row. */
  rightSide: Vector<f64>
  /** By row: the values of the basic variables, λ and S others. */
  primal: Vector<f64>
  /** By row: the sum of the absolute terms of the value, to which its rounding error is relative. */
  magnitudes: Vector<f64>
  /** The first of the lines in use. */
  usedLines: UsedLine
  /** The rows of the matrix that is inverted, 2 ROW_LENGTH numbers each; also scratch space of other routines. */
  matrix: Vector<f64>
  /** The bins that the last pricing pass found. */
  candidates: Vector<i32>
  /** The nearest of the heap of breakpoints. */
  breakpoints: Breakpoint
  /** A cost for each bin. */
  costs: Vector<f64>
  /** The class of every support, 0 where it is not known yet. */
  supports: Vector<u8>
  /** The perturbed services, by line in use and bin. */
  perturbed: Vector<f64>
  /** Address of the first basis that is kept, and bytes of each. */
  bases: usize
  baseBytes: usize
  /** How many bases are kept. */
  baseCount: i32
  /** What the ratio test found to enter the basis: a bin and a line in use, or SLACK and its row. */
  enteringBin: i32
  enteringLine: i32
  /** 1 if the key variable of the bin of the chosen row leaves, 0 if the variable of the row does. */
  isKeyLeaving: i32
}

/** What pricing reads of a line in use. */
@unmanaged
export class UsedLine {
  /** The price of its type at which the line is compared. */
  price: f64
  priceF32: f32
  /** Its type, numbered among those in use: a row of the basis. */
  type: i32
  /** Its number in the program. */
  line: i32
  /** By bin. If the basis is tight, violations are 1 for forbidden pairs, else 0. */
  services: Vector<f64>
  violations: Vector<f64>
  basicMask: Vector<i32>
  servicesF32: Vector<f32>
  violationsF32: Vector<f32>
}

/** A point of a step at which a line becomes cheaper than the key line of a bin. */
@unmanaged
export class Breakpoint {
  /** Length of the step. */
  step: f64
  bin: i32
  line: i32
}

/** Numbers from one row of the matrix to the next. */
const MATRIX_ROW: i32 = 2 * ROW_LENGTH

const HEAD: usize = (offsetof<FluidWork>() + 15) & ~15
const VECTOR: usize = 8 * (ROW_LENGTH as usize)
const MATRIX: usize = 8 * ((MATRIX_ROW * (MAX_TYPES + 1)) as usize)

/** Bytes of a program and the work space behind it. */
export function fluidSpace(types: i32, lines: i32, bins: i32, bases: i32): usize {
  return programBytes(lines, bins) + workBytes(types, lines, bins, bases)
}

/** Bytes of the lines in use, so that what follows is aligned. */
function usedLinesBytes(lines: i32): usize {
  return (offsetof<UsedLine>() * (lines as usize) + 15) & ~15
}

function workBytes(types: i32, lines: i32, bins: i32, bases: i32): usize {
  const vectors: usize = 8 * (padBins(bins) as usize)
  return (
    HEAD +
    3 * VECTOR +
    usedLinesBytes(lines) +
    MATRIX +
    (4 + (lines as usize)) * vectors +
    supportBytes(types) +
    (bases as usize) * basisBytes(lines, bins)
  )
}

function supportBytes(types: i32): usize {
  return (((1 << types) + 15) & ~15) as usize
}

/**
 * Initialises the work space behind a program of at most `bins` bins, which is filled later at
 * `programPtr`. No basis is kept in it, and no support is classified.
 */
export function initFluidWork(programPtr: usize, types: i32, lines: i32, bins: i32, bases: i32): FluidWork {
  const address = programPtr + programBytes(lines, bins)
  const work = changetype<FluidWork>(address)
  const vectorBytes: usize = 8 * (padBins(bins) as usize)
  let next = address + HEAD
  work.rightSide = vectorAt<f64>(next)
  next += VECTOR
  work.primal = vectorAt<f64>(next)
  next += VECTOR
  work.magnitudes = vectorAt<f64>(next)
  next += VECTOR
  work.usedLines = changetype<UsedLine>(next)
  next += usedLinesBytes(lines)
  work.matrix = vectorAt<f64>(next)
  next += MATRIX
  work.candidates = vectorAt<i32>(next)
  next += vectorBytes
  work.breakpoints = changetype<Breakpoint>(next)
  next += 2 * vectorBytes
  work.costs = vectorAt<f64>(next)
  next += vectorBytes
  work.supports = vectorAt<u8>(next)
  next += supportBytes(types)
  work.perturbed = vectorAt<f64>(next)
  next += (lines as usize) * vectorBytes
  work.bases = next
  work.baseBytes = basisBytes(lines, bins)
  work.baseCount = bases
  work.supports.clear(1 << types)
  for (let i = 0; i < bases; i++) keptBasis(work, i).support = 0
  assert(next + (bases as usize) * work.baseBytes == address + workBytes(types, lines, bins, bases))
  return work
}

export function keptBasis(work: FluidWork, index: i32): Basis {
  return basisAt(work.bases + (index as usize) * work.baseBytes)
}

/** The perturbed services of a line in use. */
export function perturbedOf(work: FluidWork, line: i32): Vector<f64> {
  return work.perturbed.from(line * work.program.paddedBins)
}

export function usedLine(work: FluidWork, line: i32): UsedLine {
  return changetype<UsedLine>(changetype<usize>(work.usedLines) + offsetof<UsedLine>() * (line as usize))
}

export function nextUsedLine(used: UsedLine): UsedLine {
  return changetype<UsedLine>(changetype<usize>(used) + offsetof<UsedLine>())
}

export function matrixRow(work: FluidWork, row: i32): Vector<f64> {
  return work.matrix.from(MATRIX_ROW * row)
}

/** Sets rows 0 to `rows` - 1 of the matrix to 0. */
export function clearMatrix(work: FluidWork, rows: i32): void {
  work.matrix.clear(MATRIX_ROW * rows)
}

export function breakpointAt(work: FluidWork, index: i32): Breakpoint {
  return changetype<Breakpoint>(
    changetype<usize>(work.breakpoints) + offsetof<Breakpoint>() * (index as usize),
  )
}

export function swapBreakpoints(a: Breakpoint, b: Breakpoint): void {
  const kept = v128.load(changetype<usize>(a))
  v128.store(changetype<usize>(a), v128.load(changetype<usize>(b)))
  v128.store(changetype<usize>(b), kept)
}

/** Overwrites a breakpoint by another. */
export function copyBreakpoint(to: Breakpoint, from: Breakpoint): void {
  v128.store(changetype<usize>(to), v128.load(changetype<usize>(from)))
}
