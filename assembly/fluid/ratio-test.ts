// The ratio test of the dual simplex method: given the leaving row, how far do prices move along its edge, and
// which variable enters?
//
// Method: the long-step or bound flipping ratio test (Maros, "A generalized dual phase-2 simplex algorithm",
// EJOR 149, 2003), for bins instead of bounded variables.
//
//   π, d        prices (u, w), which are row 0 of the inverse, and the edge, which is its leaving row
//   π + θ d     prices after a step of length θ
//   N(θ)        right side times prices: λ + θ y, where y < 0 is the value of the leaving variable
//   F(θ)        what a query costs at these prices: concave, piecewise linear, 1 at θ = 0
//   N / F       the bound that the prices prove. It falls while the slope y F - N F' < 0
//
// 1. Breakpoints of F are the θ at which another line becomes cheaper than the key line of a bin. There the
//    slope rises by N times the difference between the growth rates of their costs.
// 2. Take breakpoints in increasing order of θ. While the slope stays negative the bin flips: the cheaper line
//    becomes its key line, and the step goes on.
// 3. The variable of the first breakpoint at which the slope is no longer negative enters. So does that of a
//    bin which another row shares: a flip would change that row.
// 4. If a price reaches 0 before that, its slack enters.
// 5. If nothing ends the step, the dual seems unbounded by rounding: the support keeps the percentile (start.ts).
//
// Differences from the paper: F normalises the prices, so the slope is that of a ratio. And breakpoints are not
// computed for all bins: a trial step is chosen, one pricing pass lists the bins that have a breakpoint before
// its end, and only those are examined. If the slope is still negative at its end, the trial continues at a
// multiple of the length. Breakpoints that only rounding separates are taken as equal: the bin with the largest gap of
// rates comes first, so that few bins flip and pivots are large. With batches dozens of bins tie, because their costs
// are proportional to their sizes.

import { Basis, inverseRow, pricesOf, SLACK } from '../layout/fluid-basis'
import { Breakpoint, breakpointAt, copyBreakpoint, FluidWork, swapBreakpoints } from '../layout/fluid-work'
import { tieBins, tieLines } from '../layout/known-vertices'
import { replaceKey } from './basis'
import { costOf, firstBreakpoint, priceBins, RATE_TOLERANCE, serviceOf } from './pricing'

/** A trial step is shortened if pricing lists more bins. With batches dozens of bins tie, so it may list more. */
const MAX_CANDIDATES: i32 = 12
const MAX_CANDIDATES_OF_BATCHES: i32 = 96

/** By how much a trial step is lengthened if nothing ends it. */
const GROWTH: f64 = 4
const GROWTH_OF_BATCHES: f64 = 2

/** How often a trial step is shortened at most. */
const MAX_SHORTENINGS: i32 = 2

/** A violation price at which violations begin to matter: the whole mix costs 1. */
const VIOLATION_SCALE: f64 = 0.1

/** Beyond this length only forbidden pairs have breakpoints. */
const LONGEST_STEP: f64 = 1e60

/**
 * Finds the variable that enters when the basic variable of `row` leaves, and flips the bins that the step
 * passes. Returns false if nothing ends the step: the inverse is too inexact.
 */
