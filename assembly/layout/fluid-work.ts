// Work space of the fluid solver: everything that outlives a function. The program stands before it.
//
//   FluidWork | rightSide[18] f64 | primal[18] f64 | magnitudes[18] f64 | usedTypes[16] UsedType
//             | usedLines[L] UsedLine | matrix[17][36] f64 | candidates[] i32 in the room of f64
//             | breakpoints[] Breakpoint | costs[] f64 | supports[2^T] u8 | perturbed[L][] f64
//             | bases: Basis and its vectors | KnownVertices
//
// `[]` stands for the padded bins of the program.

import { Basis, basisBytes, envelopeAddress, ROW_LENGTH } from './fluid-basis'
import { Program, padBins, programBytes } from './fluid-program'
import { initKnownVertices, KnownVertices, knownVerticesBytes } from './known-vertices'
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
  /** The first of the types in use. */
  usedTypes: UsedType
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
  basisBytes: usize
  /** How many bases are kept. */
  basisCount: i32
  /** The optimal vertices that are known; of programs without batches there are none. */
  known: KnownVertices
  /** The number of the known vertex that is in use, -1 if it is another one. */
  vertex: i32
  /** What the ratio test found to enter the basis: a bin and a line in use, or SLACK and its row. */
  enteringBin: i32
  enteringLine: i32
  /** 1 if the key variable of the bin of the chosen row leaves, 0 if the variable of the row does. */
  isKeyLeaving: i32
}

/** What pricing reads of a type in use: its envelope, its lines, and its price. */
@unmanaged
export class UsedType {
  /** The price of the type at which bins are priced. */
  price: f64
  priceF32: f32
  /** Its number in the program. */
  number: i32
  /** The numbers of its first line: among the lines in use, and in the program. */
  firstLine: i32
  programLine: i32
  /** By bin: how many of its lines are modes. */
  modes: Vector<u16>
  /** The envelope, by bin: the cheapest line of the type at some ratio of prices, numbered among the lines in use. */
  lines: Vector<u16>
  services: Vector<f64>
  violations: Vector<f64>
  servicesF32: Vector<f32>
  violationsF32: Vector<f32>
  /** All bits set if the line of the envelope is basic, as key variable or in a row; else none. */
  basicMask: Vector<i32>
}

/** What pricing reads of a line in use. */
@unmanaged
export class UsedLine {
  /** Its type, numbered among those in use: a row of the basis. */
  type: i32
  /** Its number in the program. */
  line: i32
  /** By bin. If the basis is tight, violations are 1 for forbidden pairs, else 0. */
  services: Vector<f64>
  violations: Vector<f64>
}

/** A point of a step at which a line becomes cheaper than the key line of a bin. */
@unmanaged
export class Breakpoint {
  /** Length of the step. */
  step: f64
  bin: i32
  line: i32
  /** How much slower the cost of the line grows along the step than that of the key line. */
  gap: f64
  /** Unused: breakpoints are moved in units of 16 bytes. */
  padding: f64
}

/** Numbers from one row of the matrix to the next. */
const MATRIX_ROW: i32 = 2 * ROW_LENGTH

const HEAD: usize = (offsetof<FluidWork>() + 15) & ~15
const VECTOR: usize = 8 * (ROW_LENGTH as usize)
const MATRIX: usize = 8 * ((MATRIX_ROW * (MAX_TYPES + 1)) as usize)

/** Bytes of a program and the work space behind it, if so many bases are kept. */
export function fluidWorkBytes(types: i32, lines: i32, bins: i32, bases: i32): usize {
  return programBytes(lines, bins) + workBytes(types, lines, bins, bases)
}

/** Bytes of the types in use, so that what follows is aligned. */
const USED_TYPES: usize = (offsetof<UsedType>() * (MAX_TYPES as usize) + 15) & ~15

/** Bytes of the lines in use, so that what follows is aligned. */
function usedLinesBytes(lines: i32): usize {
  return (offsetof<UsedLine>() * (lines as usize) + 15) & ~15
}

function workBytes(types: i32, lines: i32, bins: i32, bases: i32): usize {
  const vectors: usize = 8 * (padBins(bins) as usize)
  return (
    HEAD +
    3 * VECTOR +
    USED_TYPES +
    usedLinesBytes(lines) +
    MATRIX +
    (6 + (lines as usize)) * vectors +
    supportBytes(types) +
    (bases as usize) * basisBytes(types, lines, bins) +
    knownVerticesBytes(types, lines, bins)
  )
}

