// Rectangular assignment by shortest augmenting paths:
// D. F. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE Transactions on Aerospace and
// Electronic Systems 52(4), 2016, pages 1679-1696.
//
// Problem: a matrix of costs with at most as many rows as columns; assign every row a column of its own at the
// least total cost.
//
// Method: the rows are assigned one after the other. For curRow, Dijkstra's algorithm on the reduced costs
// c_ij - u_i - v_j grows the shortest path tree:
//   SR, SC             the rows and columns that have been scanned: those of the tree
//   remaining          the columns that have not
//   shortestPathCost   per column of remaining, the length of the shortest path from curRow over SR
//   minVal             the least of them; its column is scanned next, with its row (row4col)
//   sink               the first column to be scanned that is unassigned: the end of the shortest path
// Then the path (path: per column the row that reached it) is augmented: each of its columns is assigned to the
// row that reached it. The potentials change by minVal - shortestPathCost in the tree, so reduced costs stay
// at least 0, and 0 in every assigned pair.
//
// Ties decide schedules, so they are part of the result: they are broken as in scipy. Column j starts at place j of
// remaining. When the b-th column is scanned, the column at place b moves to the place of the scanned one. If several
// columns are equally near, the unassigned one at the lowest place is scanned; if none is unassigned, the one at the
// highest place. After a row is assigned, every column returns to its own place.
//
// All sums are those of the paper, in its order; but columns that cannot change the result are not scanned.
// - An unassigned column has v = 0 and ends the search, so of a row of SR only its least cost over the
//   unassigned columns matters. The minima of blocks of columns are kept. Columns never become unassigned
//   again, so a stale minimum is a lower bound; it is renewed only where it is below the nearest column so far.
// - Assigned columns are packed in the order in which they were first assigned, and so are the costs of each row
//   at them: the inner loop runs over the assigned columns, not over all.
// - A column of SC is not cut out of the packed ones: its v becomes -Infinity, so nothing reaches it.
// - path is not kept: the row that reached a column is found again for the few columns of the final path.

import {
  AssignmentWork,
  BLOCK,
  blockMinsOf,
  costsOf,
  indexIn,
  packedCostsOf,
  packedCostsOfColumn,
  placeIn,
  scannedAt,
} from '../layout/assignment'
import { Vector } from '../layout/vector'
import { assignColumn, initRows, packColumn, scanColumn, undoMove } from './columns'
import {
  findBlock,
  findMinUnassigned,
  findUnassignedAt,
  initPathCosts,
  largestKeyAt,
  leastBlockMin,
  lowerPathCosts,
  minOfBlock,
  smallerLane,
} from './scan'

/**
 * Assigns the rows of a matrix with 1 <= rows <= cols, first to last, and returns how many it could: fewer than
 * all if the forbidden pairs (Infinity) leave no assignment. The columns of the work are as initColumns or
 * resetColumns leaves them.
 */
export function assignRows(work: AssignmentWork, cost: Vector<f64>, rows: i32, cols: i32): i32 {
  initRows(work, cost, rows, cols)
  const assignedMask = work.assignedMask
  let costs = work.cost
  let blockMins = work.blockMin
  let packedCosts = work.packedCost
  for (let curRow = 0; curRow < rows; curRow++) {
    const minUnassigned = findMinUnassigned(costs, assignedMask, cols, blockMins)
    work.minUnassigned[curRow] = minUnassigned
    work.packedCount[curRow] = 0
    // SR is curRow alone: its u is 0
    let minVal: f64 = Infinity
    if (curRow > 0) {
      packCosts(work, curRow, costs, packedCosts, curRow)
      minVal = initPathCosts(packedCosts, work.v, work.pathCost, curRow)
    }
    if (minVal < minUnassigned) {
      if (!augmentFrom(work, curRow, minVal, minUnassigned)) return curRow
    } else {
      if (minUnassigned == Infinity) return curRow
      const sink = firstUnassignedAt(costs, assignedMask, blockMins, minUnassigned)
      // u += minVal from 0, as the paper has it: -0 becomes 0
      work.u[curRow] = 0 + minUnassigned
      packColumn(work, curRow, sink)
      assignColumn(work, curRow, curRow, sink)
    }
    costs = costs.from(cols)
    blockMins = blockMins.from(2 * work.blocks)
    packedCosts = packedCosts.from(work.paddedRows)
  }
  return rows
}

