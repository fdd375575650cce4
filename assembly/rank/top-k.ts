// The k best rows of a stream in bounded memory: rows go into a buffer of more than k; when it is full the
// k best are moved to its front by quickselect and the worst of them becomes the threshold, below which
// nothing enters any more. Every row enters once, so the work is linear in the rows that enter.
//
// Row (24 bytes):  bound f64 | cost f64 | number f64
// Order:           bound descending, cost ascending (if it counts), number ascending: total.
//
// Keeper block:    rows in buffer | capacity | limit | 1 if cost counts | threshold row   (7 f64 words)

export const ROW_BYTES: usize = 24
export const KEEPER_BYTES: usize = 56

const THRESHOLD: usize = 32

export function startKeeper(keeperPtr: usize, capacity: i32, limit: i32, byCost: bool): void {
  store<f64>(keeperPtr, 0)
  store<f64>(keeperPtr, capacity as f64, 8)
  store<f64>(keeperPtr, limit as f64, 16)
  store<f64>(keeperPtr, byCost ? 1 : 0, 24)
  store<f64>(keeperPtr, -1, THRESHOLD)
  store<f64>(keeperPtr, Infinity, THRESHOLD + 8)
  store<f64>(keeperPtr, Infinity, THRESHOLD + 16)
}

/** The bound below which no row enters. */
export function thresholdOf(keeperPtr: usize): f64 {
  return load<f64>(keeperPtr, THRESHOLD)
}

/** Whether a row comes before the row at `rowPtr`. */
function isBefore(bound: f64, cost: f64, number: f64, rowPtr: usize, byCost: bool): bool {
  const otherBound = load<f64>(rowPtr)
  if (bound != otherBound) return bound > otherBound
  if (byCost) {
    const otherCost = load<f64>(rowPtr, 8)
    if (cost != otherCost) return cost < otherCost
  }
  return number < load<f64>(rowPtr, 16)
}

/** The cost above which no row with just that bound enters. */
export function tieCostOf(keeperPtr: usize): f64 {
  return load<f64>(keeperPtr, 24) != 0 ? load<f64>(keeperPtr, THRESHOLD + 8) : Infinity
}

/** Lets only rows in that come before the row at `rowPtr`, or are it. */
export function lowerTo(keeperPtr: usize, rowPtr: usize): void {
  memory.copy(keeperPtr + THRESHOLD, rowPtr, ROW_BYTES)
  store<f64>(keeperPtr + THRESHOLD, load<f64>(rowPtr, 16) + 0.5, 16)
}

/** What keepAfter says of a row: it is not after the row to continue from, it is behind the threshold, it is in. */
export const SKIPPED: i32 = 0
export const REFUSED: i32 = 1
export const KEPT: i32 = 2

/** Takes a row in if it comes after the row at `afterPtr`. */
export function keepAfter(
  keeperPtr: usize,
  rowsPtr: usize,
  afterPtr: usize,
  bound: f64,
  cost: f64,
  number: f64,
): i32 {
  if (!isAfterRow(bound, cost, number, afterPtr, load<f64>(keeperPtr, 24) != 0)) return SKIPPED
  return keepRow(keeperPtr, rowsPtr, bound, cost, number) ? KEPT : REFUSED
}

/**
 * Empties the keeper but lets what it had decide what may enter: as many rows as the limit, each of them to
 * be met again. Without that many it changes nothing but empties.
 */
export function raiseThreshold(keeperPtr: usize, rowsPtr: usize): void {
  const count = load<f64>(keeperPtr) as i32
  const limit = load<f64>(keeperPtr, 16) as i32
  store<f64>(keeperPtr, 0)
  if (count < limit) return
  selectRows(rowsPtr, count, limit, load<f64>(keeperPtr, 24) != 0)
  const worst = keeperPtr + THRESHOLD
  memory.copy(worst, rowsPtr + ROW_BYTES * ((limit - 1) as usize), ROW_BYTES)
  // the row itself has to enter again: the threshold lies just behind it
  store<f64>(worst, load<f64>(worst, 16) + 0.5, 16)
}

