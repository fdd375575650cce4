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
//   reach | -                  f64, how far the last steps went
//   type[16] | bin of element[16] | type of element[16]                i32
//   load[18]                   i64, row 0 in units of the grid
//   column[17][18]             f64, the inverse
//   owner[bins]                u8, in the room of one row
//   barred[S][bins]            f64, only where tight: 1 where the type must not serve the bin, else 0
//   sharers[S][bins]           32 bits, set where the type owns or shares the bin
//   barred[S][bins]            f32
//
// Tight means that even the most careful routing uses the violation budget up. Then only the most careful
// types of each bin may serve it; the violation row is void, and its bound stays in the basis for good.

import {
  BASIS_HEAD,
  basisOf,
  countsPtr,
  flowsPtr,
  matrixPtr,
  programOf,
  ROW_SERVICE,
  ROW_SHARERS,
  ROW_VIOLATION,
  rowPtr,
  sizesPtr,
} from '../layout/fluid'
import { binsOf, epsilonOf, GRID, units, words } from './program'

const TYPES: usize = 4
const TIGHT: usize = 8
const CHANGES: usize = 12
const REACH: usize = 16
const TYPE: usize = 32
const ELEMENT_BIN: usize = TYPE + 4 * 16
const ELEMENT_TYPE: usize = ELEMENT_BIN + 4 * 16
const LOAD: usize = ELEMENT_TYPE + 4 * 16
const COLUMNS: usize = LOAD + 8 * 18
const COLUMN: usize = 8 * 18

/** How far the very first step may go. */
const FIRST_REACH: f64 = 0.01

export function supportOf(basisPtr: usize): i32 {
  return load<i32>(basisPtr)
}

export function setSupport(basisPtr: usize, support: i32, types: i32, tight: bool): void {
  store<i32>(basisPtr, support)
  store<i32>(basisPtr, types, TYPES)
  store<i32>(basisPtr, tight ? 1 : 0, TIGHT)
  store<f64>(basisPtr, FIRST_REACH, REACH)
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

export function setFresh(basisPtr: usize): void {
  store<i32>(basisPtr, 0, CHANGES)
}

/** How far the next step may go, to begin with: relative to the prices. */
export function reachOf(basisPtr: usize): f64 {
  return load<f64>(basisPtr, REACH)
}

/** Learns from a step that went so far: the geometric mean with those before, doubled. */
export function setReach(basisPtr: usize, reach: f64): void {
  if (reach > 1e-9) store<f64>(basisPtr, Math.sqrt(2 * reach * reachOf(basisPtr)), REACH)
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

export function barredRow(basisPtr: usize, row: usize, index: i32): usize {
  return basisPtr + BASIS_HEAD + row * ((1 + index) as usize)
}

export function sharersRow(basisPtr: usize, row: usize, index: i32): usize {
  return barredRow(basisPtr, row, usedTypes(basisPtr)) + (row / 2) * (index as usize)
}

export function roughBarredRow(basisPtr: usize, row: usize, index: i32): usize {
  return sharersRow(basisPtr, row, usedTypes(basisPtr) + index)
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

/** Notes whether a type owns or shares a bin. */
function setSharer(workPtr: usize, bin: i32, index: i32, shares: bool): void {
  store<i32>(load<usize>(rowPtr(workPtr, index), ROW_SHARERS) + 4 * (bin as usize), shares ? -1 : 0)
}

/** Makes a tie an element, in the place of nothing. */
export function setTie(workPtr: usize, element: i32, bin: i32, type: i32): void {
  setElement(basisOf(workPtr), element, bin, type)
  setSharer(workPtr, bin, type, true)
}

/** Gives a bin its first owner. */
export function give(workPtr: usize, bin: i32, index: i32): void {
  const basisPtr = basisOf(workPtr)
  const at = loadPtr(basisPtr) + words(index)
  const end = loadPtr(basisPtr) + words(usedTypes(basisPtr))
  store<i64>(at, load<i64>(at) + units(service(workPtr, index, bin)))
  store<i64>(end, load<i64>(end) + units(violation(workPtr, index, bin)))
  setSharer(workPtr, bin, index, true)
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
  setSharer(workPtr, bin, owner, false)
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
  const oldBin = elementBin(basisPtr, element)
  const oldType = elementType(basisPtr, element)
  if (oldBin >= 0 && ownerOf(basisPtr, oldBin) != oldType) setSharer(workPtr, oldBin, oldType, false)
  if (bin >= 0) setTie(workPtr, element, bin, type)
  else setElement(basisPtr, element, bin, type)
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
  setTie(workPtr, element, bin, owner)
}

/** Prices at a bound are 0, and stay 0 on the edges of other elements: without rounding errors. */
export function settleBounds(basisPtr: usize): void {
  const types = usedTypes(basisPtr)
  for (let j = 0; j < types; j++) {
    if (elementBin(basisPtr, j) >= 0) continue
    const offset = words(elementType(basisPtr, j))
    for (let c = 0; c <= types; c++) store<f64>(columnPtr(basisPtr, c) + offset, c == j + 1 ? 1 : 0)
  }
}
