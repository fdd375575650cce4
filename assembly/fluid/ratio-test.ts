// One step of the dual simplex method: along the edge of an element, from the prices z of the basis to
// z + θ d, to where the bound is least.
//
// Along the edge the bound is a ratio N(θ) / F(θ): N = λ + θ y, the counts at the prices (y < 0 is the flow of
// the element that leaves), F what a query costs, concave and piecewise linear. It falls while the slope
// y F - N F' < 0. Where a type undercuts the owner of a bin the slope jumps up by N times the difference of
// their own slopes. As long as it stays negative the bin just changes hands and the step goes on: the long
// step, or bound flipping ratio test (Maros, "A generalized dual phase-2 simplex algorithm", EJOR 149, 2003),
// here for whole bins. The crossing at which it turns becomes the new element; a price that reaches 0 first
// becomes a bound.
//
// Crossings are found by trial: prices a little along the edge, one pass over the bins, and only the bins
// whose owner is undercut are looked at. If the slope has not turned by then, the trial goes further.
//
// Crossings (16 bytes each, a binary heap, nearest on top):   θ f64 | bin i32 | type i32

import {
  basisOf,
  CROSSING,
  crossingsPtr,
  flowsPtr,
  markedPtr,
  ROW,
  ROW_ROUGH_PRICE,
  ROW_SERVICE,
  ROW_VIOLATION,
  rowPtr,
} from '../layout/fluid'
import {
  columnPtr,
  elementBin,
  elementType,
  enter,
  handOver,
  isTight,
  ownerOf,
  reachOf,
  service,
  setReach,
  usedTypes,
  violation,
} from './basis'
import { words } from './program'
import { BARRED, markBins } from './scan'

/** Slopes that differ by less than this, where the steepest is 1, are those of bins that stay tied: rounding. */
const LEVEL: f64 = 1e-12

/** Marked bins above which a trial is taken back. */
const MANY: i32 = 12

/** A violation price at which violations begin to matter: the whole mix costs 1. */
const VIOLATION_SCALE: f64 = 0.1

/** Beyond this lie only the crossings of barred types, which are none. */
const FAR: f64 = 1e60

/** Lets an element leave. False where the bound falls without end: the support cannot keep the percentile. */
export function stepAlong(workPtr: usize, element: i32): bool {
  const basisPtr = basisOf(workPtr)
  const flow = load<f64>(flowsPtr(workPtr) + words(element + 1)) / levelEdge(basisPtr, element)
  const bound = load<f64>(flowsPtr(workPtr))
  const ending = firstAtZero(basisPtr, element)
  const end = ending < 0 ? Infinity : zeroAt(basisPtr, element, ending)
  const top = crossingsPtr(workPtr)
  const speed = speedOf(basisPtr, element)
  let trial = reachOf(basisPtr) / speed
  let tries = 0
  let from: f64 = 0
  let slope = flow
  while (true) {
    if (trial > end) trial = end
    if (!(trial < FAR)) return false
    const count = markAt(workPtr, element, trial)
    if (count > MANY && tries < 2) {
      trial = from + (trial - from) / 8
      tries++
      continue
    }
    let crossings = 0
    for (let i = 0; i < count; i++) {
      const bin = load<i32>(markedPtr(workPtr) + 4 * (i as usize))
      const at = top + CROSSING * (crossings as usize)
      if (findCrossing(workPtr, element, bin, from, trial, at)) crossings++
    }
    for (let i = (crossings >> 1) - 1; i >= 0; i--) sink(top, i, crossings)
    while (crossings > 0) {
      const at = load<f64>(top)
      const bin = load<i32>(top, 8)
      const type = load<i32>(top, 12)
      slope += (bound + at * flow) * slopeGap(workPtr, element, bin, type)
      if (slope >= 0 || isShared(basisPtr, bin, element)) {
        setReach(basisPtr, at * speed)
        enter(workPtr, element, bin, type)
        return true
      }
      handOver(workPtr, bin, type)
      if (!findCrossing(workPtr, element, bin, at, trial, top)) {
        crossings--
        memory.copy(top, top + CROSSING * (crossings as usize), CROSSING)
      }
      sink(top, 0, crossings)
    }
    if (trial == end) {
      enter(workPtr, element, -1, ending)
      return true
    }
    from = trial
    trial *= 4
  }
}

