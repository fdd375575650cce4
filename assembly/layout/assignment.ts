// What the rectangular assignment keeps. assignment/shortest-paths.ts explains the method and the names.
//
// AssignmentWork for up to R rows and up to C columns, R <= C, both padded to multiples of 4 (R', C'):
//
//   header    | AssignmentWork, to a multiple of 64 bytes |
//   columns   | assignedMask f64[C'] | remaining i32[C'] | place i32[C'] | packedIndex i32[C'] |
//   packed    | v f64[R'] | pathCost f64[R'] | placeKey u64[R'] | packedCol i32[R'] | row4col i32[R'] |
//             | packedCost4col usize[R'] |
//   rows      | u f64[R'] | minUnassigned f64[R'] | packedCount i32[R'] | col4row i32[R'] |
//   tree      | ScannedCol[R'] | sinkRow i32[R' + 4] |
//   matrices  | packedCost f64[R][R'] | blockMin f64[R][2 ceil(C / BLOCK)] |
//
// The columns are placed once, for the largest C, and stay initialised from one assignment to the next. What
// follows them is placed for each assignment by its own number of rows.

import { Vector, vectorAt } from './vector'

/** Columns whose minimum is kept, as two numbers: that of the even columns and that of the odd ones. */
export const BLOCK: i32 = 32

@unmanaged
export class AssignmentWork {
  /** By column: 0 if it is unassigned, -Infinity if it is assigned or padding. A cost minus this excludes it. */
  assignedMask: Vector<f64>
  /** The columns in the order of their places; those before place |SC| are scanned. */
  remaining: Vector<i32>
  /** By column: its place in `remaining`. */
  place: Vector<i32>
  /** By column: its index among the packed columns, -1 if it is unassigned. */
  packedIndex: Vector<i32>
  /** By packed column: its potential, -Infinity while it is in SC and for padding. */
  v: Vector<f64>
  /** By packed column: shortestPathCost, Infinity once it is in SC. */
  pathCost: Vector<f64>
  /** By packed column: its place and its index in one number, see placeKeyOf. */
  placeKey: Vector<u64>
  /** By packed column: the column, and the row that is assigned to it. */
  packedCol: Vector<i32>
  row4col: Vector<i32>
  /** By packed column: the address of the packed costs of that row, which a scan needs early. */
  packedCost4col: Vector<usize>
  /** By row: its potential. */
  u: Vector<f64>
  /** By row: the least cost over the unassigned columns, or less. */
  minUnassigned: Vector<f64>
  /** By row: how many of its packed costs are filled in. */
  packedCount: Vector<i32>
  /** By row: the column that is assigned to it. */
  col4row: Vector<i32>
  /** The first ScannedCol of SC. */
  scanned: ScannedCol
  /** The rows from which an unassigned column is nearest, as indices into SC of their columns; -1 is curRow. */
  sinkRow: Vector<i32>
  /** Row-major: the costs of the rows at the packed columns, `paddedRows` from one row to the next. */
  packedCost: Vector<f64>
  /** Row-major: minima of blocks of columns over those that are unassigned, 2 `blocks` from one row to the next. */
  blockMin: Vector<f64>
  /** Row-major: the matrix, `rows` x `cols`. */
  cost: Vector<f64>
  rows: i32
  cols: i32
  paddedRows: i32
  blocks: i32
}

/** A column of SC: an assigned column in the shortest path tree. */
@unmanaged
export class ScannedCol {
  /** shortestPathCost when it was scanned. */
  minVal: f64
  /** Its potential. */
  v: f64
  /** Its packed index. */
  index: i32
  /** row4col of it: the row that it brings into SR. */
  row: i32
  /** Its place when it was scanned, and the column that moved there. */
  place: i32
  movedCol: i32
}

/**
 * Arguments of assign.
 * @host
 */
@unmanaged
export class AssignArguments {
  /** Row-major: `rows` x `cols` costs. */
  cost: Vector<f64>
  /** Address of assignBytes(rows, cols) bytes. */
  work: usize
  /** Written: the potentials of the rows and of the columns. */
  rowPotential: Vector<f64>
  colPotential: Vector<f64>
  /** Written: min(rows, cols) pairs in order of rows. */
  pairRow: Vector<i32>
  pairCol: Vector<i32>
  rows: i32
  cols: i32
}

const HEADER_BYTES: usize = (offsetof<AssignmentWork>() + 63) & ~63

