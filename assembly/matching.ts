// Rectangular assignment by shortest augmenting paths, one row after the other:
// D. F. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE Transactions on Aerospace and
// Electronic Systems 52(4), 2016, pages 1679-1696.
//
// Ties decide schedules, so they are part of the result. The columns sit in a row of seats, column j on seat
// j. When the b-th column joins the tree of shortest paths, the one on seat b moves to the seat that became
// free. Among columns equally near, an open (unmatched) one on the lowest seat wins; without an open one the
// matched one on the highest seat. Once a row is matched, everybody returns to their own seat.
//
// Every distance is the sum that the paper writes, in its order; what is saved is looking at columns that
// cannot matter:
//
// - Open columns have no potential, and a search ends at the nearest of them. So of a row only its cheapest
//   open column counts. The minima of blocks of columns are kept: columns only ever close, so an old minimum
//   is a bound, and is looked at again only where it undercuts the nearest open column so far.
// - The costs of the matched columns are packed side by side, per row, when the row is scanned for the
//   first time: the inner loop runs over as many columns as are matched, not over all.
// - A column that joins the tree is not cut out: its potential becomes -Infinity, so nothing reaches it.
// - The row that reached a column is not noted, but found again for the few columns of the final path.
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

import {
  BLOCK,
  blockMinimum,
  lastSeat,
  layDistances,
  openAt,
  openMinimum,
  pairsMinimum,
  pairsOf,
  pairWith,
  shortenDistances,
} from './matching-scan'

const SHUT: usize = 0
const ON_SEAT: usize = 4
const SEAT_OF: usize = 8
const SLOT_OF: usize = 12
const V: usize = 16
const DISTANCE: usize = 20
const SEATS: usize = 24
const COLUMN: usize = 28
const ROW: usize = 32
const U: usize = 36
const CHEAPEST: usize = 40
const PACKED: usize = 44
const COLUMN_OF: usize = 48
const BRANCH: usize = 52
const NEAREST: usize = 56
const COSTS: usize = 60
const HEADER_BYTES: usize = 64

// Branch, one for each column that joined the tree, in order:
//   distance f64 | v before f64 | slot i32 | its row i32 | seat i32 | column moved there i32
const BRANCH_BYTES: usize = 32

// Seats are compared as doubles in the lanes of a vector, and bring the slot of their column along: the whole
// number 2^52 + 2^21 seat + slot.
const SLOT_BITS: u64 = 21
const SEAT_ZERO: u64 = 0x4330000000000000

function seated(seat: i32, slot: i32): u64 {
  return SEAT_ZERO | ((seat as u64) << SLOT_BITS) | (slot as u64)
}