function supportBytes(types: i32): usize {
  return (((1 << types) + 15) & ~15) as usize
}

/** The work space behind a program of `lines` lines and `bins` bins, once it is initialised. */
export function fluidWorkAt(programPtr: usize, lines: i32, bins: i32): FluidWork {
  return changetype<FluidWork>(programPtr + programBytes(lines, bins))
}

/**
 * Initialises the work space behind a program of at most `bins` bins, which is filled later at
 * `programPtr`. No basis is kept in it, and no support is classified.
 */
export function initFluidWork(programPtr: usize, types: i32, lines: i32, bins: i32, bases: i32): FluidWork {
  const address = programPtr + programBytes(lines, bins)
  const work = changetype<FluidWork>(address)
  const paddedBins = padBins(bins)
  work.rightSide = vectorAt<f64>(address + HEAD)
  work.primal = work.rightSide.from(ROW_LENGTH)
  work.magnitudes = work.primal.from(ROW_LENGTH)
  const usedTypes = work.magnitudes.from(ROW_LENGTH).address
  work.usedTypes = changetype<UsedType>(usedTypes)
  work.usedLines = changetype<UsedLine>(usedTypes + USED_TYPES)
  work.matrix = vectorAt<f64>(usedTypes + USED_TYPES + usedLinesBytes(lines))
  work.candidates = work.matrix.behind<i32>(MATRIX_ROW * (MAX_TYPES + 1))
  const breakpoints = work.candidates.behind<f64>(2 * paddedBins)
  work.breakpoints = changetype<Breakpoint>(breakpoints.address)
  work.costs = breakpoints.from(4 * paddedBins)
  work.supports = work.costs.behind<u8>(paddedBins)
  work.perturbed = work.supports.behind<f64>(supportBytes(types) as i32)
  work.bases = work.perturbed.from(lines * paddedBins).address
  work.basisBytes = basisBytes(types, lines, bins)
  work.basisCount = bases
  work.supports.clear(1 << types)
  for (let i = 0; i < bases; i++) keptBasis(work, i).support = 0
  work.vertex = -1
  const known = work.bases + (bases as usize) * work.basisBytes
  if (lines > types) work.known = initKnownVertices(known, types, bins)
  assert(known + knownVerticesBytes(types, lines, bins) == address + workBytes(types, lines, bins, bases))
  return work
}

export function keptBasis(work: FluidWork, index: i32): Basis {
  return changetype<Basis>(work.bases + (index as usize) * work.basisBytes)
}

/** The perturbed services of a line in use. */
export function perturbedOf(work: FluidWork, line: i32): Vector<f64> {
  return work.perturbed.from(line * work.program.paddedBins)
}

export function usedType(work: FluidWork, type: i32): UsedType {
  return changetype<UsedType>(changetype<usize>(work.usedTypes) + offsetof<UsedType>() * (type as usize))
}

/** Points a type in use to its envelope in the basis in use. */
export function placeEnvelope(work: FluidWork, type: i32): void {
  const padded = work.program.paddedBins
  const address = envelopeAddress(work.basis, type, padded)
  const used = usedType(work, type)
  const bytes: usize = 4 * (padded as usize)
  used.services = vectorAt<f64>(address)
  used.violations = vectorAt<f64>(address + 2 * bytes)
  used.servicesF32 = vectorAt<f32>(address + 4 * bytes)
  used.violationsF32 = vectorAt<f32>(address + 5 * bytes)
  used.basicMask = vectorAt<i32>(address + 6 * bytes)
  used.lines = vectorAt<u16>(address + 7 * bytes)
}

export function nextUsedType(used: UsedType): UsedType {
  return changetype<UsedType>(changetype<usize>(used) + offsetof<UsedType>())
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
  const head = v128.load(changetype<usize>(a))
  const tail = v128.load(changetype<usize>(a), 16)
  copyBreakpoint(a, b)
  v128.store(changetype<usize>(b), head)
  v128.store(changetype<usize>(b), tail, 16)
}

/** Overwrites a breakpoint by another. */
export function copyBreakpoint(to: Breakpoint, from: Breakpoint): void {
  v128.store(changetype<usize>(to), v128.load(changetype<usize>(from)))
  v128.store(changetype<usize>(to), v128.load(changetype<usize>(from), 16), 16)
}
