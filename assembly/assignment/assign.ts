// The assignment of a matrix of any shape: a tall one is turned first, so that its columns choose.

import { columnOf, layColumns, matchingBytes, rowOf, writePotentials } from '../layout/matching'
import { solve } from './shortest-paths'

/** Bytes of work space of assign: the matching block, and the matrix turned if it is tall. */
export function assignBytes(rows: i32, cols: i32): usize {
  // a scan may read, and ignores, what lies up to three columns behind the matrix
  const turned: usize = rows > cols ? 8 * (rows as usize) * (cols as usize) : 0
  return ((matchingBytes(min(rows, cols), max(rows, cols)) + 15) & ~15) + turned + 32
}

/**
 * Assigns a matrix of rows x cols and returns 1, 0 if it is infeasible, -1 if a cost is NaN or -Infinity.
 * Writes to `outPtr`:
 *
 *   | row potentials f64[rows] | column potentials f64[cols] | rows i32[pairs] | columns i32[pairs] |
 *
 * with min(rows, cols) pairs in order of rows.
 */
export function assign(costPtr: usize, rows: i32, cols: i32, workPtr: usize, outPtr: usize): i32 {
  const tall = rows > cols
  const short = tall ? cols : rows
  const long = tall ? rows : cols
  const colPotentialPtr = outPtr + 8 * (rows as usize)
  let rowsPtr = colPotentialPtr + 8 * (cols as usize)
  let colsPtr = rowsPtr + 4 * (short as usize)
  if (!isUsable(costPtr, rows * cols)) return -1
  if (short == 0) {
    memory.fill(outPtr, 0, 8 * (long as usize))
    return 1
  }
  layColumns(workPtr, long)
  if (tall) {
    const turnedPtr = workPtr + ((matchingBytes(short, long) + 15) & ~15)
    transpose(costPtr, rows, cols, turnedPtr)
    if (solve(workPtr, turnedPtr, short, long) < short) return 0
    writePotentials(workPtr, short, long, colPotentialPtr, outPtr)
  } else {
    if (solve(workPtr, costPtr, short, long) < short) return 0
    writePotentials(workPtr, short, long, outPtr, colPotentialPtr)
  }
  for (let i = 0; i < rows; i++) {
    const col = tall ? rowOf(workPtr, i) : columnOf(workPtr, i)
    if (col < 0) continue
    store<i32>(rowsPtr, i)
    store<i32>(colsPtr, col)
    rowsPtr += 4
    colsPtr += 4
  }
  return 1
}

/** Whether every cost is above -Infinity. */
function isUsable(costPtr: usize, count: i32): bool {
  const lowest = v128.splat<f64>(-Infinity)
  let usable = v128.splat<i64>(-1)
  const end = costPtr + 8 * ((count & ~3) as usize)
  let at = costPtr
  for (; at < end; at += 32) {
    const first = f64x2.gt(v128.load(at), lowest)
    const second = f64x2.gt(v128.load(at, 16), lowest)
    usable = v128.and(usable, v128.and(first, second))
  }
  let rest = true
  for (const last = costPtr + 8 * (count as usize); at < last; at += 8)
    rest = rest && load<f64>(at) > -Infinity
  return rest && v128.all_true<i64>(usable)
}

const TILE = 16

/** Turns a matrix of rows x cols, in tiles that stay in the first cache, two by two. */
function transpose(costPtr: usize, rows: i32, cols: i32, outPtr: usize): void {
  const rowBytes: usize = 8 * (cols as usize)
  const outBytes: usize = 8 * (rows as usize)
  const evenRows = rows & ~1
  const evenCols = cols & ~1
  for (let i0 = 0; i0 < evenRows; i0 += TILE) {
    const i1 = min(i0 + TILE, evenRows)
    for (let j0 = 0; j0 < evenCols; j0 += TILE) {
      const j1 = min(j0 + TILE, evenCols)
      for (let j = j0; j < j1; j += 2) {
        let from = costPtr + rowBytes * (i0 as usize) + 8 * (j as usize)
        let to = outPtr + outBytes * (j as usize) + 8 * (i0 as usize)
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
    for (let i = 0; i < rows; i++) turn(costPtr, rows, cols, i, cols - 1, outPtr)
  }
  if (evenRows < rows) {
    for (let j = 0; j < cols; j++) turn(costPtr, rows, cols, rows - 1, j, outPtr)
  }
}

function turn(costPtr: usize, rows: i32, cols: i32, i: i32, j: i32, outPtr: usize): void {
  const cost = load<f64>(costPtr + 8 * ((i * cols + j) as usize))
  store<f64>(outPtr + 8 * ((j * rows + i) as usize), cost)
}
