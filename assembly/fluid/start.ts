// Where the solver starts: whether a support can keep the percentile at all, its warm basis, or a crash basis.
//
// Crash basis: dual feasible and cheap to find. The first type is the key type of every bin that it may serve.
// Every further type gets the highest price at which it is cheaper than no key type: its variable of the bin at
// which it is equally cheap becomes basic.

import { Basis, initBasisVectors, SLACK } from '../layout/fluid-basis'
import { Program, servicesF32Of, servicesOf, violationsF32Of, violationsOf } from '../layout/fluid-program'
import { FluidWork, keptBasis, usedType } from '../layout/fluid-work'
import { clearKeyLoad, setBasic, setKey } from './basis'
import { refactor } from './inverse'
import { isForbidden, serviceOf } from './pricing'
import { GRID, units } from './program'

/** Classes of supports: the most careful routing leaves violation budget, uses it up, or exceeds it. */
export const LOOSE: i32 = 1
export const TIGHT: i32 = 2
export const INFEASIBLE: i32 = 3

/** The first guess at the length of a step, relative to the prices. */
const FIRST_TRIAL_STEP: f64 = 0.01

/** Violation budgets and violations that differ by less are equal: rounding of the tables. */
const VIOLATION_TOLERANCE: f64 = 1e-12

/** The class of a support, a set of types as bits. */
export function classOf(work: FluidWork, support: i32): i32 {
  const supports = work.supports
  if (supports[support] == 0) supports[support] = classify(work.program, support) as u8
  return supports[support]
}

function classify(program: Program, support: i32): i32 {
  let sum: i64 = 0
  for (let k = 0; k < program.bins; k++) sum += units(leastViolation(program, support, k))
  const spare = ((units(program.epsilon) - sum) as f64) / GRID
  if (spare > VIOLATION_TOLERANCE) return LOOSE
  return spare >= -VIOLATION_TOLERANCE ? TIGHT : INFEASIBLE
}

/** The least violation of a bin over the types of a support. */
export function leastViolation(program: Program, support: i32, bin: i32): f64 {
  let least = Infinity
  for (let t = 0; t < program.types; t++) {
    if (!((support >> t) & 1)) continue
    least = Math.min(least, violationsOf(program, t)[bin])
  }
  return least
}

/** The place where the basis of a support is kept. */
export function basisFor(work: FluidWork, support: i32): Basis {
  return keptBasis(work, support % work.baseCount)
}

/** Takes the kept basis of a support into use, a crash basis if none is kept. */
export function openBasis(work: FluidWork, support: i32, tight: bool): void {
  const basis = basisFor(work, support)
  work.basis = basis
  const isKept = basis.support == support
  if (!isKept) initBasis(work, support, tight)
  writeUsedTypes(work)
  if (!isKept) crashBasis(work)
}

function initBasis(work: FluidWork, support: i32, tight: bool): void {
  const basis = work.basis
  const program = work.program
  initBasisVectors(basis, popcnt(support), program.paddedBins)
  let types = 0
  for (let t = 0; t < program.types; t++) if ((support >> t) & 1) basis.typeNumbers[types++] = t
  basis.support = support
  basis.tight = tight ? 1 : 0
  basis.trialStep = FIRST_TRIAL_STEP
  basis.updates = 0
  if (tight) writeForbidden(work)
}

/** Forbids the pairs of type and bin with more than the least violation. */
function writeForbidden(work: FluidWork): void {
  const basis = work.basis
  const program = work.program
  for (let t = 0; t < basis.types; t++) {
    basis.forbidden.from(t * program.paddedBins).clear(program.paddedBins)
    basis.forbiddenF32.from(t * program.paddedBins).clear(program.paddedBins)
  }
  for (let k = 0; k < program.bins; k++) {
    const least = leastViolation(program, basis.support, k)
    for (let t = 0; t < basis.types; t++) {
      if (violationsOf(program, basis.typeNumbers[t])[k] - least <= VIOLATION_TOLERANCE) continue
      basis.forbidden.from(t * program.paddedBins)[k] = 1
      basis.forbiddenF32.from(t * program.paddedBins)[k] = 1
    }
  }
}

/** Points the types in use to the vectors that pricing reads. */
function writeUsedTypes(work: FluidWork): void {
  const basis = work.basis
  const program = work.program
  const tight = basis.tight != 0
  for (let t = 0; t < basis.types; t++) {
    const number = basis.typeNumbers[t]
    const used = usedType(work, t)
    const violations = tight ? basis.forbidden.from(t * program.paddedBins) : violationsOf(program, number)
    const violationsF32 = tight
      ? basis.forbiddenF32.from(t * program.paddedBins)
      : violationsF32Of(program, number)
    used.services = servicesOf(program, number)
    used.violations = violations
    used.basicMask = basis.basicMask.from(t * program.paddedBins)
    used.servicesF32 = servicesF32Of(program, number)
    used.violationsF32 = violationsF32
  }
}

/** Computes the inverse from scratch: that of a crash basis if the basis in use is singular. */
export function refactorOrCrash(work: FluidWork): void {
  const isRegular = refactor(work)
  if (!isRegular) crashBasis(work)
}

/** Overwrites the basis in use by a crash basis. */
export function crashBasis(work: FluidWork): void {
  const basis = work.basis
  const program = work.program
  const types = basis.types
  const bins = program.bins
  // the cost of each bin at its key type
  const costs = work.costs
  clearKeyLoad(work)
  for (let t = 0; t < types; t++) basis.basicMask.from(t * program.paddedBins).clear(program.paddedBins)
  for (let k = 0; k < bins; k++) costs[k] = Infinity
  setBasic(work, 1, SLACK, types)
  let row = 2
  let hasKeys = false
  for (let t = 0; t < types; t++) {
    let price: f64 = hasKeys ? 0 : 1
    let tied = SLACK
    let open = 0
    for (let k = 0; k < bins; k++) {
      if (isForbidden(work, t, k)) continue
      const cost = costs[k]
      if (cost == Infinity) open++
      else if (cost > price * serviceOf(work, t, k)) {
        price = cost / serviceOf(work, t, k)
        tied = k
      }
    }
    // the first type that may serve any bin sets the scale of prices; before it, and where no bin that has a key
    // type may be served by this one, its slack is basic
    if (hasKeys || open == 0) {
      setBasic(work, row++, tied, t)
      if (!hasKeys) continue
    }
    hasKeys = true
    for (let k = 0; k < bins; k++) {
      if (costs[k] < Infinity || isForbidden(work, t, k)) continue
      costs[k] = serviceOf(work, t, k) * price
      setKey(work, k, t)
    }
  }
  refactor(work)
}
