// What a matching keeps: which columns are open, who sits where, who is matched with whom, and the branches of the
// tree of shortest paths. What the parts are for stands in matching.ts.
//
// Matching block; R rows <= C columns, a slot for every matched column, padded to multiples of 4 (R', C'):
//
//   header   | 16 addresses, of what follows in this order |
//   column   | shut f64[C'] | on seat i32[C'] | seat of i32[C'] | slot of i32[C'] |
//   slot     | v f64[R'] | distance f64[R'] | seat f64[R'] | column i32[R'] | its row i32[R'] |
//   row      | u f64[R'] | cheapest f64[R'] | packed i32[R'] | column of i32[R'] |
//   search   | branch 32 bytes [R'] | nearest branches i32[R' + 4] |
//   matrix   | packed costs f64[R][R'] | block minima f64[R][2 ceil(C / 32)] |
//
// The columns are laid once for a largest C, and are left as they were by openColumns.

import { pairsOf } from '../assignment/scan'

export const SHUT: usize = 0
export const ON_SEAT: usize = 4
export const SEAT_OF: usize = 8
export const SLOT_OF: usize = 12
export const V: usize = 16
export const DISTANCE: usize = 20
export const SEATS: usize = 24
export const COLUMN: usize = 28
export const ROW: usize = 32
export const U: usize = 36
export const CHEAPEST: usize = 40
export const PACKED: usize = 44
export const COLUMN_OF: usize = 48
export const BRANCH: usize = 52
export const NEAREST: usize = 56
export const COSTS: usize = 60
const HEADER_BYTES: usize = 64

// Branch, one for each column that joined the tree, in order:
//   distance f64 | v before f64 | slot i32 | its row i32 | seat i32 | column moved there i32
export const BRANCH_BYTES: usize = 32

// Seats are compared as doubles in the lanes of a vector, and bring the slot of their column along: the whole
// number 2^52 + 2^21 seat + slot.
const SLOT_BITS: u64 = 21
const SEAT_ZERO: u64 = 0x4330000000000000

export function padded(count: i32): usize {
  return ((count + 3) & ~3) as usize
}

/** Bytes of a block for up to `rows` rows and up to `cols` columns. */
export function matchingBytes(rows: i32, cols: i32): usize {
  const r = padded(rows)
  const matrix = (rows as usize) * (8 * r + 16 * (pairsOf(cols) as usize))
  return HEADER_BYTES + 20 * padded(cols) + (32 + 24 + BRANCH_BYTES + 4) * r + 16 + matrix
}

/** Lays the columns of a block, `most` of them. */
export function layColumns(blockPtr: usize, most: i32): void {
  const c = padded(most)
  const shutPtr = blockPtr + HEADER_BYTES
  const onSeatPtr = shutPtr + 8 * c
  store<usize>(blockPtr, shutPtr, SHUT)
  store<usize>(blockPtr, onSeatPtr, ON_SEAT)
  store<usize>(blockPtr, onSeatPtr + 4 * c, SEAT_OF)
  store<usize>(blockPtr, onSeatPtr + 8 * c, SLOT_OF)
  store<usize>(blockPtr, onSeatPtr + 12 * c, V)
  memory.fill(shutPtr, 0, 8 * c)
  memory.fill(onSeatPtr + 8 * c, 0xff, 4 * c)
  for (let j: usize = 0; j < c; j++) {
    store<i32>(onSeatPtr + 4 * j, j as i32)
    store<i32>(onSeatPtr + 4 * (c + j), j as i32)
  }
}

/** Lays what belongs to rows and slots, and the padding of the columns. */
export function layRows(blockPtr: usize, rows: i32, cols: i32): void {
  const r = padded(rows)
  let at = load<usize>(blockPtr, V)
  store<usize>(blockPtr, at + 8 * r, DISTANCE)
  store<usize>(blockPtr, at + 16 * r, SEATS)
  store<usize>(blockPtr, at + 24 * r, COLUMN)
  store<usize>(blockPtr, at + 28 * r, ROW)
  store<usize>(blockPtr, at + 32 * r, U)
  store<usize>(blockPtr, at + 40 * r, CHEAPEST)
  store<usize>(blockPtr, at + 48 * r, PACKED)
  store<usize>(blockPtr, at + 52 * r, COLUMN_OF)
  store<usize>(blockPtr, at + 56 * r, BRANCH)
  store<usize>(blockPtr, at + (56 + BRANCH_BYTES) * r, NEAREST)
  store<usize>(blockPtr, at + (60 + BRANCH_BYTES) * r + 16, COSTS)
  // slots that are not taken yet are padding
  for (const end = at + 8 * r; at < end; at += 8) store<f64>(at, -Infinity)
  const shutPtr = load<usize>(blockPtr, SHUT)
  for (let j = cols as usize; j < padded(cols); j++) store<f64>(shutPtr + 8 * j, -Infinity)
}

