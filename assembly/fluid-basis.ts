// A basis of the fluid program over a support, which is the set of types in use (S of them, numbered 0 to
// S - 1 here; the violation budget is number S).
//
// Every bin has an owner: the type that serves it where nothing else is said. Besides, the basis has S
// elements, each one of
//
//   tie (k, t)      bin k is shared by its owner and type t: both are its cheapest
//   bound (-1, t)   type t has time to spare (u_t = 0), or, with t = S, the violation budget has (w = 0)
//
// They are the rows of a matrix of order S + 1, under a row for the owners together:
//
//   row 0   the load of the owners:  Σ service of the bins of each type | Σ violation - ε
//   row j   of a tie:    + service of (k, t) at t,  - service of (k, owner) at the owner | difference of violations
//           of a bound:  1 at t
//
// The inverse, by columns: column 0 holds the prices (u, w), at which row 0 costs 1 and the elements nothing;
// column j is the edge along which element j alone gets dearer. Counts times column 0 is the bound, counts
// times column j the flow of element j: what t takes of bin k from its owner, or the time to spare.
//
// Basis block:
//
//   support | S | tight | changes since the inverse was made afresh    i32
//   type[16] | bin of element[16] | type of element[16]                i32
//   load[18]                   i64, row 0 in units of the grid
//   column[17][18]             f64, the inverse
//   owner[bins]                u8, in the room of one row
//   owned[S][bins]             64 bits set where the type owns the bin
//   barred[S][bins]            f64, only where tight: 1 where the type must not serve the bin, else 0
//
// Tight means that even the most careful routing uses the violation budget up. Then only the most careful
// types of each bin may serve it; the violation row is void, and its bound stays in the basis for good.

import { binsOf, epsilonOf, GRID, units, words } from './fluid-program'
import {
  BASIS_HEAD,
  basisOf,
  countsPtr,
  flowsPtr,
  MATRIX_ROW,
  matrixPtr,
  programOf,
  ROW_OWNED,
  ROW_SERVICE,
  ROW_VIOLATION,
  rowPtr,
  sizesPtr,
} from './fluid-work'

const TYPES: usize = 4
const TIGHT: usize = 8
const CHANGES: usize = 12
const TYPE: usize = 16
const ELEMENT_BIN: usize = TYPE + 4 * 16
const ELEMENT_TYPE: usize = ELEMENT_BIN + 4 * 16
const LOAD: usize = ELEMENT_TYPE + 4 * 16
const COLUMNS: usize = LOAD + 8 * 18
const COLUMN: usize = 8 * 18

export function supportOf(basisPtr: usize): i32 {
  return load<i32>(basisPtr)
}

export function setSupport(basisPtr: usize, support: i32, types: i32, tight: bool): void {
  store<i32>(basisPtr, support)
  store<i32>(basisPtr, types, TYPES)
  store<i32>(basisPtr, tight ? 1 : 0, TIGHT)
}

/** Lets the next use of the block start from scratch. */
export function forget(basisPtr: usize): void {
  store<i32>(basisPtr, 0)
}

/** The number of types in use, S. */
export function usedTypes(basisPtr: usize): i32 {
  return load<i32>(basisPtr, TYPES)
}

export function isTight(basisPtr: usize): bool {
  return load<i32>(basisPtr, TIGHT) != 0
}

export function changesOf(basisPtr: usize): i32 {
  return load<i32>(basisPtr, CHANGES)
}

/** The number in the program of type `index` of the support. */
export function typeOf(basisPtr: usize, index: i32): i32 {
  return load<i32>(basisPtr + TYPE + 4 * (index as usize))
}

export function setType(basisPtr: usize, index: i32, type: i32): void {
  store<i32>(basisPtr + TYPE + 4 * (index as usize), type)
}

export function elementBin(basisPtr: usize, element: i32): i32 {
  return load<i32>(basisPtr + ELEMENT_BIN + 4 * (element as usize))
}

export function elementType(basisPtr: usize, element: i32): i32 {
  return load<i32>(basisPtr + ELEMENT_TYPE + 4 * (element as usize))
}

