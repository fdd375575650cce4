// The inverse of a basis, made afresh from its rows (fluid-basis.ts): Gauss-Jordan with row exchanges on
//
//   [ rows of the matrix, each brought to size 1 | the sizes' inverses on the diagonal ]

import { basisOf, MATRIX_ROW, matrixPtr } from '../layout/fluid'
import {
  columnPtr,
  elementBin,
  elementType,
  loadAt,
  ownerOf,
  service,
  setFresh,
  settleBounds,
  usedTypes,
  violation,
} from './basis'
import { words } from './program'

/** Makes the inverse afresh. False where the matrix is singular. */
export function invert(workPtr: usize): bool {
  const basisPtr = basisOf(workPtr)
  const order = usedTypes(basisPtr) + 1
  const matrix = matrixPtr(workPtr)
  memory.fill(matrix, 0, MATRIX_ROW * (order as usize))
  for (let i = 0; i < order; i++) {
    const at = matrix + MATRIX_ROW * (i as usize)
    if (i == 0) for (let c = 0; c < order; c++) store<f64>(at + words(c), loadAt(basisPtr, c))
    else layElement(workPtr, i - 1, at)
    // rows of rare bins are small: each is brought to size 1, so that pivots can be compared
    let size: f64 = 0
    for (let c = 0; c < order; c++) size = Math.max(size, Math.abs(load<f64>(at + words(c))))
    if (size == 0) return false
    for (let c = 0; c < order; c++) {
      store<f64>(at + words(c), load<f64>(at + words(c)) / size)
    }
    store<f64>(at + words(order + i), 1 / size)
  }
  if (!eliminate(matrix, order)) return false
  memory.fill(columnPtr(basisPtr, 0), 0, columnPtr(basisPtr, order) - columnPtr(basisPtr, 0))
  for (let c = 0; c < order; c++) {
    const column = columnPtr(basisPtr, c)
    for (let i = 0; i < order; i++) {
      const value = load<f64>(matrix + MATRIX_ROW * (i as usize) + words(order + c))
      store<f64>(column + words(i), value)
    }
  }
  settleBounds(basisPtr)
  setFresh(basisPtr)
  return true
}

function layElement(workPtr: usize, element: i32, at: usize): void {
  const basisPtr = basisOf(workPtr)
  const bin = elementBin(basisPtr, element)
  const type = elementType(basisPtr, element)
  if (bin < 0) {
    store<f64>(at + words(type), 1)
    return
  }
  const owner = ownerOf(basisPtr, bin)
  store<f64>(at + words(type), service(workPtr, type, bin))
  store<f64>(at + words(owner), -service(workPtr, owner, bin))
  const more = violation(workPtr, type, bin) - violation(workPtr, owner, bin)
  store<f64>(at + words(usedTypes(basisPtr)), more)
}

/** Gauss-Jordan with row exchanges: turns [M | N] into [1 | M⁻¹ N], both of the given order. */
function eliminate(matrix: usize, order: i32): bool {
  for (let c = 0; c < order; c++) {
    const own = matrix + MATRIX_ROW * (c as usize)
    let pivot = own
    for (let i = c + 1; i < order; i++) {
      const at = matrix + MATRIX_ROW * (i as usize)
      if (Math.abs(load<f64>(at + words(c))) > Math.abs(load<f64>(pivot + words(c)))) pivot = at
    }
    const divisor = load<f64>(pivot + words(c))
    if (Math.abs(divisor) < 1e-14) return false
    for (let i = c; i < 2 * order; i++) {
      const at = words(i)
      const value = load<f64>(pivot + at) / divisor
      store<f64>(pivot + at, load<f64>(own + at))
      store<f64>(own + at, value)
    }
    for (let r = 0; r < order; r++) {
      const at = matrix + MATRIX_ROW * (r as usize)
      const times = load<f64>(at + words(c))
      if (r == c || times == 0) continue
      for (let i = c; i < 2 * order; i++) {
        const column = words(i)
        store<f64>(at + column, load<f64>(at + column) - times * load<f64>(own + column))
      }
    }
  }
  return true
}