/** Opens the columns again that solve closed, for `matched` rows. */
export function openColumns(blockPtr: usize, matched: i32, cols: i32): void {
  const shutPtr = load<usize>(blockPtr, SHUT)
  for (let s: usize = 0; s < (matched as usize); s++) {
    const column = load<i32>(load<usize>(blockPtr, COLUMN) + 4 * s) as usize
    store<f64>(shutPtr + 8 * column, 0)
    store<i32>(load<usize>(blockPtr, SLOT_OF) + 4 * column, -1)
  }
  for (let j = cols as usize; j < padded(cols); j++) store<f64>(shutPtr + 8 * j, 0)
}

/** The column of a row after solve. */
export function columnOf(blockPtr: usize, row: i32): i32 {
  return load<i32>(load<usize>(blockPtr, COLUMN_OF) + 4 * (row as usize))
}

/** The row of a column after solve, -1 for none. */
export function rowOf(blockPtr: usize, column: i32): i32 {
  const slot = load<i32>(load<usize>(blockPtr, SLOT_OF) + 4 * (column as usize))
  return slot < 0 ? -1 : load<i32>(load<usize>(blockPtr, ROW) + 4 * (slot as usize))
}

/** Writes the potentials that solve found. */
export function writePotentials(blockPtr: usize, rows: i32, cols: i32, rowPtr: usize, colPtr: usize): void {
  memory.copy(rowPtr, load<usize>(blockPtr, U), 8 * (rows as usize))
  memory.fill(colPtr, 0, 8 * (cols as usize))
  for (let s: usize = 0; s < (rows as usize); s++) {
    const column = load<i32>(load<usize>(blockPtr, COLUMN) + 4 * s)
    store<f64>(colPtr + 8 * (column as usize), load<f64>(load<usize>(blockPtr, V) + 8 * s))
  }
}

/** Takes a column out of the open ones, into the next slot. */
export function close(blockPtr: usize, slot: i32, column: i32): void {
  const s = slot as usize
  store<f64>(load<usize>(blockPtr, SHUT) + 8 * (column as usize), -Infinity)
  store<i32>(load<usize>(blockPtr, SLOT_OF) + 4 * (column as usize), slot)
  store<i32>(load<usize>(blockPtr, COLUMN) + 4 * s, column)
  store<u64>(load<usize>(blockPtr, SEATS) + 8 * s, seated(column, slot))
  store<f64>(load<usize>(blockPtr, V) + 8 * s, 0)
}

/** Matches a row with the column of a slot. */
export function match(blockPtr: usize, row: i32, slot: i32, column: i32): void {
  store<i32>(load<usize>(blockPtr, ROW) + 4 * (slot as usize), row)
  store<i32>(load<usize>(blockPtr, COLUMN_OF) + 4 * (row as usize), column)
}

/** Makes the matched column on a seat a branch of the tree. */
export function joinTree(blockPtr: usize, branch: i32, seat: i32, slot: i32, row: i32, distance: f64): void {
  const moved = load<i32>(load<usize>(blockPtr, ON_SEAT) + 4 * (branch as usize))
  const vPtr = load<usize>(blockPtr, V) + 8 * (slot as usize)
  const at = load<usize>(blockPtr, BRANCH) + BRANCH_BYTES * (branch as usize)
  store<f64>(at, distance)
  store<f64>(at, load<f64>(vPtr), 8)
  store<i32>(at, slot, 16)
  store<i32>(at, row, 20)
  store<i32>(at, seat, 24)
  store<i32>(at, moved, 28)
  takeSeat(blockPtr, moved, seat)
  store<f64>(vPtr, -Infinity)
  store<f64>(load<usize>(blockPtr, DISTANCE) + 8 * (slot as usize), Infinity)
}

/** Puts a column on a seat. */
export function takeSeat(blockPtr: usize, column: i32, seat: i32): void {
  store<i32>(load<usize>(blockPtr, ON_SEAT) + 4 * (seat as usize), column)
  store<i32>(load<usize>(blockPtr, SEAT_OF) + 4 * (column as usize), seat)
  const slot = load<i32>(load<usize>(blockPtr, SLOT_OF) + 4 * (column as usize))
  if (slot >= 0) store<u64>(load<usize>(blockPtr, SEATS) + 8 * (slot as usize), seated(seat, slot))
}

function seated(seat: i32, slot: i32): u64 {
  return SEAT_ZERO | ((seat as u64) << SLOT_BITS) | (slot as u64)
}

/** The slot of a word that `SEATS` holds. */
export function slotIn(word: u64): i32 {
  return (word & ((1 << SLOT_BITS) - 1)) as i32
}

/** The seat of a word that `SEATS` holds. */
export function seatIn(word: u64): i32 {
  return ((word & ~SEAT_ZERO) >> SLOT_BITS) as i32
}

/** The block minima of a row. */
export function pairsAt(blockPtr: usize, rows: i32, cols: i32, row: i32): usize {
  const pairBytes: usize = 16 * (pairsOf(cols) as usize)
  return load<usize>(blockPtr, COSTS) + 8 * padded(rows) * (rows as usize) + pairBytes * (row as usize)
}