export function setElement(basisPtr: usize, element: i32, bin: i32, type: i32): void {
  store<i32>(basisPtr + ELEMENT_BIN + 4 * (element as usize), bin)
  store<i32>(basisPtr + ELEMENT_TYPE + 4 * (element as usize), type)
}

/** Column 0: prices; column j + 1: the edge of element j. */
export function columnPtr(basisPtr: usize, column: i32): usize {
  return basisPtr + COLUMNS + COLUMN * (column as usize)
}

export function loadPtr(basisPtr: usize): usize {
  return basisPtr + LOAD
}

export function ownedRow(basisPtr: usize, row: usize, index: i32): usize {
  return basisPtr + BASIS_HEAD + row * ((1 + index) as usize)
}

export function barredRow(basisPtr: usize, row: usize, types: i32, index: i32): usize {
  return basisPtr + BASIS_HEAD + row * ((1 + types + index) as usize)
}

export function ownerOf(basisPtr: usize, bin: i32): i32 {
  return load<u8>(basisPtr + BASIS_HEAD + (bin as usize)) as i32
}

export function service(workPtr: usize, index: i32, bin: i32): f64 {
  return load<f64>(load<usize>(rowPtr(workPtr, index), ROW_SERVICE) + words(bin))
}

export function violation(workPtr: usize, index: i32, bin: i32): f64 {
  return load<f64>(load<usize>(rowPtr(workPtr, index), ROW_VIOLATION) + words(bin))
}

/** Gives a bin its first owner. */
export function give(workPtr: usize, bin: i32, index: i32): void {
  const basisPtr = basisOf(workPtr)
  const at = loadPtr(basisPtr) + words(index)
  const end = loadPtr(basisPtr) + words(usedTypes(basisPtr))
  store<i64>(at, load<i64>(at) + units(service(workPtr, index, bin)))
  store<i64>(end, load<i64>(end) + units(violation(workPtr, index, bin)))
  store<i64>(load<usize>(rowPtr(workPtr, index), ROW_OWNED) + words(bin), -1)
  store<u8>(basisPtr + BASIS_HEAD + (bin as usize), index as u8)
}

/** Hands a bin to another owner. */
export function handOver(workPtr: usize, bin: i32, index: i32): void {
  const basisPtr = basisOf(workPtr)
  const owner = ownerOf(basisPtr, bin)
  const at = loadPtr(basisPtr) + words(owner)
  const end = loadPtr(basisPtr) + words(usedTypes(basisPtr))
  store<i64>(at, load<i64>(at) - units(service(workPtr, owner, bin)))
  store<i64>(end, load<i64>(end) - units(violation(workPtr, owner, bin)))
  store<i64>(load<usize>(rowPtr(workPtr, owner), ROW_OWNED) + words(bin), 0)
  give(workPtr, bin, index)
}

/** Takes the load of no bin at all: nothing, and the whole violation budget free. */
export function clearLoad(workPtr: usize): void {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  memory.fill(loadPtr(basisPtr), 0, COLUMN)
  if (isTight(basisPtr)) return
  store<i64>(loadPtr(basisPtr) + words(types), -units(epsilonOf(programOf(workPtr))))
}

/** Sums the load of the owners up again: services have changed. */
export function sumLoad(workPtr: usize): void {
  const basisPtr = basisOf(workPtr)
  clearLoad(workPtr)
  for (let k = 0; k < binsOf(programOf(workPtr)); k++) give(workPtr, k, ownerOf(basisPtr, k))
}

export function loadAt(basisPtr: usize, index: i32): f64 {
  return (load<i64>(loadPtr(basisPtr) + words(index)) as f64) / GRID
}

/** The row of an element or would-be element, times a column of the inverse. */
export function elementDot(workPtr: usize, bin: i32, type: i32, column: usize): f64 {
  if (bin < 0) return load<f64>(column + words(type))
  const basisPtr = basisOf(workPtr)
  const owner = ownerOf(basisPtr, bin)
  return (
    service(workPtr, type, bin) * load<f64>(column + words(type)) -
    service(workPtr, owner, bin) * load<f64>(column + words(owner)) +
    (violation(workPtr, type, bin) - violation(workPtr, owner, bin)) *
      load<f64>(column + words(usedTypes(basisPtr)))
  )
}

