// Work space of the fluid solver: everything that outlives a function, in one block.
//
//   addresses (u32): program | basis in use | bases | supports | marked bins | crossings | least costs | noise
//   number of bases (i32) | bytes of one basis (u32)
//   counts[18] | flows[18] | sizes[18]                f64, see below
//   rows[16]: price f64 | f64 service, f64 violation, sharers, f32 service, f32 violation u32 | price f32
//                                                     32 bytes for each of the types in use
//   matrix[17][36]                                    f64, for inverting
//   marked[bins] i32 | crossings[bins] 16 bytes | least costs[bins] f64 | supports[2^T] u8 |
//   noise[T][bins] f64 | bases
//
// counts are the scaled counts of the types in use, and 0 for the violation row. flows are what the basis
// makes of them: the bound, then the flow of each element. sizes are the sums of the absolute terms of each
// flow: what its rounding errors are measured against.

import { programBytes, rowBytesFor } from '../fluid/program'

const PROGRAM: usize = 0
const BASIS: usize = 4
const BASES: usize = 8
const SUPPORTS: usize = 12
const MARKED: usize = 16
const CROSSINGS: usize = 20
const COSTS: usize = 24
const NOISE: usize = 28
const BASIS_COUNT: usize = 32
const BASIS_BYTES: usize = 36
const COUNTS: usize = 48
const FLOWS: usize = COUNTS + 8 * 18
const SIZES: usize = FLOWS + 8 * 18
const ROWS: usize = SIZES + 8 * 18
const MATRIX: usize = ROWS + 32 * 16
const ARRAYS: usize = MATRIX + 8 * 17 * 36

export const ROW: usize = 32
export const ROW_SERVICE: usize = 8
export const ROW_VIOLATION: usize = 12
export const ROW_SHARERS: usize = 16
export const ROW_ROUGH_SERVICE: usize = 20
export const ROW_ROUGH_VIOLATION: usize = 24
export const ROW_ROUGH_PRICE: usize = 28

/** Bytes of a matrix row. */
export const MATRIX_ROW: usize = 8 * 36

/** Bytes of a crossing: where along the edge f64 | bin i32 | type i32. */
export const CROSSING: usize = 16

/** Where in a basis block the rows of bins start; what stands before them is drawn in fluid-basis.ts. */
export const BASIS_HEAD: usize = 3072

/** Owner of each bin (u8, room for a row) | barred[T][bins] f64 | sharers[T][bins] and barred[T][bins] of 4 bytes. */
function basisBytes(types: i32, bins: i32): usize {
  return BASIS_HEAD + rowBytesFor(bins) * (1 + 2 * (types as usize))
}

export function workBytes(types: i32, bins: i32, bases: i32): usize {
  return (
    programBytes(types, bins) +
    ARRAYS +
    (4 + (types as usize)) * rowBytesFor(bins) +
    (((1 << types) + 15) & ~15) +
    (bases as usize) * basisBytes(types, bins)
  )
}

/** Lays out the block behind the program block at `programPtr`, and forgets every basis. */
export function layWork(workPtr: usize, programPtr: usize, types: i32, bins: i32, bases: i32): void {
  const row = rowBytesFor(bins)
  const marked = workPtr + ARRAYS
  const crossings = marked + row
  const costs = crossings + 2 * row
  const supports = costs + row
  const supportBytes = (((1 << types) + 15) & ~15) as usize
  store<usize>(workPtr, programPtr, PROGRAM)
  store<usize>(workPtr, marked, MARKED)
  store<usize>(workPtr, crossings, CROSSINGS)
  store<usize>(workPtr, costs, COSTS)
  store<usize>(workPtr, supports, SUPPORTS)
  store<usize>(workPtr, supports + supportBytes, NOISE)
  store<usize>(workPtr, supports + supportBytes + (types as usize) * row, BASES)
  store<i32>(workPtr, bases, BASIS_COUNT)
  store<usize>(workPtr, basisBytes(types, bins), BASIS_BYTES)
  memory.fill(supports, 0, supportBytes)
  for (let i = 0; i < bases; i++) store<i32>(basisAt(workPtr, i), 0)
}

export function programOf(workPtr: usize): usize {
  return load<usize>(workPtr, PROGRAM)
}

export function basisOf(workPtr: usize): usize {
  return load<usize>(workPtr, BASIS)
}

export function setBasis(workPtr: usize, basisPtr: usize): void {
  store<usize>(workPtr, basisPtr, BASIS)
}

export function basisCount(workPtr: usize): i32 {
  return load<i32>(workPtr, BASIS_COUNT)
}

export function basisAt(workPtr: usize, index: i32): usize {
  return load<usize>(workPtr, BASES) + (index as usize) * load<usize>(workPtr, BASIS_BYTES)
}

export function supportPtr(workPtr: usize, support: i32): usize {
  return load<usize>(workPtr, SUPPORTS) + (support as usize)
}

export function markedPtr(workPtr: usize): usize {
  return load<usize>(workPtr, MARKED)
}

export function crossingsPtr(workPtr: usize): usize {
  return load<usize>(workPtr, CROSSINGS)
}

export function costsPtr(workPtr: usize): usize {
  return load<usize>(workPtr, COSTS)
}

export function noiseRow(workPtr: usize, row: usize, index: i32): usize {
  return load<usize>(workPtr, NOISE) + (index as usize) * row
}

export function countsPtr(workPtr: usize): usize {
  return workPtr + COUNTS
}

export function flowsPtr(workPtr: usize): usize {
  return workPtr + FLOWS
}

export function sizesPtr(workPtr: usize): usize {
  return workPtr + SIZES
}

export function rowPtr(workPtr: usize, index: i32): usize {
  return workPtr + ROWS + ROW * (index as usize)
}

export function matrixPtr(workPtr: usize): usize {
  return workPtr + MATRIX
}
