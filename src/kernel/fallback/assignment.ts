/**
 * Rectangular assignment by shortest augmenting paths, one row after the other:
 * D. F. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE Transactions on Aerospace and
 * Electronic Systems 52(4), 2016, pages 1679-1696. The names are those of the paper:
 *
 *   u, v               potentials of the rows and of the columns
 *   col4row, row4col   the column assigned to a row, the row assigned to a column; -1 for none
 *   SR, SC             scanned rows and columns: those of the shortest path tree
 *   remaining          columns that are not scanned yet
 *   shortestPathCost   per column, the length of the shortest path from curRow over SR
 *   path               per column, the row before it on that path
 *   minVal             the shortestPathCost of the column that was scanned last
 *   sink               the unassigned column at the end of the shortest path
 *
 * Ties decide schedules, so the order in which columns are scanned is part of the result. It is that of scipy.
 */
import type { Assignment, AssignmentProblem } from '../dispatch-contract.ts'
import { infeasible } from '../infeasible.ts'
import { refuseCost } from '../refuse-cost.ts'

export function assign(problem: AssignmentProblem): Assignment {
  const { cost, rows, cols } = problem
  refuseCost(problem)
  // a tall matrix is transposed: each column is assigned a row
  const tall = rows > cols
  const solution = tall ? assignRows(transposed(cost, rows, cols), cols, rows) : assignRows(cost, rows, cols)
  if (!solution) return infeasible()
  const { col4row, u, v } = solution
  const pairs = Array.from(col4row, (col, row) => (tall ? [col, row] : [row, col]))
  pairs.sort((a, b) => a[0] - b[0])
  return {
    status: 'assigned',
    rows: Int32Array.from(pairs, (pair) => pair[0]),
    cols: Int32Array.from(pairs, (pair) => pair[1]),
    total: pairs.reduce((total, [row, col]) => total + cost[row * cols + col], 0),
    rowPotential: tall ? v : u,
    colPotential: tall ? u : v,
  }
}

interface Solution {
  readonly col4row: Int32Array
  readonly u: Float64Array
  readonly v: Float64Array
}

/** Assigns every row of a matrix with at most as many rows as columns; undefined if that cannot be done. */
function assignRows(cost: Float64Array, rows: number, cols: number): Solution | undefined {
  const u = new Float64Array(rows)
  const v = new Float64Array(cols)
  const col4row = new Int32Array(rows).fill(-1)
  const row4col = new Int32Array(cols).fill(-1)
  const path = new Int32Array(cols)
  for (let curRow = 0; curRow < rows; curRow++) {
    const shortestPathCost = new Float64Array(cols).fill(Infinity)
    const SR: number[] = []
    const SC: number[] = []
    // last to first, so that a matrix of equal costs is assigned along its diagonal
    const remaining = Array.from({ length: cols }, (_, i) => cols - 1 - i)
    let minVal = 0
    let row = curRow
    let sink = -1
    while (sink < 0) {
      SR.push(row)
      let lowest = Infinity
      let index = -1
      for (let i = 0; i < remaining.length; i++) {
        const col = remaining[i]
        const length = minVal + cost[row * cols + col] - u[row] - v[col]
        if (length < shortestPathCost[col]) {
          shortestPathCost[col] = length
          path[col] = row
        }
        // of equally short paths: the last one that ends in an unassigned column, or else the first one
        if (shortestPathCost[col] < lowest || (shortestPathCost[col] === lowest && row4col[col] < 0)) {
          lowest = shortestPathCost[col]
          index = i
        }
      }
      if (lowest === Infinity) return undefined
      minVal = lowest
      const col = remaining[index]
      if (row4col[col] < 0) sink = col
      else row = row4col[col]
      SC.push(col)
      remaining[index] = remaining[remaining.length - 1]
      remaining.pop()
    }
    u[curRow] += minVal
    for (const i of SR) if (i !== curRow) u[i] += minVal - shortestPathCost[col4row[i]]
    for (const j of SC) v[j] -= minVal - shortestPathCost[j]
    // augment: each column of the path is assigned to the row before it
    for (let col = sink, done = false; !done; ) {
      const i = path[col]
      const next = col4row[i]
      row4col[col] = i
      col4row[i] = col
      col = next
      done = i === curRow
    }
  }
  return { col4row, u, v }
}

function transposed(cost: Float64Array, rows: number, cols: number): Float64Array {
  const result = new Float64Array(cost.length)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) result[j * rows + i] = cost[i * cols + j]
  }
  return result
}