/** Counts times every column: the bound, the flows of the elements, and what their errors are measured by. */
export function findFlows(workPtr: usize): void {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  const counts = countsPtr(workPtr)
  for (let c = 0; c <= types; c++) {
    const column = columnPtr(basisPtr, c)
    let flow = v128.splat<f64>(0)
    let size = v128.splat<f64>(0)
    for (let at: usize = 0; at < words(types); at += 16) {
      const term = f64x2.mul(v128.load(counts + at), v128.load(column + at))
      flow = f64x2.add(flow, term)
      size = f64x2.add(size, f64x2.abs(term))
    }
    const at = words(c)
    store<f64>(flowsPtr(workPtr) + at, f64x2.extract_lane(flow, 0) + f64x2.extract_lane(flow, 1))
    store<f64>(sizesPtr(workPtr) + at, f64x2.extract_lane(size, 0) + f64x2.extract_lane(size, 1))
  }
}

/** Puts (bin, type) in the place of an element, and takes in that owners have changed. */
export function enter(workPtr: usize, element: i32, bin: i32, type: i32): void {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  const rowAt = matrixPtr(workPtr)
  setElement(basisPtr, element, bin, type)
  for (let c = 0; c <= types; c++) {
    store<f64>(rowAt + words(c), elementDot(workPtr, bin, type, columnPtr(basisPtr, c)))
  }
  replaceRow(basisPtr, element + 1, types, rowAt)
  takeLoad(workPtr)
  settleBounds(basisPtr)
  store<i32>(basisPtr, changesOf(basisPtr) + 1, CHANGES)
}

/** Brings the inverse up to date with the load of the owners. */
function takeLoad(workPtr: usize): void {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  const rowAt = matrixPtr(workPtr)
  for (let c = 0; c <= types; c++) {
    const column = columnPtr(basisPtr, c)
    let sum: f64 = 0
    for (let i = 0; i <= types; i++) sum += loadAt(basisPtr, i) * load<f64>(column + words(i))
    store<f64>(rowAt + words(c), sum)
  }
  replaceRow(basisPtr, 0, types, rowAt)
}

/** One row of the matrix becomes the one whose products with the columns stand at `rowAt`. */
function replaceRow(basisPtr: usize, row: i32, types: i32, rowAt: usize): void {
  const bytes = words(types + 1)
  const own = columnPtr(basisPtr, row)
  const factor = v128.splat<f64>(1 / load<f64>(rowAt + words(row)))
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(own + at, f64x2.mul(v128.load(own + at), factor))
  }
  for (let c = 0; c <= types; c++) {
    if (c == row) continue
    const column = columnPtr(basisPtr, c)
    const times = v128.splat<f64>(load<f64>(rowAt + words(c)))
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(column + at, f64x2.sub(v128.load(column + at), f64x2.mul(times, v128.load(own + at))))
    }
  }
}

/**
 * Exchanges the roles of the owner of a shared bin and of the type of its element: the owner, whose share
 * had become negative, turns into the element. Only the edge of the element changes.
 */
export function swapOwner(workPtr: usize, element: i32): void {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  const bin = elementBin(basisPtr, element)
  const owner = ownerOf(basisPtr, bin)
  const prices = columnPtr(basisPtr, 0)
  const own = columnPtr(basisPtr, element + 1)
  for (let i = 0; i <= types; i++) {
    const at = words(i)
    let sum = load<f64>(prices + at)
    for (let j = 0; j < types; j++) {
      if (elementBin(basisPtr, j) == bin) sum -= load<f64>(columnPtr(basisPtr, j + 1) + at)
    }
    store<f64>(own + at, sum)
  }
  handOver(workPtr, bin, elementType(basisPtr, element))
  setElement(basisPtr, element, bin, owner)
}