export function ratioTest(work: FluidWork, row: i32): bool {
  const basis = work.basis
  const value = work.primal[row] / normaliseEdge(basis, row)
  const bound = work.primal[0]
  const firstZero = firstZeroPrice(basis, row, RATE_TOLERANCE)
  const end = firstZero < 0 ? Infinity : stepToZero(basis, row, firstZero)
  const nearest = breakpointAt(work, 0)
  const batches = basis.lines > basis.types
  const maxCandidates = batches ? MAX_CANDIDATES_OF_BATCHES : MAX_CANDIDATES
  const speed = relativeSpeed(basis, row)
  let trial = basis.trialStep / speed
  let shortenings = 0
  let from: f64 = 0
  let slope = value
  while (true) {
    if (trial > end) trial = end
    if (!(trial < LONGEST_STEP)) return false
    const count = priceBins(work, row, trial)
    if (count > maxCandidates && shortenings < MAX_SHORTENINGS) {
      trial = from + (trial - from) / 8
      shortenings++
      continue
    }
    let breakpoints = collectBreakpoints(work, row, count, from, trial)
    while (breakpoints > 0) {
      const step = nearest.step
      const bin = nearest.bin
      const line = nearest.line
      slope += (bound + step * value) * rateGap(work, row, bin, line)
      if (slope >= 0 || isSharedByOther(basis, bin, row)) {
        adjustTrialStep(basis, step * speed)
        work.enteringBin = bin
        work.enteringLine = line
        return true
      }
      replaceKey(work, bin, line)
      if (!firstBreakpoint(work, row, bin, step, trial, nearest)) {
        breakpoints--
        copyBreakpoint(nearest, breakpointAt(work, breakpoints))
      }
      siftDown(work, 0, breakpoints)
    }
    if (trial == end) {
      work.enteringBin = SLACK
      work.enteringLine = firstZero
      return true
    }
    from = trial
    trial *= batches ? GROWTH_OF_BATCHES : GROWTH
    // a step of 0 would not grow
    if (!(trial > from)) return false
  }
}

/**
 * The ratio test over the ties of a known vertex (known-vertices.ts): the step has length 0. False if no tie ends it.
 */
export function tieTest(work: FluidWork, row: i32, vertex: i32): bool {
  const basis = work.basis
  const bound = work.primal[0]
  const nearest = breakpointAt(work, 0)
  let slope = work.primal[row]
  const ties = collectTies(work, row, vertex)
  for (let rest = ties - 1; rest >= 0; rest--) {
    slope += bound * nearest.gap
    if (slope >= 0 || isSharedByOther(basis, nearest.bin, row)) {
      work.enteringBin = nearest.bin
      work.enteringLine = nearest.line
      flipPassed(work, rest + 1, ties)
      return true
    }
    swapBreakpoints(nearest, breakpointAt(work, rest))
    siftDown(work, 0, rest)
  }
  const firstZero = firstZeroPrice(basis, row, RATE_TOLERANCE * fastestRate(basis, row))
  if (firstZero < 0 || pricesOf(basis)[firstZero] > 0) return false
  work.enteringBin = SLACK
  work.enteringLine = firstZero
  flipPassed(work, 0, ties)
  return true
}

/** Flips the bins of the breakpoints from `first` to `end` - 1. */
function flipPassed(work: FluidWork, first: i32, end: i32): void {
  for (let i = first; i < end; i++) {
    const passed = breakpointAt(work, i)
    replaceKey(work, passed.bin, passed.line)
  }
}

/** Makes a heap of the ties of a vertex, of each bin that whose cost grows slowest along the edge; returns its size. */
function collectTies(work: FluidWork, row: i32, vertex: i32): i32 {
  const known = work.known
  const basis = work.basis
  const bins = tieBins(known, vertex)
  const lines = tieLines(known, vertex)
  const count = known.tieCounts[vertex]
  const tolerance = RATE_TOLERANCE * fastestRate(basis, row)
  let breakpoints = 0
  let last = -1
  for (let i = 0; i < count; i++) {
    const bin: i32 = bins[i]
    const line: i32 = lines[i]
    const key: i32 = basis.keyLines[bin]
    if (key == line) continue
    const gap = rateGap(work, row, bin, line)
    if (gap <= tolerance * serviceOf(work, key, bin)) continue
    if (bin == last) {
      breakpoints--
      if (breakpointAt(work, breakpoints).gap >= gap) {
        breakpoints++
        continue
      }
    }
    last = bin
    const found = breakpointAt(work, breakpoints++)
    found.step = 0
    found.bin = bin
    found.line = line
    found.gap = gap
  }
  makeHeap(work, breakpoints)
  return breakpoints
}

/** Makes a heap of the breakpoints of the first `count` candidates, behind `from` and up to `to`; returns its size. */
function collectBreakpoints(work: FluidWork, row: i32, count: i32, from: f64, to: f64): i32 {
  const candidates = work.candidates
  let breakpoints = 0
  for (let i = 0; i < count; i++) {
    const found = firstBreakpoint(work, row, candidates[i], from, to, breakpointAt(work, breakpoints))
    if (found) breakpoints++
  }
  makeHeap(work, breakpoints)
  return breakpoints
}