/** Marks the bins that may have another owner at `at` on the edge of an element. */
export function markAt(workPtr: usize, element: i32, at: f64): i32 {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  const edge = columnPtr(basisPtr, element + 1)
  for (let i = 0; i < types; i++) {
    store<f32>(rowPtr(workPtr, i), priceAt(basisPtr, edge, i, at) as f32, ROW_ROUGH_PRICE)
  }
  const w = isTight(basisPtr) ? BARRED : (priceAt(basisPtr, edge, types, at) as f32)
  return markBins(workPtr, types, w)
}

function priceAt(basisPtr: usize, edge: usize, index: i32, at: f64): f64 {
  const offset = words(index)
  return Math.max(0, load<f64>(columnPtr(basisPtr, 0) + offset) + at * load<f64>(edge + offset))
}

/** Scales the edge of an element, so that the steepest price of a type moves by 1; returns the divisor. */
function levelEdge(basisPtr: usize, element: i32): f64 {
  const types = usedTypes(basisPtr)
  const edge = columnPtr(basisPtr, element + 1)
  let steepest: f64 = 0
  for (let i = 0; i < types; i++) steepest = Math.max(steepest, Math.abs(load<f64>(edge + words(i))))
  if (steepest == 0) steepest = Math.abs(load<f64>(edge + words(types)))
  for (let i = 0; i <= types; i++) store<f64>(edge + words(i), load<f64>(edge + words(i)) / steepest)
  return steepest
}

/** The type (or the violation budget) whose price is the first to reach 0 along an edge, -1 if none does. */
function firstAtZero(basisPtr: usize, element: i32): i32 {
  const types = usedTypes(basisPtr)
  const edge = columnPtr(basisPtr, element + 1)
  let first = -1
  for (let i = 0; i <= types; i++) {
    if (load<f64>(edge + words(i)) > -LEVEL || isBound(basisPtr, i)) continue
    if (first < 0 || zeroAt(basisPtr, element, i) < zeroAt(basisPtr, element, first)) first = i
  }
  return first
}

function zeroAt(basisPtr: usize, element: i32, index: i32): f64 {
  const offset = words(index)
  const price = Math.max(0, load<f64>(columnPtr(basisPtr, 0) + offset))
  return price / -load<f64>(columnPtr(basisPtr, element + 1) + offset)
}

function isBound(basisPtr: usize, index: i32): bool {
  for (let j = 0; j < usedTypes(basisPtr); j++) {
    if (elementBin(basisPtr, j) < 0 && elementType(basisPtr, j) == index) return true
  }
  return false
}

/** Whether an element other than `element` shares the bin. */
function isShared(basisPtr: usize, bin: i32, element: i32): bool {
  for (let j = 0; j < usedTypes(basisPtr); j++) {
    if (elementBin(basisPtr, j) == bin && j != element) return true
  }
  return false
}

/** How fast prices move along the edge, relatively: what a trial is measured by. */
function speedOf(basisPtr: usize, element: i32): f64 {
  const types = usedTypes(basisPtr)
  const w = load<f64>(columnPtr(basisPtr, 0) + words(types))
  let fastest = Math.abs(load<f64>(columnPtr(basisPtr, element + 1) + words(types))) / (w + VIOLATION_SCALE)
  for (let i = 0; i < types; i++) {
    const price = load<f64>(columnPtr(basisPtr, 0) + words(i))
    const slope = load<f64>(columnPtr(basisPtr, element + 1) + words(i))
    if (price > 0) fastest = Math.max(fastest, Math.abs(slope) / price)
  }
  return fastest
}

