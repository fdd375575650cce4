// Vertices that are known: the last optimal vertices of the dual of a program with batches, each with a basis.
//
// Prices do not depend on the counts, and with batches few are optimal anywhere: 64 to 789 vertices for the 10,080
// feasible configurations of the published space. But a vertex has many bases. What a type costs for a bin is
// proportional to the size of the bin, so where two types tie for one bin they tie for dozens, and which of these
// bins is divided between them changes with the counts. So a configuration is first looked for here:
//
//   1. the vertex that was used last, if its basis is optimal as it is. Else, of the known vertices of the same
//      support, the one of least Σ_t n_t u_t: each bounds the throughput, so no other one can be optimal
//   2. dual simplex from its basis, as in dual-simplex.ts, but with a ratio test over the ties of the vertex
//      alone. Prices stay where they are, so no bin is priced
//   3. if no tie ends a step, the vertex is not optimal. The configuration is solved from there, and its vertex takes
//      the place of the one that was not used for longest
//
// Without batches ties are rare, and a fifth to a half of the vertices of the space are new.

import { Basis, initBasisVectors, pricesOf } from '../layout/fluid-basis'
import { FluidWork, usedType } from '../layout/fluid-work'
import {
  copyBasis,
  KnownVertices,
  knownBasis,
  knownDuals,
  knownPrices,
  MAX_TIES,
  MAX_VERTICES,
  tieBins,
  tieLines,
} from '../layout/known-vertices'
import { Vector } from '../layout/vector'
import { computePrimal, pivot } from './basis'
import { chooseRow, exchangeLeavingKey } from './dual-simplex'
import { clearMarks, markAll, movePrices } from './envelope'
import { REFACTOR_INTERVAL, refactor } from './inverse'
import { writePrices } from './prices'
import { costOf, DUAL_TOLERANCE } from './pricing'
import { tieTest } from './ratio-test'
import { refinePrimal } from './refine'

/** Steps after which a vertex is given up: ties can make the method return to a basis that it has left. */
const MAX_STEPS: i32 = 24

/**
 * Takes into use the known vertex that is optimal for the right side, and computes the values of the variables of its
 * basis. Returns its number, or -1 if none is found to be optimal.
 */
export function takeKnown(work: FluidWork): i32 {
  const known = work.known
  const own = work.basis
  let vertex = known.latest
  if (!isOptimal(work, vertex)) {
    vertex = cheapestFor(known, own, work.rightSide)
    if (vertex < 0) return -1
    work.basis = knownBasis(known, vertex)
  }
  if (restoreValues(work, vertex)) return useVertex(known, vertex)
  work.basis = own
  if (known.supports[vertex] != 0) startFrom(work, knownBasis(known, vertex))
  return -1
}

/** Takes the basis of a vertex into use if the values of its variables are not negative; returns whether. */
function isOptimal(work: FluidWork, vertex: i32): bool {
  const known = work.known
  const own = work.basis
  if (vertex < 0 || known.supports[vertex] != own.support) return false
  work.basis = knownBasis(known, vertex)
  computePrimal(work)
  if (chooseRow(work) == 0) return true
  work.basis = own
  return false
}

/** Notes that a vertex is used. */
function useVertex(known: KnownVertices, vertex: i32): i32 {
  known.uses += 1
  known.lastUses[vertex] = known.uses
  known.latest = vertex
  return vertex
}

/** Overwrites the basis in use by that of a vertex, with the envelopes for its prices. */
function startFrom(work: FluidWork, from: Basis): void {
  const basis = work.basis
  copyBasis(basis, from, work.program.bins)
  clearMarks(work)
  movePrices(work, 0, 0)
  markAll(work)
}

/**
 * Step 2. Returns whether the values of the variables of a basis at the vertex are not negative in the end. A vertex
 * whose basis is singular, or too inexact to refine, is forgotten.
 */