/** Fills in the packed costs of a row up to the first `count`. */
function packCosts(
  work: AssignmentWork,
  row: i32,
  costs: Vector<f64>,
  packedCosts: Vector<f64>,
  count: i32,
): void {
  const packedCol = work.packedCol
  const filled = work.packedCount[row]
  const last = count - 1
  // In pairs, because the scan that follows loads pairs, and would wait for two stores of half a pair. The last pair
  // comes first: its loads need not wait for packedCount. If the count is odd, the padding gets the last cost.
  for (let k = last & ~1; k >= (filled & ~1); k -= 2) {
    const pair = v128.splat<f64>(costs[packedCol[k]])
    packedCosts.setLanes(k, f64x2.replace_lane(pair, 1, costs[packedCol[min(k + 1, last)]]))
  }
  work.packedCount[row] = count
}

/** The first unassigned column whose cost in a row is `cost`, the least over its unassigned columns. */
function firstUnassignedAt(
  costs: Vector<f64>,
  assignedMask: Vector<f64>,
  blockMins: Vector<f64>,
  cost: f64,
): i32 {
  let j = findBlock(blockMins, cost) * BLOCK
  while (costs[j] - assignedMask[j] != cost) j++
  return j
}

/**
 * Finds the shortest augmenting path from `curRow` and augments it; false if there is none. `firstMinVal`
 * is the distance of the nearest assigned column, `firstSinkDistance` that of the nearest unassigned one.
 */
function augmentFrom(work: AssignmentWork, curRow: i32, firstMinVal: f64, firstSinkDistance: f64): bool {
  const count = curRow
  const pathCost = work.pathCost
  const placeKey = work.placeKey
  const row4col = work.row4col
  const minUnassigned = work.minUnassigned
  const potential = work.u
  const v = work.v
  const sinkRow = work.sinkRow
  let minVal = firstMinVal
  let sinkDistance = firstSinkDistance
  let scannedCount = 0
  let sinkRows = 1
  sinkRow[0] = -1
  while (minVal < sinkDistance) {
    const key = largestKeyAt(pathCost, placeKey, count, minVal)
    const index = indexIn(key)
    const row = row4col[index]
    const u = potential[row]
    scanColumn(work, scannedCount, placeIn(key), index, row, minVal)
    if (minVal + minUnassigned[row] - u <= sinkDistance) {
      const distance = minVal + renewMinUnassigned(work, row, minVal, u, sinkDistance) - u
      if (distance <= sinkDistance) {
        if (distance < sinkDistance) sinkRows = 0
        sinkDistance = distance
        sinkRow[sinkRows] = scannedCount
        sinkRows++
      }
    }
    scannedCount++
    const packedCosts = packedCostsOfColumn(work, index)
    packCosts(work, row, costsOf(work, row), packedCosts, count)
    minVal = lowerPathCosts(packedCosts, v, pathCost, count, minVal, u)
  }
  const found = sinkDistance < Infinity
  if (found) {
    augmentPath(work, curRow, scannedCount, sinkRows, sinkDistance)
    updatePotentials(work, curRow, scannedCount, sinkDistance)
  }
  for (let b = 0; b < scannedCount; b++) {
    const scanned = scannedAt(work, b)
    undoMove(work, scanned.place, scanned.movedCol)
  }
  return found
}

