/**
 * Rectangular assignment by shortest augmenting paths, one row after the other:
 * D. F. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE Transactions on Aerospace and
 * Electronic Systems 52(4), 2016, pages 1679-1696.
 *
 * Ties decide schedules, so the order in which columns are looked at is part of the result.
 */
import type { Assignment, AssignmentProblem } from '../dispatch-contract.ts'
import { infeasible } from '../infeasible.ts'
import { refuseCost } from '../refuse-cost.ts'

export function assign(problem: AssignmentProblem): Assignment {
  const { cost, rows, cols } = problem
  refuseCost(problem)
  // more rows than columns: the columns choose
  const tall = rows > cols
  const solution = tall ? solve(transposed(cost, rows, cols), cols, rows) : solve(cost, rows, cols)
  if (!solution) return infeasible()
  const { columnOf, rowPotential, colPotential } = solution
  const chosen = Array.from(columnOf, (col, row) => (tall ? [col, row] : [row, col]))
  chosen.sort((a, b) => a[0] - b[0])
  return {
    status: 'assigned',
    rows: Int32Array.from(chosen, (pair) => pair[0]),
    cols: Int32Array.from(chosen, (pair) => pair[1]),
    total: chosen.reduce((total, [row, col]) => total + cost[row * cols + col], 0),
    rowPotential: tall ? colPotential : rowPotential,
    colPotential: tall ? rowPotential : colPotential,
  }
}

interface Solution {
  readonly columnOf: Int32Array
  readonly rowPotential: Float64Array
  readonly colPotential: Float64Array
}

/** Assigns every row of a matrix with at most as many rows as columns; undefined if that cannot be done. */
function solve(cost: Float64Array, rows: number, cols: number): Solution | undefined {
  const u = new Float64Array(rows)
  const v = new Float64Array(cols)
  const columnOf = new Int32Array(rows).fill(-1)
  const rowOf = new Int32Array(cols).fill(-1)
  const path = new Int32Array(cols)
  for (let current = 0; current < rows; current++) {
    const shortest = new Float64Array(cols).fill(Infinity)
    const scanned: number[] = []
    const taken: number[] = []
    // last to first, so that a matrix of equal costs is matched along its diagonal
    const remaining = Array.from({ length: cols }, (_, i) => cols - 1 - i)
    let least = 0
    let row = current
    let sink = -1
    while (sink < 0) {
      scanned.push(row)
      let lowest = Infinity
      let index = -1
      for (let i = 0; i < remaining.length; i++) {
        const col = remaining[i]
        const length = least + cost[row * cols + col] - u[row] - v[col]
        if (length < shortest[col]) {
          shortest[col] = length
          path[col] = row
        }
        // among equal paths one that ends here: the last such; without one the first
        if (shortest[col] < lowest || (shortest[col] === lowest && rowOf[col] < 0)) {
          lowest = shortest[col]
          index = i
        }
      }
      if (lowest === Infinity) return undefined
      least = lowest
      const col = remaining[index]
      if (rowOf[col] < 0) sink = col
      else row = rowOf[col]
      taken.push(col)
      remaining[index] = remaining[remaining.length - 1]
      remaining.pop()
    }
    u[current] += least
    for (const i of scanned) if (i !== current) u[i] += least - shortest[columnOf[i]]
    for (const j of taken) v[j] -= least - shortest[j]
    // turn the path over: each of its columns goes to the row that reached it
    for (let col = sink, done = false; !done; ) {
      const owner = path[col]
      const before = columnOf[owner]
      rowOf[col] = owner
      columnOf[owner] = col
      col = before
      done = owner === current
    }
  }
  return { columnOf, rowPotential: u, colPotential: v }
}

function transposed(cost: Float64Array, rows: number, cols: number): Float64Array {
  const turned = new Float64Array(cost.length)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) turned[j * rows + i] = cost[i * cols + j]
  }
  return turned
}