function padded(count: i32): usize {
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

/**
 * Assigns the rows of a matrix with 1 <= rows <= cols <= laid columns, first to last, and returns how many
 * it could: fewer than all if that cannot be done.
 */
export function solve(blockPtr: usize, costPtr: usize, rows: i32, cols: i32): i32 {
  layRows(blockPtr, rows, cols)
  const shutPtr = load<usize>(blockPtr, SHUT)
  const pairBytes: usize = 16 * (pairsOf(cols) as usize)
  const packedBytes: usize = 8 * padded(rows)
  const vPtr = load<usize>(blockPtr, V)
  const distancePtr = load<usize>(blockPtr, DISTANCE)
  let rowPtr = costPtr
  let packedPtr = load<usize>(blockPtr, COSTS)
  let pairsPtr = packedPtr + packedBytes * (rows as usize)
  for (let current = 0; current < rows; current++) {
    const open = openMinimum(rowPtr, shutPtr, cols, pairsPtr)
    store<f64>(load<usize>(blockPtr, CHEAPEST) + 8 * (current as usize), open)
    store<i32>(load<usize>(blockPtr, PACKED) + 4 * (current as usize), 0)
    let least: f64 = Infinity
    if (current > 0) {
      packCosts(blockPtr, current, current, rowPtr, packedPtr)
      least = layDistances(packedPtr, vPtr, distancePtr, current)
    }
    if (least < open) {
      if (!search(blockPtr, costPtr, rows, cols, current, least, open)) return current
    } else {
      if (open == Infinity) return current
      const column = firstOpen(rowPtr, shutPtr, pairsPtr, open)
      store<f64>(load<usize>(blockPtr, U) + 8 * (current as usize), 0 + open)
      close(blockPtr, current, column)
      match(blockPtr, current, current, column)
    }
    rowPtr += 8 * (cols as usize)
    packedPtr += packedBytes
    pairsPtr += pairBytes
  }
  return rows
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

function layRows(blockPtr: usize, rows: i32, cols: i32): void {
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

/** Takes a column out of the open ones, into the next slot. */
function close(blockPtr: usize, slot: i32, column: i32): void {
  const s = slot as usize
  store<f64>(load<usize>(blockPtr, SHUT) + 8 * (column as usize), -Infinity)
  store<i32>(load<usize>(blockPtr, SLOT_OF) + 4 * (column as usize), slot)
  store<i32>(load<usize>(blockPtr, COLUMN) + 4 * s, column)
  store<u64>(load<usize>(blockPtr, SEATS) + 8 * s, seated(column, slot))
  store<f64>(load<usize>(blockPtr, V) + 8 * s, 0)
}

function match(blockPtr: usize, row: i32, slot: i32, column: i32): void {
  store<i32>(load<usize>(blockPtr, ROW) + 4 * (slot as usize), row)
  store<i32>(load<usize>(blockPtr, COLUMN_OF) + 4 * (row as usize), column)
}

/** Packs the costs of a row at the matched columns, as far as that has not been done. */
function packCosts(blockPtr: usize, row: i32, count: i32, rowPtr: usize, packedPtr: usize): void {
  const donePtr = load<usize>(blockPtr, PACKED) + 4 * (row as usize)
  const columnPtr = load<usize>(blockPtr, COLUMN)
  for (let s = load<i32>(donePtr) as usize; s < (count as usize); s++) {
    const column = load<i32>(columnPtr + 4 * s) as usize
    store<f64>(packedPtr + 8 * s, load<f64>(rowPtr + 8 * column))
  }
  store<i32>(donePtr, count)
}

/** The first open column of a row at a cost, which is the smallest of its open columns. */
function firstOpen(rowPtr: usize, shutPtr: usize, pairsPtr: usize, cost: f64): i32 {
  let j = (pairWith(pairsPtr, cost) * BLOCK) as usize
  while (load<f64>(rowPtr + 8 * j) - load<f64>(shutPtr + 8 * j) != cost) j++
  return j as i32
}

/**
 * Grows the tree of shortest paths from row `current` until an open column is nearest, and matches along
 * the path to it. `least` is the distance of the nearest matched column, `nearest` that of the nearest open.
 */
function search(
  blockPtr: usize,
  costPtr: usize,
  rows: i32,
  cols: i32,
  current: i32,
  least: f64,
  nearest: f64,
): bool {
  const vPtr = load<usize>(blockPtr, V)
  const distancePtr = load<usize>(blockPtr, DISTANCE)
  const seatsPtr = load<usize>(blockPtr, SEATS)
  const branchPtr = load<usize>(blockPtr, BRANCH)
  const rowAtPtr = load<usize>(blockPtr, ROW)
  const nearestPtr = load<usize>(blockPtr, NEAREST)
  const costsPtr = load<usize>(blockPtr, COSTS)
  const packedBytes: usize = 8 * padded(rows)
  const count = current
  let branches = 0
  // the branches whose rows come nearest to an open column, -1 for the current row
  let nearests = 1
  store<i32>(nearestPtr, -1)
  while (least < nearest) {
    const last = lastSeat(distancePtr, seatsPtr, count, least)
    const slot = (last & ((1 << SLOT_BITS) - 1)) as i32
    const seat = ((last & ~SEAT_ZERO) >> SLOT_BITS) as i32
    const row = load<i32>(rowAtPtr + 4 * (slot as usize))
    joinTree(blockPtr, branches, seat, slot, row, least)
    const u = load<f64>(load<usize>(blockPtr, U) + 8 * (row as usize))
    const rowPtr = costPtr + 8 * (cols as usize) * (row as usize)
    const cheapestPtr = load<usize>(blockPtr, CHEAPEST) + 8 * (row as usize)
    if (least + load<f64>(cheapestPtr) - u <= nearest) {
      const cheapest = cheapestOpen(blockPtr, rowPtr, rows, cols, row, least, u, nearest)
      const distance = least + cheapest - u
      store<f64>(cheapestPtr, cheapest)
      if (distance <= nearest) {
        if (distance < nearest) nearests = 0
        nearest = distance
        store<i32>(nearestPtr + 4 * (nearests as usize), branches)
        nearests++
      }
    }
    branches++
    const packedPtr = costsPtr + packedBytes * (row as usize)
    packCosts(blockPtr, row, count, rowPtr, packedPtr)
    least = shortenDistances(packedPtr, vPtr, distancePtr, count, least, u)
  }
  const found = nearest < Infinity
  if (found) {
    augment(blockPtr, costPtr, rows, cols, current, branches, nearests, nearest)
    shiftPotentials(blockPtr, current, branches, nearest)
  }
  for (let b = 0; b < branches; b++) {
    const at = branchPtr + BRANCH_BYTES * (b as usize)
    takeSeat(blockPtr, load<i32>(at, 28), load<i32>(at, 28))
    store<i32>(load<usize>(blockPtr, ON_SEAT) + 4 * (load<i32>(at, 24) as usize), load<i32>(at, 24))
  }
  return found
}

/** Makes the matched column on a seat a branch of the tree. */
function joinTree(blockPtr: usize, branch: i32, seat: i32, slot: i32, row: i32, distance: f64): void {
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

function takeSeat(blockPtr: usize, column: i32, seat: i32): void {
  store<i32>(load<usize>(blockPtr, ON_SEAT) + 4 * (seat as usize), column)
  store<i32>(load<usize>(blockPtr, SEAT_OF) + 4 * (column as usize), seat)
  const slot = load<i32>(load<usize>(blockPtr, SLOT_OF) + 4 * (column as usize))
  if (slot >= 0) store<u64>(load<usize>(blockPtr, SEATS) + 8 * (slot as usize), seated(seat, slot))
}

/**
 * The smallest cost of a row over its open columns, exact if the column is at most `nearest` away: blocks
 * whose old minimum is the smallest are looked at again until one of them still has it.
 */
function cheapestOpen(
  blockPtr: usize,
  rowPtr: usize,
  rows: i32,
  cols: i32,
  row: i32,
  least: f64,
  u: f64,
  nearest: f64,
): f64 {
  const pairs = pairsOf(cols)
  const pairsPtr = pairsAt(blockPtr, rows, cols, row)
  if (pairs == 1) return openMinimum(rowPtr, load<usize>(blockPtr, SHUT), cols, pairsPtr)
  while (true) {
    const lowest = pairsMinimum(pairsPtr, pairs)
    if (lowest == Infinity || least + lowest - u > nearest) return lowest
    const b = pairWith(pairsPtr, lowest)
    const pair = blockMinimum(rowPtr, load<usize>(blockPtr, SHUT), cols, b)
    v128.store(pairsPtr + 16 * (b as usize), pair)
    if (v128.any_true(f64x2.eq(pair, v128.splat<f64>(lowest)))) return lowest
  }
}

function pairsAt(blockPtr: usize, rows: i32, cols: i32, row: i32): usize {
  const pairBytes: usize = 16 * (pairsOf(cols) as usize)
  return load<usize>(blockPtr, COSTS) + 8 * padded(rows) * (rows as usize) + pairBytes * (row as usize)
}

/** Turns the path to the nearest open column over: each column on it goes to the row that reached it. */
function augment(
  blockPtr: usize,
  costPtr: usize,
  rows: i32,
  cols: i32,
  current: i32,
  branches: i32,
  nearests: i32,
  nearest: f64,
): void {
  const shutPtr = load<usize>(blockPtr, SHUT)
  const branchPtr = load<usize>(blockPtr, BRANCH)
  let sink = -1
  let reachedBy = -1
  let lowest = i32.MAX_VALUE
  for (let k = 0; k < nearests; k++) {
    const b = load<i32>(load<usize>(blockPtr, NEAREST) + 4 * (k as usize))
    const at = branchPtr + BRANCH_BYTES * (b as usize)
    const row = b < 0 ? current : load<i32>(at, 20)
    const least: f64 = b < 0 ? 0 : load<f64>(at)
    const u: f64 = b < 0 ? 0 : load<f64>(load<usize>(blockPtr, U) + 8 * (row as usize))
    const rowPtr = costPtr + 8 * (cols as usize) * (row as usize)
    const pairsPtr = pairsAt(blockPtr, rows, cols, row)
    let j = openAt(rowPtr, shutPtr, pairsPtr, cols, 0, least, u, nearest)
    while (j < cols) {
      const seat = load<i32>(load<usize>(blockPtr, SEAT_OF) + 4 * (j as usize))
      if (seat < lowest) {
        lowest = seat
        sink = j
        reachedBy = b
      }
      // columns from here on sit on their own seats, each higher than the one before
      if (j >= branches) break
      j = openAt(rowPtr, shutPtr, pairsPtr, cols, j + 1, least, u, nearest)
    }
  }
  close(blockPtr, current, sink)
  let slot = current
  let column = sink
  while (reachedBy >= 0) {
    const at = branchPtr + BRANCH_BYTES * (reachedBy as usize)
    match(blockPtr, load<i32>(at, 20), slot, column)
    slot = load<i32>(at, 16)
    column = load<i32>(load<usize>(blockPtr, COLUMN) + 4 * (slot as usize))
    reachedBy = reachedFrom(blockPtr, rows, current, slot, load<f64>(at), load<f64>(at, 8))
  }
  match(blockPtr, current, slot, column)
}

/**
 * The branch whose row was the first to reach a matched column at a distance, -1 for the current row: the
 * same sums as in the scans, so that equality is exact.
 */
function reachedFrom(blockPtr: usize, rows: i32, current: i32, slot: i32, distance: f64, v: f64): i32 {
  const packedBytes: usize = 8 * padded(rows)
  const costsPtr = load<usize>(blockPtr, COSTS) + 8 * (slot as usize)
  const uPtr = load<usize>(blockPtr, U)
  if (load<f64>(costsPtr + packedBytes * (current as usize)) - v == distance) return -1
  let at = load<usize>(blockPtr, BRANCH)
  let b = 0
  while (true) {
    const row = load<i32>(at, 20) as usize
    const cost = load<f64>(costsPtr + packedBytes * row)
    if (load<f64>(at) + cost - load<f64>(uPtr + 8 * row) - v == distance) return b
    at += BRANCH_BYTES
    b++
  }
}

function shiftPotentials(blockPtr: usize, current: i32, branches: i32, nearest: f64): void {
  const uPtr = load<usize>(blockPtr, U)
  store<f64>(uPtr + 8 * (current as usize), 0 + nearest)
  for (let b = 0; b < branches; b++) {
    const at = load<usize>(blockPtr, BRANCH) + BRANCH_BYTES * (b as usize)
    const rowPtr = uPtr + 8 * (load<i32>(at, 20) as usize)
    const shift = nearest - load<f64>(at)
    store<f64>(rowPtr, load<f64>(rowPtr) + shift)
    store<f64>(load<usize>(blockPtr, V) + 8 * (load<i32>(at, 16) as usize), load<f64>(at, 8) - shift)
  }
}