function makeHeap(work: FluidWork, breakpoints: i32): void {
  for (let i = (breakpoints >> 1) - 1; i >= 0; i--) siftDown(work, i, breakpoints)
}

/** Scales an edge so that the fastest price of a type moves at rate 1; returns the divisor. */
function normaliseEdge(basis: Basis, row: i32): f64 {
  const edge = inverseRow(basis, row)
  const fastest = fastestRate(basis, row)
  for (let i = 0; i <= basis.types; i++) edge[i] /= fastest
  return fastest
}

/** The fastest rate of a price of a type along an edge; if none moves, that of the violation price. */
function fastestRate(basis: Basis, row: i32): f64 {
  const types = basis.types
  const edge = inverseRow(basis, row)
  let fastest: f64 = 0
  for (let t = 0; t < types; t++) fastest = Math.max(fastest, Math.abs(edge[t]))
  return fastest == 0 ? Math.abs(edge[types]) : fastest
}

/**
 * The index of the price that is the first to reach 0 along an edge, -1 if none does. Slower rates are 0: rounding.
 * That of a slack that is basic is 0 exactly, or 1 on its own edge (zeroSlackPrices).
 */
function firstZeroPrice(basis: Basis, row: i32, slowest: f64): i32 {
  const edge = inverseRow(basis, row)
  let first = -1
  for (let i = 0; i <= basis.types; i++) {
    if (edge[i] > -slowest) continue
    if (first < 0 || stepToZero(basis, row, i) < stepToZero(basis, row, first)) first = i
  }
  return first
}

function stepToZero(basis: Basis, row: i32, index: i32): f64 {
  return Math.max(0, pricesOf(basis)[index]) / -inverseRow(basis, row)[index]
}

/** Whether a variable of the bin is basic in another row. */
function isSharedByOther(basis: Basis, bin: i32, row: i32): bool {
  for (let r = 1; r <= basis.types; r++) if (basis.basicBins[r] == bin && r != row) return true
  return false
}

/** How fast the fastest price moves along an edge, relative to its value. */
function relativeSpeed(basis: Basis, row: i32): f64 {
  const types = basis.types
  const prices = pricesOf(basis)
  const edge = inverseRow(basis, row)
  let fastest = Math.abs(edge[types]) / (prices[types] + VIOLATION_SCALE)
  for (let t = 0; t < types; t++) {
    if (prices[t] > 0) fastest = Math.max(fastest, Math.abs(edge[t]) / prices[t])
  }
  return fastest
}

/** Learns from the length of a step: the geometric mean with earlier ones, doubled, or with batches halved. */
function adjustTrialStep(basis: Basis, step: f64): void {
  if (step > 1e-9) basis.trialStep = Math.sqrt((basis.lines > basis.types ? 0.5 : 2) * step * basis.trialStep)
}

/** How much slower the cost of a line grows along an edge than that of the key line. */
function rateGap(work: FluidWork, row: i32, bin: i32, line: i32): f64 {
  const basis = work.basis
  const types = basis.types
  const edge = inverseRow(basis, row)
  const key: i32 = basis.keyLines[bin]
  return costOf(work, key, bin, edge, types) - costOf(work, line, bin, edge, types)
}

/** The order of breakpoints: by step; of equal ones that with the largest gap of rates is first. */
function isBefore(a: Breakpoint, b: Breakpoint): bool {
  if (a.step != b.step) return a.step < b.step
  return a.gap != b.gap ? a.gap > b.gap : a.bin < b.bin
}

/** Moves the breakpoint at `index` of a binary heap of `count` down to its place. */
function siftDown(work: FluidWork, index: i32, count: i32): void {
  let parent = index
  while (true) {
    let child = 2 * parent + 1
    if (child >= count) return
    if (child + 1 < count && isBefore(breakpointAt(work, child + 1), breakpointAt(work, child))) child++
    const lower = breakpointAt(work, child)
    const upper = breakpointAt(work, parent)
    if (!isBefore(lower, upper)) return
    swapBreakpoints(lower, upper)
    parent = child
  }
}