function restoreValues(work: FluidWork, vertex: i32): bool {
  const known = work.known
  const basis = work.basis
  let isRefined = false
  for (let steps = 0; steps < MAX_STEPS; ) {
    if (basis.updates >= REFACTOR_INTERVAL && !refactor(work)) {
      dropVertex(known, vertex)
      return false
    }
    if (!isRefined) computePrimal(work)
    let row = chooseRow(work)
    if (row == 0) {
      if (isRefined) return work.primal[0] > 0
      if (!refinePrimal(work)) {
        dropVertex(known, vertex)
        return false
      }
      isRefined = true
      continue
    }
    if (work.isKeyLeaving) row = exchangeLeavingKey(work, row)
    if (known.tieCounts[vertex] < 0) writeTies(work, vertex)
    if (!tieTest(work, row, vertex)) return false
    pivot(work, row)
    isRefined = false
    steps++
  }
  return false
}

/** Forgets a vertex. */
function dropVertex(known: KnownVertices, vertex: i32): void {
  known.supports[vertex] = 0
  known.lastUses[vertex] = 0
}

/** The known vertex of the support of a basis that has the least value at the right side, -1 if there is none. */
function cheapestFor(known: KnownVertices, basis: Basis, rightSide: Vector<f64>): i32 {
  const supports = known.supports
  const support = v128.splat<f64>(basis.support as f64)
  const types = basis.types
  const count = known.count
  let numbers = f64x2(0, 1)
  let least = v128.splat<f64>(Infinity)
  let cheapest = v128.splat<f64>(-1)
  // two vertices at a time; a vertex of another support has the value NaN, which is not less than any
  for (let i = 0; i < count; i += 2) {
    let value = f64x2.ne(supports.lanes(i), support)
    let sum = v128.splat<f64>(0)
    for (let t = 0; t < types; t++) {
      const dual = knownDuals(known, t).lanes(i)
      sum = f64x2.add(sum, f64x2.mul(dual, v128.splat<f64>(rightSide[t])))
    }
    value = v128.or(value, sum)
    const isLess = f64x2.lt(value, least)
    least = v128.bitselect(value, least, isLess)
    cheapest = v128.bitselect(numbers, cheapest, isLess)
    numbers = f64x2.add(numbers, v128.splat<f64>(2))
  }
  const first = f64x2.extract_lane(least, 0)
  const second = f64x2.extract_lane(least, 1)
  return (first <= second ? f64x2.extract_lane(cheapest, 0) : f64x2.extract_lane(cheapest, 1)) as i32
}

/** Adds the vertex of the optimal basis in use, and returns its number. */
export function addKnown(work: FluidWork): i32 {
  const known = work.known
  const basis = work.basis
  const vertex = known.count < MAX_VERTICES ? known.count++ : leastRecentlyUsed(known)
  known.supports[vertex] = basis.support as f64
  for (let t = 0; t < basis.types; t++) knownDuals(known, t)[vertex] = pricesOf(basis)[t]
  known.violationPrices[vertex] = writePrices(work, knownPrices(known, vertex))
  const copy = knownBasis(known, vertex)
  initBasisVectors(copy, basis.types, basis.lines, 0)
  copy.support = basis.support
  copy.tight = basis.tight
  copy.hasEnvelopes = 0
  copyBasis(copy, basis, work.program.bins)
  known.tieCounts[vertex] = -1
  return useVertex(known, vertex)
}

function leastRecentlyUsed(known: KnownVertices): i32 {
  let vertex = 0
  for (let i = 1; i < known.count; i++) if (known.lastUses[i] < known.lastUses[vertex]) vertex = i
  return vertex
}

/** Writes the lines that cost as much as the key line of their bin, and the key lines of these bins. */
function writeTies(work: FluidWork, vertex: i32): void {
  const known = work.known
  const basis = work.basis
  const types = basis.types
  const prices = pricesOf(basis)
  const bins = tieBins(known, vertex)
  const lines = tieLines(known, vertex)
  let ties = 0
  for (let k = 0; k < work.program.bins; k++) {
    const key: i32 = basis.keyLines[k]
    const keyCost = costOf(work, key, k, prices, types)
    const most = keyCost + DUAL_TOLERANCE * (keyCost + work.program.probabilities[k])
    const first = ties
    for (let t = 0; t < types; t++) {
      const type = usedType(work, t)
      const end = type.firstLine + (type.modes[k] as i32)
      for (let j = type.firstLine; j < end && ties < MAX_TIES; j++) {
        if (costOf(work, j, k, prices, types) > most) continue
        bins[ties] = k as u16
        lines[ties++] = j as u16
      }
    }
    // only the key line itself
    if (ties == first + 1) ties = first
  }
  known.tieCounts[vertex] = ties
}
