// The fluid program of one configuration, solved exactly from the basis of a neighbour.
//
//   max λ over x >= 0:  Σ_t x_tk = λ p_k for every k,  Σ_k l_tk x_tk <= n_t for every t,  Σ_tk v_tk x_tk <= ε λ
//
// (T + 1 rows couple K blocks of simplices.) The K rows of the bins are kept implicit, each by one type that
// owns the bin: generalised upper bounding (Dantzig and Van Slyke, "Generalized upper bounding techniques",
// J. Computer and System Sciences 1, 1967). What is left is a basis of T + 1 rows (fluid-basis.ts).
//
// The method is the dual simplex method. A basis whose owners are the cheapest types at its prices is dual
// feasible whatever the counts, so the basis of any other configuration with the same types in use is a
// start: the flows under the new counts are one product, and elements with a negative flow leave, each by a
// long step along its edge (fluid-step.ts). Between neighbours in a lattice that takes between one and two
// steps, from scratch about ten. Every step is one pass over bins x types.
//
// Every step lowers the bound or, where it is degenerate, moves bins. Should it turn in a circle, the services
// are multiplied by random factors next to 1, which breaks every tie; the basis that is optimal then is a
// start for the program as it is (fluid-noise.ts).

import { basisOf, countsPtr, flowsPtr, markedPtr, programOf, sizesPtr } from '../layout/fluid'
import {
  changesOf,
  columnPtr,
  elementBin,
  elementType,
  findFlows,
  forget,
  handOver,
  isTight,
  loadAt,
  ownerOf,
  swapOwner,
  usedTypes,
  violation,
} from './basis'
import { invert } from './inverse'
import { layNoise, liftNoise } from './perturbation'
import { probabilityOf, words } from './program'
import { costOf, markAt, stepAlong } from './ratio-test'
import { refineFlows } from './refine'
import { firstBasis } from './start'

/** Flows that are negative by less than this share of their terms are 0: rounding. */
const ROUNDING: f64 = 1e-13

/** Owners that are dearer than the cheapest by less are cheapest: a share of their cost, and of the mix's. */
const CHEAPEST: f64 = 1e-13

/** Times that owners are corrected before the solver starts from scratch, and takes what comes. */
const CORRECTIONS: i32 = 4

/** Prices are not trusted where they miss their rows by more, relatively. */
const ACCURATE: f64 = 1e-13

/** The inverse is made afresh after this many changes. */
const FRESH: i32 = 24

/** Steps per type after which noise is laid over the program. */
const PATIENCE: i32 = 16

/** Times that noise is laid before the solver gives up. */
const NOISES: i32 = 12

/** A unit of violation, a unit of a bin: what weighs more when the element that leaves is chosen. */
const VIOLATION_WEIGHT: f64 = 10

/** How a descent ends. */
export const OPTIMAL: i32 = 0
export const UNBOUNDED: i32 = 1
export const STUCK: i32 = 2

/**
 * Makes the basis in use optimal for the counts at `countsPtr`, and the flows those of the optimum; says
 * OPTIMAL. UNBOUNDED where the support turns out not to keep the percentile; STUCK has not been seen.
 */
export function solve(workPtr: usize): i32 {
  const patience = PATIENCE * (usedTypes(basisOf(workPtr)) + 1)
  let end = descend(workPtr, ROUNDING, patience, true)
  for (let i = 0; end == STUCK && i < NOISES; i++) {
    layNoise(workPtr, i)
    firstBasis(workPtr)
    descend(workPtr, ROUNDING, 4 * patience, true)
    liftNoise(workPtr)
    end = descend(workPtr, ROUNDING, patience, false)
  }
  if (end != OPTIMAL) forget(basisOf(workPtr))
  return end
}

function descend(workPtr: usize, rounding: f64, patience: i32, isFeasible: bool): i32 {
  const basisPtr = basisOf(workPtr)
  let corrections = 0
  let isChecked = isFeasible
  for (let steps = 0; steps < patience; ) {
    if (changesOf(basisPtr) >= FRESH && !invert(workPtr)) firstBasis(workPtr)
    findFlows(workPtr)
    let element = leaving(workPtr, rounding)
    if (element < 0) {
      if (!isChecked) {
        isChecked = changesOf(basisPtr) == 0 || isAccurate(workPtr)
        if (isChecked && !(arePricesPositive(basisPtr) && areOwnersCheapest(workPtr))) {
          if (corrections == CORRECTIONS) return STUCK
          corrections++
          isChecked = false
        }
        if (!isChecked) {
          if (!invert(workPtr)) firstBasis(workPtr)
          continue
        }
      }
      refineFlows(workPtr)
      element = leaving(workPtr, rounding)
      if (element < 0) return OPTIMAL
    }
    if (!stepAlong(workPtr, element)) return UNBOUNDED
    isChecked = false
    steps++
  }
  return STUCK
}

/**
 * The element whose flow is out of bounds the most, -1 if none is. Where the owner of a shared bin is left
 * with less than nothing, it has become the element.
 */
