// The k best rows of a stream in bounded memory.
//
// Rows enter a buffer of more than k. When it is full, quickselect moves the k best to its front, the worst
// of them becomes the threshold, and a row that comes after the threshold does not enter any more. A row
// enters once, so the work is linear in the rows that enter.
//
// The order is that of Row in layout/lattice.ts. It is total, so the result does not depend on the order in
// which rows are offered.

import { Page, Row, rowAt, TopK, thresholdOf } from '../layout/lattice'

/** Costs are compared in billionths of a dollar: sums that differ by their rounding are equal. */
const BILLION: f64 = 1e9

/** Prepares an empty buffer for the rows of a page, without a threshold. */
export function initTopK(topK: TopK, page: Page): void {
  assert(page.capacity > page.limit && page.limit > 0)
  topK.page = page
  topK.count = 0
  topK.bound = -1
  topK.cost = Infinity
  topK.number = Infinity
}

/** The cost above which no row with the bound of the threshold enters: an equal cost is at most a billionth dearer. */
export function tieCostOf(topK: TopK): f64 {
  return topK.page.byCost != 0 ? topK.cost + 1 / BILLION : Infinity
}

/** From now on only rows that come before `row` enter, and `row` itself. */
export function setThreshold(topK: TopK, row: Row): void {
  topK.bound = row.bound
  topK.cost = row.cost
  // numbers are whole: the threshold lies between the row and the next one
  topK.number = row.number + 0.5
}

/**
 * Empties the buffer. If it has at least `limit` rows, only rows as good as the `limit` best of them enter
 * from now on; each of these has to be offered again.
 */
export function restartWithThreshold(topK: TopK): void {
  const page = topK.page
  const count = topK.count
  topK.count = 0
  if (count < page.limit) return
  selectBest(page, count)
  setThreshold(topK, rowAt(page.rows, page.limit - 1))
}

/**
 * Takes a row if it comes after the last row of the page before, and before the threshold. Returns false if it comes
 * after the threshold: so does every row after it.
 */
export function offerRow(topK: TopK, bound: f64, cost: f64, number: f64): bool {
  const page = topK.page
  const byCost = page.byCost != 0
  if (!isAfter(bound, cost, number, page.after, byCost)) return true
  if (!isBefore(bound, cost, number, thresholdOf(topK), byCost)) return false
  writeRow(rowAt(page.rows, topK.count), bound, cost, number)
  topK.count++
  if (topK.count == page.capacity) {
    selectBest(page, topK.count)
    topK.count = page.limit
    copyRow(thresholdOf(topK), rowAt(page.rows, page.limit - 1))
  }
  return true
}

/** Sorts the selected rows at the start of the buffer and returns how many there are. */
export function sortSelected(topK: TopK): i32 {
  const page = topK.page
  if (topK.count > page.limit) {
    selectBest(page, topK.count)
    topK.count = page.limit
  }
  sortRows(page.rows, 0, topK.count - 1, page.byCost != 0)
  return topK.count
}

/** Moves the `limit` best of `count` rows to the front, the worst of them last. */
function selectBest(page: Page, count: i32): void {
  const wanted = page.limit - 1
  let low = 0
  let high = count - 1
  while (low < high) {
    const split = partition(page.rows, low, high, page.byCost != 0)
    if (wanted <= split) high = split
    else low = split + 1
  }
}

/** Quicksort, with insertion sort for parts of up to 17 rows. */
function sortRows(rows: usize, from: i32, to: i32, byCost: bool): void {
  let low = from
  let high = to
  while (high - low > 16) {
    const split = partition(rows, low, high, byCost)
    // the shorter part by recursion, the longer by the loop: the stack stays logarithmic
    if (split - low < high - split) {
      sortRows(rows, low, split, byCost)
      low = split + 1
    } else {
      sortRows(rows, split + 1, high, byCost)
      high = split
    }
  }
  for (let i = low + 1; i <= high; i++) {
    const row = rowAt(rows, i)
    const bound = row.bound
    const cost = row.cost
    const number = row.number
    let j = i - 1
    for (; j >= low && isBefore(bound, cost, number, rowAt(rows, j), byCost); j--) {
      copyRow(rowAt(rows, j + 1), rowAt(rows, j))
    }
    writeRow(rowAt(rows, j + 1), bound, cost, number)
  }
}

/** Hoare's partition: rows low..split come before rows split + 1..high. */
function partition(rows: usize, low: i32, high: i32, byCost: bool): i32 {
  // the pivot is at a position hashed by a factor near 2^32 / 1.618 (Knuth): no natural order of rows is a bad case
  const span = (high - low) as u32
  const pivot = rowAt(rows, low + ((((span * 2654435761) >>> 7) % span) as i32))
  const bound = pivot.bound
  const cost = pivot.cost
  const number = pivot.number
  let i = low
  let j = high
  while (true) {
    while (isAfter(bound, cost, number, rowAt(rows, i), byCost)) i++
    while (isBefore(bound, cost, number, rowAt(rows, j), byCost)) j--
    if (i >= j) return j
    swapRows(rowAt(rows, i), rowAt(rows, j))
    i++
    j--
  }
}

/** Whether a row comes before `other`. */
function isBefore(bound: f64, cost: f64, number: f64, other: Row, byCost: bool): bool {
  if (bound != other.bound) return bound > other.bound
  if (byCost && cost != other.cost) {
    const own = billionthsOf(cost)
    const others = billionthsOf(other.cost)
    if (own != others) return own < others
  }
  return number < other.number
}

/** Whether a row comes after `other`. */
function isAfter(bound: f64, cost: f64, number: f64, other: Row, byCost: bool): bool {
  if (bound != other.bound) return bound < other.bound
  if (byCost && cost != other.cost) {
    const own = billionthsOf(cost)
    const others = billionthsOf(other.cost)
    if (own != others) return own > others
  }
  return number > other.number
}

function billionthsOf(cost: f64): f64 {
  return Math.floor(cost * BILLION + 0.5)
}

function writeRow(row: Row, bound: f64, cost: f64, number: f64): void {
  row.bound = bound
  row.cost = cost
  row.number = number
}

function copyRow(to: Row, from: Row): void {
  writeRow(to, from.bound, from.cost, from.number)
}

function swapRows(a: Row, b: Row): void {
  const bound = a.bound
  const cost = a.cost
  const number = a.number
  copyRow(a, b)
  writeRow(b, bound, cost, number)
}