/** Changes the potentials in the tree by minVal of the sink - shortestPathCost. */
function updatePotentials(work: AssignmentWork, curRow: i32, scannedCount: i32, sinkDistance: f64): void {
  const u = work.u
  const v = work.v
  u[curRow] = 0 + sinkDistance
  for (let b = 0; b < scannedCount; b++) {
    const scanned = scannedAt(work, b)
    const change = sinkDistance - scanned.minVal
    u[scanned.row] += change
    v[scanned.index] = scanned.v - change
  }
}

/**
 * Renews minUnassigned of a row until it is exact or shows that no unassigned column is within
 * `sinkDistance`: blocks with the least minimum are looked at again until one of them still has it.
 */
function renewMinUnassigned(work: AssignmentWork, row: i32, minVal: f64, u: f64, sinkDistance: f64): f64 {
  const cols = work.cols
  const blocks = work.blocks
  const costs = costsOf(work, row)
  const blockMins = blockMinsOf(work, row)
  const assignedMask = work.assignedMask
  let lowest: f64
  if (blocks == 1) lowest = smallerLane(minOfBlock(costs, assignedMask, cols, 0))
  else {
    while (true) {
      lowest = leastBlockMin(blockMins, blocks)
      if (lowest == Infinity || minVal + lowest - u > sinkDistance) break
      const b = findBlock(blockMins, lowest)
      const pair = minOfBlock(costs, assignedMask, cols, b)
      blockMins.setLanes(2 * b, pair)
      if (v128.any_true(f64x2.eq(pair, v128.splat<f64>(lowest)))) break
    }
  }
  work.minUnassigned[row] = lowest
  return lowest
}

/** Finds the sink and the path to it, and assigns each column of the path to the row that reached it. */
function augmentPath(
  work: AssignmentWork,
  curRow: i32,
  scannedCount: i32,
  sinkRows: i32,
  sinkDistance: f64,
): void {
  const cols = work.cols
  let sink = -1
  let pathOfSink = -1
  let lowest = i32.MAX_VALUE
  for (let k = 0; k < sinkRows; k++) {
    const b = work.sinkRow[k]
    const scanned = scannedAt(work, b)
    const row = b < 0 ? curRow : scanned.row
    const minVal: f64 = b < 0 ? 0 : scanned.minVal
    const u: f64 = b < 0 ? 0 : work.u[row]
    const costs = costsOf(work, row)
    const mins = blockMinsOf(work, row)
    let j = findUnassignedAt(costs, work.assignedMask, mins, cols, 0, minVal, u, sinkDistance)
    while (j < cols) {
      const place = work.place[j]
      if (place < lowest) {
        lowest = place
        sink = j
        pathOfSink = b
      }
      // columns from here on are at their own places, each higher than the one before
      if (j >= scannedCount) break
      j = findUnassignedAt(costs, work.assignedMask, mins, cols, j + 1, minVal, u, sinkDistance)
    }
  }
  packColumn(work, curRow, sink)
  let index = curRow
  let col = sink
  let path = pathOfSink
  while (path >= 0) {
    const scanned = scannedAt(work, path)
    assignColumn(work, scanned.row, index, col)
    index = scanned.index
    col = work.packedCol[index]
    path = pathOf(work, curRow, index, scanned.minVal, scanned.v)
  }
  assignColumn(work, curRow, index, col)
}

/**
 * The path of a column of SC: the first row of SR that reached it at its distance, as the index into SC of that
 * row's column, or -1 for curRow. The sums are those of the scans, so equality is exact.
 */
function pathOf(work: AssignmentWork, curRow: i32, index: i32, distance: f64, v: f64): i32 {
  if (packedCostsOf(work, curRow)[index] - v == distance) return -1
  const u = work.u
  let b = 0
  while (true) {
    const scanned = scannedAt(work, b)
    const row = scanned.row
    if (scanned.minVal + packedCostsOf(work, row)[index] - u[row] - v == distance) return b
    b++
  }
}
