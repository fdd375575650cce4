// The steps that change an AssignmentWork: which columns are assigned, and the place of each in `remaining`.

import {
  AssignmentWork,
  packedCostsOf,
  pad,
  placeColumns,
  placeKeyOf,
  placeRows,
  scannedAt,
} from '../layout/assignment'
import { Vector } from '../layout/vector'

/** Prepares the block at `at` for assignments of up to `cols` columns: all unassigned, in their own places. */
export function initColumns(at: usize, cols: i32): AssignmentWork {
  const work = placeColumns(at, cols)
  const remaining = work.remaining
  const place = work.place
  const packedIndex = work.packedIndex
  const padded = pad(cols)
  work.assignedMask.clear(padded)
  for (let j = 0; j < padded; j++) {
    remaining[j] = j
    place[j] = j
    packedIndex[j] = -1
  }
  return work
}

/** Prepares for the rows of a matrix. */
export function initRows(work: AssignmentWork, cost: Vector<f64>, rows: i32, cols: i32): void {
  placeRows(work, rows, cols)
  work.cost = cost
  // padding, until a packed column takes it
  const v = work.v
  const padded = work.paddedRows
  for (let k = 0; k < padded; k++) v[k] = -Infinity
  for (let j = cols; j < pad(cols); j++) work.assignedMask[j] = -Infinity
}

/** Makes the columns unassigned again after an assignment that assigned `count` of them. */
export function resetColumns(work: AssignmentWork, count: i32): void {
  const assignedMask = work.assignedMask
  const packedIndex = work.packedIndex
  const packedCol = work.packedCol
  for (let k = 0; k < count; k++) {
    const col = packedCol[k]
    assignedMask[col] = 0
    packedIndex[col] = -1
  }
  for (let j = work.cols; j < pad(work.cols); j++) assignedMask[j] = 0
}

/** Makes an unassigned column packed column number `index`, the next one. */
export function packColumn(work: AssignmentWork, index: i32, col: i32): void {
  work.assignedMask[col] = -Infinity
  work.packedIndex[col] = index
  work.packedCol[index] = col
  work.placeKey[index] = placeKeyOf(col, index)
  work.v[index] = 0
}

/** Assigns a packed column to a row. */
export function assignColumn(work: AssignmentWork, row: i32, index: i32, col: i32): void {
  work.row4col[index] = row
  work.packedCost4col[index] = packedCostsOf(work, row).address
  work.col4row[row] = col
}

/** Adds packed column `index`, which is at a place of `remaining`, to SC as its column number `count`. */
export function scanColumn(
  work: AssignmentWork,
  count: i32,
  place: i32,
  index: i32,
  row: i32,
  minVal: f64,
): void {
  const scanned = scannedAt(work, count)
  const movedCol = work.remaining[count]
  scanned.minVal = minVal
  scanned.v = work.v[index]
  scanned.index = index
  scanned.row = row
  scanned.place = place
  scanned.movedCol = movedCol
  putAt(work, movedCol, place)
  // a column of SC is never the nearest again
  work.v[index] = -Infinity
  work.pathCost[index] = Infinity
}

/** Undoes the move of scanColumn. Once every move is undone each column is at its own place. */
export function undoMove(work: AssignmentWork, place: i32, movedCol: i32): void {
  putAt(work, movedCol, movedCol)
  work.remaining[place] = place
}

function putAt(work: AssignmentWork, col: i32, place: i32): void {
  work.remaining[place] = col
  work.place[col] = place
  const index = work.packedIndex[col]
  if (index >= 0) work.placeKey[index] = placeKeyOf(place, index)
}

/** The row of a column after an assignment, -1 for none. */
export function rowOf(work: AssignmentWork, col: i32): i32 {
  const index = work.packedIndex[col]
  return index < 0 ? -1 : work.row4col[index]
}

/** Writes the potentials after an assignment; those of unassigned columns are 0. */
export function writePotentials(work: AssignmentWork, u: Vector<f64>, v: Vector<f64>): void {
  const packedCol = work.packedCol
  const packedV = work.v
  u.copy(work.u, work.rows)
  v.clear(work.cols)
  for (let k = 0; k < work.rows; k++) v[packedCol[k]] = packedV[k]
}