/** Writes the first crossing of a bin behind `from` and up to `to`, if there is one. */
function findCrossing(workPtr: usize, element: i32, bin: i32, from: f64, to: f64, at: usize): bool {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  const tight = isTight(basisPtr)
  const prices = columnPtr(basisPtr, 0)
  const edge = columnPtr(basisPtr, element + 1)
  const owner = ownerOf(basisPtr, bin)
  const w = load<f64>(prices + words(types))
  const wSlope = load<f64>(edge + words(types))
  const offset = words(bin)
  const ownRow = rowPtr(workPtr, owner)
  const ownService = load<f64>(load<usize>(ownRow, ROW_SERVICE) + offset)
  const ownViolation = load<f64>(load<usize>(ownRow, ROW_VIOLATION) + offset)
  const ownCost = ownService * load<f64>(prices + words(owner)) + ownViolation * w
  const ownSlope = ownService * load<f64>(edge + words(owner)) + ownViolation * wSlope
  const level = LEVEL * (ownService + Math.abs(ownViolation * wSlope))
  let first = to
  let by = -1
  let row = rowPtr(workPtr, 0)
  for (let i = 0; i < types; i++, row += ROW) {
    const itsService = load<f64>(load<usize>(row, ROW_SERVICE) + offset)
    const itsViolation = load<f64>(load<usize>(row, ROW_VIOLATION) + offset)
    const gap = ownSlope - (itsService * load<f64>(edge + words(i)) + itsViolation * wSlope)
    if (i == owner || gap <= level) continue
    const more = itsService * load<f64>(prices + words(i)) + itsViolation * w - ownCost
    if (more > gap * first || (tight && itsViolation != 0)) continue
    first = Math.max(from, more / gap)
    by = i
  }
  if (by < 0) return false
  store<f64>(at, first)
  store<i32>(at, bin, 8)
  store<i32>(at, by, 12)
  return true
}

/** How much slower the cost of a type grows along the edge than that of the owner. */
function slopeGap(workPtr: usize, element: i32, bin: i32, type: i32): f64 {
  const basisPtr = basisOf(workPtr)
  const edge = columnPtr(basisPtr, element + 1)
  const w = words(usedTypes(basisPtr))
  return costOf(workPtr, ownerOf(basisPtr, bin), bin, edge, w) - costOf(workPtr, type, bin, edge, w)
}

/** The cost of a bin at a type: at prices, or as a slope along an edge. `w` is the offset of the last price. */
export function costOf(workPtr: usize, index: i32, bin: i32, column: usize, w: usize): f64 {
  return (
    service(workPtr, index, bin) * load<f64>(column + words(index)) +
    violation(workPtr, index, bin) * load<f64>(column + w)
  )
}

/** Whether one crossing comes before another: nearer, and by bin where equal, so that the order is total. */
function isNearer(a: usize, b: usize): bool {
  const nearer = load<f64>(a) - load<f64>(b)
  return nearer < 0 || (nearer == 0 && load<i32>(a, 8) < load<i32>(b, 8))
}

/** Lets the crossing at `index` of a heap of `count` sink to its place. */
function sink(top: usize, index: i32, count: i32): void {
  let parent = index
  while (true) {
    let child = 2 * parent + 1
    if (child >= count) return
    const left = top + CROSSING * (child as usize)
    if (child + 1 < count && isNearer(left + CROSSING, left)) child++
    if (!isNearer(top + CROSSING * (child as usize), top + CROSSING * (parent as usize))) return
    exchange(top + CROSSING * (child as usize), top + CROSSING * (parent as usize))
    parent = child
  }
}

function exchange(a: usize, b: usize): void {
  const kept = v128.load(a)
  v128.store(a, v128.load(b))
  v128.store(b, kept)
}