// A place key is the bits of the f64 2^52 + 2^21 place + index: vectors compare keys as f64, and whoever finds
// the largest place has the index of its column too.
const INDEX_BITS: u64 = 21
const PLACE_ZERO: u64 = 0x4330000000000000

export function placeKeyOf(place: i32, index: i32): u64 {
  return PLACE_ZERO | ((place as u64) << INDEX_BITS) | (index as u64)
}

export function placeIn(key: u64): i32 {
  return ((key & ~PLACE_ZERO) >> INDEX_BITS) as i32
}

export function indexIn(key: u64): i32 {
  return (key & ((1 << INDEX_BITS) - 1)) as i32
}

export function blocksOf(cols: i32): i32 {
  return (cols + BLOCK - 1) / BLOCK
}

/** The next multiple of 4: how far scans read. */
export function pad(count: i32): i32 {
  return (count + 3) & ~3
}

/** Bytes of an AssignmentWork for up to `rows` rows and up to `cols` columns, `rows` <= `cols`. */
export function assignmentWorkBytes(rows: i32, cols: i32): usize {
  return HEADER_BYTES + columnBytes(cols) + rowBytes(rows, cols)
}

function columnBytes(cols: i32): usize {
  return (8 + 3 * 4) * (pad(cols) as usize)
}

function rowBytes(rows: i32, cols: i32): usize {
  const packed: usize = 3 * 8 + 3 * 4
  const perRow: usize = 2 * 8 + 2 * 4
  const tree: usize = offsetof<ScannedCol>() + 4
  const matrices: usize = (rows as usize) * (8 * (pad(rows) as usize) + 16 * (blocksOf(cols) as usize))
  return (packed + perRow + tree) * (pad(rows) as usize) + 16 + matrices
}

/** The AssignmentWork at `at` for up to `cols` columns; only addresses are written. */
export function placeColumns(at: usize, cols: i32): AssignmentWork {
  const work = changetype<AssignmentWork>(at)
  const c = pad(cols)
  work.assignedMask = vectorAt<f64>(at + HEADER_BYTES)
  work.remaining = work.assignedMask.behind<i32>(c)
  work.place = work.remaining.from(c)
  work.packedIndex = work.place.from(c)
  work.v = work.packedIndex.behind<f64>(c)
  assert(work.v.address == at + HEADER_BYTES + columnBytes(cols))
  return work
}

/** Places what follows the columns, for a matrix of `rows` x `cols`; only addresses and sizes are written. */
export function placeRows(work: AssignmentWork, rows: i32, cols: i32): void {
  const r = pad(rows)
  work.rows = rows
  work.cols = cols
  work.paddedRows = r
  work.blocks = blocksOf(cols)
  work.pathCost = work.v.from(r)
  work.placeKey = work.pathCost.behind<u64>(r)
  work.packedCol = work.placeKey.behind<i32>(r)
  work.row4col = work.packedCol.from(r)
  work.packedCost4col = work.row4col.behind<usize>(r)
  work.u = work.packedCost4col.behind<f64>(r)
  work.minUnassigned = work.u.from(r)
  work.packedCount = work.minUnassigned.behind<i32>(r)
  work.col4row = work.packedCount.from(r)
  work.scanned = changetype<ScannedCol>(work.col4row.from(r).address)
  work.sinkRow = vectorAt<i32>(changetype<usize>(scannedAt(work, r)))
  work.packedCost = work.sinkRow.behind<f64>(r + 4)
  work.blockMin = packedCostsOf(work, rows)
  assert(blockMinsOf(work, rows).address == work.v.address + rowBytes(rows, cols))
}

/** Column number `index` of SC. */
export function scannedAt(work: AssignmentWork, index: i32): ScannedCol {
  return changetype<ScannedCol>(changetype<usize>(work.scanned) + offsetof<ScannedCol>() * (index as usize))
}

export function costsOf(work: AssignmentWork, row: i32): Vector<f64> {
  return work.cost.from(row * work.cols)
}

export function packedCostsOf(work: AssignmentWork, row: i32): Vector<f64> {
  return work.packedCost.from(row * work.paddedRows)
}

/** The packed costs of the row that is assigned to a packed column. */
export function packedCostsOfColumn(work: AssignmentWork, index: i32): Vector<f64> {
  return vectorAt<f64>(work.packedCost4col[index])
}

export function blockMinsOf(work: AssignmentWork, row: i32): Vector<f64> {
  return work.blockMin.from(2 * row * work.blocks)
}
