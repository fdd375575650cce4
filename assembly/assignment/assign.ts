// The assignment of a matrix of any shape: a tall one is transposed first, so that each of its columns is
// assigned a row.

import { AssignArguments, assignmentWorkBytes } from '../layout/assignment'
import { Vector, vectorAt } from '../layout/vector'
import { initColumns, rowOf, writePotentials } from './columns'
import { assignRows } from './shortest-paths'

/** Bytes of work space of assign: the assignment's, and the transposed matrix if it is tall. */
export function assignBytes(rows: i32, cols: i32): usize {
  const matrix: usize = rows > cols ? 8 * (rows as usize) * (cols as usize) : 0
  // scans read, and ignore, up to three columns behind the matrix
  return transposedOffset(min(rows, cols), max(rows, cols)) + matrix + 32
}

function transposedOffset(short: i32, long: i32): usize {
  return (assignmentWorkBytes(short, long) + 15) & ~15
}

/** Assigns a matrix and returns 1, 0 if there is no assignment, -1 if a cost is NaN or -Infinity. */
export function assign(given: AssignArguments): i32 {
  const rows = given.rows
  const cols = given.cols
  const tall = rows > cols
  const short = tall ? cols : rows
  const long = tall ? rows : cols
  if (!isUsable(given.cost, rows * cols)) return -1
  if (short == 0) {
    given.rowPotential.clear(rows)
    given.colPotential.clear(cols)
    return 1
  }
  const work = initColumns(given.work, long)
  if (tall) {
    const transposed = vectorAt<f64>(given.work + transposedOffset(short, long))
    transpose(given.cost, rows, cols, transposed)
    if (assignRows(work, transposed, short, long) < short) return 0
    writePotentials(work, given.colPotential, given.rowPotential)
  } else {
    if (assignRows(work, given.cost, short, long) < short) return 0
    writePotentials(work, given.rowPotential, given.colPotential)
  }
  const pairRow = given.pairRow
  const pairCol = given.pairCol
  let pair = 0
  for (let i = 0; i < rows; i++) {
    const col = tall ? rowOf(work, i) : work.col4row[i]
    if (col < 0) continue
    pairRow[pair] = i
    pairCol[pair] = col
    pair++
  }
  return 1
}

/** Whether every cost is above -Infinity. */
function isUsable(cost: Vector<f64>, count: i32): bool {
  const lowest = v128.splat<f64>(-Infinity)
  let usable = v128.splat<i64>(-1)
  const end = cost.from(count & ~3).address
  for (let at = cost.address; at < end; at += 32) {
    const first = f64x2.gt(v128.load(at), lowest)
    const second = f64x2.gt(v128.load(at, 16), lowest)
    usable = v128.and(usable, v128.and(first, second))
  }
  let rest = true
  for (let i = count & ~3; i < count; i++) rest = rest && cost[i] > -Infinity
  return rest && v128.all_true<i64>(usable)
}

/** Rows and columns of a tile: its lines of both matrices stay in the first cache. */
const TILE = 16

/** Transposes a matrix of rows x cols, tile by tile, two by two. */
function transpose(cost: Vector<f64>, rows: i32, cols: i32, out: Vector<f64>): void {
  const rowBytes: usize = 8 * (cols as usize)
  const outBytes: usize = 8 * (rows as usize)
  const evenRows = rows & ~1
  const evenCols = cols & ~1
  for (let i0 = 0; i0 < evenRows; i0 += TILE) {
    const i1 = min(i0 + TILE, evenRows)
    for (let j0 = 0; j0 < evenCols; j0 += TILE) {
      const j1 = min(j0 + TILE, evenCols)
      for (let j = j0; j < j1; j += 2) {
        let from = cost.from(i0 * cols + j).address
        let to = out.from(j * rows + i0).address
        for (let i = i0; i < i1; i += 2) {
          const a = v128.load(from)
          const b = v128.load(from + rowBytes)
          v128.store(to, v128.shuffle<f64>(a, b, 0, 2))
          v128.store(to + outBytes, v128.shuffle<f64>(a, b, 1, 3))
          from += 2 * rowBytes
          to += 16
        }
      }
    }
  }
  if (evenCols < cols) {
    for (let i = 0, j = cols - 1; i < rows; i++) out[j * rows + i] = cost[i * cols + j]
  }
  if (evenRows < rows) {
    for (let j = 0, i = rows - 1; j < cols; j++) out[j * rows + i] = cost[i * cols + j]
  }
}
