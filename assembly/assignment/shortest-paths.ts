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

import {
  BRANCH,
  BRANCH_BYTES,
  CHEAPEST,
  COLUMN,
  COSTS,
  close,
  DISTANCE,
  joinTree,
  layRows,
  match,
  NEAREST,
  ON_SEAT,
  PACKED,
  padded,
  pairsAt,
  ROW,
  SEAT_OF,
  SEATS,
  SHUT,
  seatIn,
  slotIn,
  takeSeat,
  U,
  V,
} from '../layout/matching'
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
  smallerLane,
} from './scan'

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
    const slot = slotIn(last)
    const seat = seatIn(last)
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
  if (found) augment(blockPtr, costPtr, rows, cols, current, branches, nearests, nearest)
  const uPtr = load<usize>(blockPtr, U)
  const onSeatPtr = load<usize>(blockPtr, ON_SEAT)
  if (found) store<f64>(uPtr + 8 * (current as usize), 0 + nearest)
  for (let b = 0; b < branches; b++) {
    const at = branchPtr + BRANCH_BYTES * (b as usize)
    const seat = load<i32>(at, 24)
    const moved = load<i32>(at, 28)
    if (found) {
      const shift = nearest - load<f64>(at)
      const rowPtr = uPtr + 8 * (load<i32>(at, 20) as usize)
      store<f64>(rowPtr, load<f64>(rowPtr) + shift)
      store<f64>(vPtr + 8 * (load<i32>(at, 16) as usize), load<f64>(at, 8) - shift)
    }
    takeSeat(blockPtr, moved, moved)
    store<i32>(onSeatPtr + 4 * (seat as usize), seat)
  }
  return found
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
  const shutPtr = load<usize>(blockPtr, SHUT)
  if (pairs == 1) return smallerLane(blockMinimum(rowPtr, shutPtr, cols, 0))
  while (true) {
    const lowest = pairsMinimum(pairsPtr, pairs)
    if (lowest == Infinity || least + lowest - u > nearest) return lowest
    const b = pairWith(pairsPtr, lowest)
    const pair = blockMinimum(rowPtr, shutPtr, cols, b)
    v128.store(pairsPtr + 16 * (b as usize), pair)
    if (v128.any_true(f64x2.eq(pair, v128.splat<f64>(lowest)))) return lowest
  }
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