/** Takes a row in unless it comes behind the threshold; says whether it did. */
function keepRow(keeperPtr: usize, rowsPtr: usize, bound: f64, cost: f64, number: f64): bool {
  const byCost = load<f64>(keeperPtr, 24) != 0
  if (!isBefore(bound, cost, number, keeperPtr + THRESHOLD, byCost)) return false
  let count = load<f64>(keeperPtr) as i32
  const at = rowsPtr + ROW_BYTES * (count as usize)
  store<f64>(at, bound)
  store<f64>(at, cost, 8)
  store<f64>(at, number, 16)
  count++
  if (count == (load<f64>(keeperPtr, 8) as i32)) {
    const limit = load<f64>(keeperPtr, 16) as i32
    selectRows(rowsPtr, count, limit, byCost)
    count = limit
    memory.copy(keeperPtr + THRESHOLD, rowsPtr + ROW_BYTES * ((limit - 1) as usize), ROW_BYTES)
  }
  store<f64>(keeperPtr, count as f64)
  return true
}

/** Sorts what was kept, cuts it to the limit and returns how many rows there are. */
export function finishKeeper(keeperPtr: usize, rowsPtr: usize): i32 {
  const byCost = load<f64>(keeperPtr, 24) != 0
  let count = load<f64>(keeperPtr) as i32
  const limit = load<f64>(keeperPtr, 16) as i32
  if (count > limit) {
    selectRows(rowsPtr, count, limit, byCost)
    count = limit
  }
  sortRows(rowsPtr, 0, count - 1, byCost)
  return count
}

/** Moves the `limit` best of `count` rows to the front, the worst of them last. */
function selectRows(rowsPtr: usize, count: i32, limit: i32, byCost: bool): void {
  let low = 0
  let high = count - 1
  const wanted = limit - 1
  while (low < high) {
    const split = partition(rowsPtr, low, high, byCost)
    if (wanted <= split) high = split
    else low = split + 1
  }
}

function sortRows(rowsPtr: usize, from: i32, to: i32, byCost: bool): void {
  let low = from
  let high = to
  while (high - low > 16) {
    const split = partition(rowsPtr, low, high, byCost)
    // the shorter half by recursion, the longer by the loop: the stack stays logarithmic
    if (split - low < high - split) {
      sortRows(rowsPtr, low, split, byCost)
      low = split + 1
    } else {
      sortRows(rowsPtr, split + 1, high, byCost)
      high = split
    }
  }
  for (let i = low + 1; i <= high; i++) {
    const at = rowsPtr + ROW_BYTES * (i as usize)
    const bound = load<f64>(at)
    const cost = load<f64>(at, 8)
    const number = load<f64>(at, 16)
    let j = i - 1
    while (j >= low && isBefore(bound, cost, number, rowsPtr + ROW_BYTES * (j as usize), byCost)) {
      memory.copy(rowsPtr + ROW_BYTES * ((j + 1) as usize), rowsPtr + ROW_BYTES * (j as usize), ROW_BYTES)
      j--
    }
    const to = rowsPtr + ROW_BYTES * ((j + 1) as usize)
    store<f64>(to, bound)
    store<f64>(to, cost, 8)
    store<f64>(to, number, 16)
  }
}

/** Hoare's partition: rows low..split come before rows split + 1..high. */
function partition(rowsPtr: usize, low: i32, high: i32, byCost: bool): i32 {
  // the pivot sits at a hashed position, so that no natural order of rows is a bad case
  const span = (high - low) as u32
  const pivot = rowsPtr + ROW_BYTES * ((low + ((((span * 2654435761) >>> 7) % span) as i32)) as usize)
  const bound = load<f64>(pivot)
  const cost = load<f64>(pivot, 8)
  const number = load<f64>(pivot, 16)
  let i = rowsPtr + ROW_BYTES * (low as usize)
  let j = rowsPtr + ROW_BYTES * (high as usize)
  while (true) {
    while (isAfterRow(bound, cost, number, i, byCost)) i += ROW_BYTES
    while (isBefore(bound, cost, number, j, byCost)) j -= ROW_BYTES
    if (i >= j) return ((j - rowsPtr) / ROW_BYTES) as i32
    swapRows(i, j)
    i += ROW_BYTES
    j -= ROW_BYTES
  }
}

/** Whether a row comes after the row at `rowPtr`. */
function isAfterRow(bound: f64, cost: f64, number: f64, rowPtr: usize, byCost: bool): bool {
  const otherBound = load<f64>(rowPtr)
  if (bound != otherBound) return bound < otherBound
  if (byCost) {
    const otherCost = load<f64>(rowPtr, 8)
    if (cost != otherCost) return cost > otherCost
  }
  return number > load<f64>(rowPtr, 16)
}

function swapRows(a: usize, b: usize): void {
  for (let offset: usize = 0; offset < ROW_BYTES; offset += 8) {
    const kept = load<f64>(a + offset)
    store<f64>(a + offset, load<f64>(b + offset))
    store<f64>(b + offset, kept)
  }
}