function leaving(workPtr: usize, rounding: f64): i32 {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  const flows = flowsPtr(workPtr)
  const bound = load<f64>(flows)
  let worst: f64 = 0
  let found = -1
  let isOver = false
  for (let j = 0; j < types; j++) {
    const flow = load<f64>(flows + words(j + 1))
    const size = load<f64>(sizesPtr(workPtr) + words(j + 1))
    const bin = elementBin(basisPtr, j)
    const type = elementType(basisPtr, j)
    let excess = -flow
    let isOwner = false
    if (bin < 0) {
      if (type == types && isTight(basisPtr)) continue
    } else if (flow > 0) {
      excess = flowOf(workPtr, bin) - bound
      isOwner = true
    }
    if (excess <= rounding * (size + bound)) continue
    if (bin < 0) {
      excess =
        type == types
          ? excess * VIOLATION_WEIGHT
          : (excess * bound) / load<f64>(countsPtr(workPtr) + words(type))
    }
    if (excess > worst) {
      worst = excess
      found = j
      isOver = isOwner
    }
  }
  if (isOver) {
    const bin = elementBin(basisPtr, found)
    for (let j = 0; j < types; j++) {
      if (elementBin(basisPtr, j) != bin) continue
      if (load<f64>(flows + words(j + 1)) > load<f64>(flows + words(found + 1))) found = j
    }
    const rest = bound - flowOf(workPtr, bin)
    swapOwner(workPtr, found)
    store<f64>(flows + words(found + 1), rest)
  }
  return found
}

/** What all elements of a bin take of it from its owner. */
function flowOf(workPtr: usize, bin: i32): f64 {
  const basisPtr = basisOf(workPtr)
  let sum: f64 = 0
  for (let j = 0; j < usedTypes(basisPtr); j++) {
    if (elementBin(basisPtr, j) == bin) sum += load<f64>(flowsPtr(workPtr) + words(j + 1))
  }
  return sum
}

/** Whether the prices still are those of the basis: row 0 costs 1 and both sides of every tie the same. */
function isAccurate(workPtr: usize): bool {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  const prices = columnPtr(basisPtr, 0)
  let sum: f64 = 0
  for (let i = 0; i <= types; i++) sum += loadAt(basisPtr, i) * load<f64>(prices + words(i))
  if (Math.abs(sum - 1) > ACCURATE) return false
  for (let j = 0; j < types; j++) {
    const bin = elementBin(basisPtr, j)
    if (bin < 0) continue
    const cost = costOf(workPtr, ownerOf(basisPtr, bin), bin, prices, words(types))
    const other = costOf(workPtr, elementType(basisPtr, j), bin, prices, words(types))
    if (Math.abs(cost - other) > ACCURATE * cost) return false
  }
  return true
}

/** Whether no price is below 0 by more than rounding: noise that was lifted can leave one there. */
function arePricesPositive(basisPtr: usize): bool {
  const types = usedTypes(basisPtr)
  const prices = columnPtr(basisPtr, 0)
  let least: f64 = 0
  let most: f64 = 0
  for (let i = 0; i <= types; i++) {
    least = Math.min(least, load<f64>(prices + words(i)))
    most = Math.max(most, load<f64>(prices + words(i)))
  }
  return least > -ROUNDING * most
}

/** Checks the owners at the prices, bin by bin, and corrects those that rounding has left wrong. */
function areOwnersCheapest(workPtr: usize): bool {
  const basisPtr = basisOf(workPtr)
  const count = markAt(workPtr, 0, 0)
  let all = true
  for (let i = 0; i < count; i++) {
    const bin = load<i32>(markedPtr(workPtr) + 4 * (i as usize))
    const cheapest = cheapestOf(workPtr, bin)
    if (cheapest == ownerOf(basisPtr, bin)) continue
    handOver(workPtr, bin, cheapest)
    all = false
  }
  return all
}

/** The cheapest type of a bin, besides those that share it; its owner where nobody is cheaper by enough. */
function cheapestOf(workPtr: usize, bin: i32): i32 {
  const basisPtr = basisOf(workPtr)
  const types = usedTypes(basisPtr)
  const prices = columnPtr(basisPtr, 0)
  const w = words(types)
  let cheapest = ownerOf(basisPtr, bin)
  let least = costOf(workPtr, cheapest, bin, prices, w) * (1 - CHEAPEST)
  least -= CHEAPEST * probabilityOf(programOf(workPtr), bin)
  for (let t = 0; t < types; t++) {
    if ((isTight(basisPtr) && violation(workPtr, t, bin) != 0) || isTied(basisPtr, bin, t)) continue
    const cost = costOf(workPtr, t, bin, prices, w)
    if (cost >= least) continue
    least = cost
    cheapest = t
  }
  return cheapest
}

function isTied(basisPtr: usize, bin: i32, type: i32): bool {
  for (let j = 0; j < usedTypes(basisPtr); j++) {
    if (elementBin(basisPtr, j) == bin && elementType(basisPtr, j) == type) return true
  }
  return false
}