/** Makes the inverse afresh. False where the matrix is singular. */
export function invert(workPtr: usize): bool {
  const basisPtr = basisOf(workPtr)
  const order = usedTypes(basisPtr) + 1
  const matrix = matrixPtr(workPtr)
  memory.fill(matrix, 0, MATRIX_ROW * (order as usize))
  for (let i = 0; i < order; i++) {
    const at = matrix + MATRIX_ROW * (i as usize)
    if (i == 0) for (let c = 0; c < order; c++) store<f64>(at + words(c), loadAt(basisPtr, c))
    else layElement(workPtr, i - 1, at)
    // rows of rare bins are small: each is brought to size 1, so that pivots can be compared
    let size: f64 = 0
    for (let c = 0; c < order; c++) size = Math.max(size, Math.abs(load<f64>(at + words(c))))
    if (size == 0) return false
    for (let c = 0; c < order; c++) {
      store<f64>(at + words(c), load<f64>(at + words(c)) / size)
    }
    store<f64>(at + words(order + i), 1 / size)
  }
  if (!eliminate(matrix, order)) return false
  memory.fill(columnPtr(basisPtr, 0), 0, COLUMN * (order as usize))
  for (let c = 0; c < order; c++) {
    const column = columnPtr(basisPtr, c)
    for (let i = 0; i < order; i++) {
      const value = load<f64>(matrix + MATRIX_ROW * (i as usize) + words(order + c))
      store<f64>(column + words(i), value)
    }
  }
  settleBounds(basisPtr)
  store<i32>(basisPtr, 0, CHANGES)
  return true
}

/** Prices at a bound are 0, and stay 0 on the edges of other elements: without rounding errors. */
function settleBounds(basisPtr: usize): void {
  const types = usedTypes(basisPtr)
  for (let j = 0; j < types; j++) {
    if (elementBin(basisPtr, j) >= 0) continue
    const offset = words(elementType(basisPtr, j))
    for (let c = 0; c <= types; c++) store<f64>(columnPtr(basisPtr, c) + offset, c == j + 1 ? 1 : 0)
  }
}

function layElement(workPtr: usize, element: i32, at: usize): void {
  const basisPtr = basisOf(workPtr)
  const bin = elementBin(basisPtr, element)
  const type = elementType(basisPtr, element)
  if (bin < 0) {
    store<f64>(at + words(type), 1)
    return
  }
  const owner = ownerOf(basisPtr, bin)
  store<f64>(at + words(type), service(workPtr, type, bin))
  store<f64>(at + words(owner), -service(workPtr, owner, bin))
  const more = violation(workPtr, type, bin) - violation(workPtr, owner, bin)
  store<f64>(at + words(usedTypes(basisPtr)), more)
}

/** Gauss-Jordan with row exchanges: turns [M | N] into [1 | M⁻¹ N], both of the given order. */
function eliminate(matrix: usize, order: i32): bool {
  for (let c = 0; c < order; c++) {
    const own = matrix + MATRIX_ROW * (c as usize)
    let pivot = own
    for (let i = c + 1; i < order; i++) {
      const at = matrix + MATRIX_ROW * (i as usize)
      if (Math.abs(load<f64>(at + words(c))) > Math.abs(load<f64>(pivot + words(c)))) pivot = at
    }
    const divisor = load<f64>(pivot + words(c))
    if (Math.abs(divisor) < 1e-14) return false
    for (let i = c; i < 2 * order; i++) {
      const at = words(i)
      const value = load<f64>(pivot + at) / divisor
      store<f64>(pivot + at, load<f64>(own + at))
      store<f64>(own + at, value)
    }
    for (let r = 0; r < order; r++) {
      const at = matrix + MATRIX_ROW * (r as usize)
      const times = load<f64>(at + words(c))
      if (r == c || times == 0) continue
      for (let i = c; i < 2 * order; i++) {
        const column = words(i)
        store<f64>(at + column, load<f64>(at + column) - times * load<f64>(own + column))
      }
    }
  }
  return true
}
