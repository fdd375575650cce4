// Where the solver starts: whether a support can keep the percentile at all, its warm basis, or a crash basis.
//
// Crash basis: dual feasible and cheap to find. The first type serves every bin that it may serve, on its fastest
// line. Every further type gets the lowest price at which none of its lines is cheaper than a key line: its variable
// of the bin at which one is equally cheap becomes basic.

import { initBasisVectors, SLACK } from '../layout/fluid-basis'
import { modesOf, Program, servicesOf, violationsOf } from '../layout/fluid-program'
import { FluidWork, keptBasis, placeEnvelope, usedLine, usedType } from '../layout/fluid-work'
import { clearKeyLoad, setBasic, setKey } from './basis'
import { markBin, resetEnvelopes } from './envelope'
import { REFACTOR_INTERVAL, refactor } from './inverse'
import { isForbidden, serviceOf } from './pricing'
import { GRID, units } from './program'

/** Classes of supports: the most careful routing leaves violation budget, uses it up, or exceeds it. */
const LOOSE: i32 = 1
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
  for (let j = 0; j < program.lines; j++) {
    if (!((support >> program.lineTypes[j]) & 1)) continue
    least = Math.min(least, violationsOf(program, j)[bin])
  }
  return least
}

/** Takes the kept basis of a support into use, a crash basis if none is kept. */
export function openBasis(work: FluidWork, support: i32, tight: bool): void {
  // supports may share a place
  const basis = keptBasis(work, support % work.basisCount)
  work.basis = basis
  const isKept = basis.support == support
  if (!isKept) initBasis(work, support, tight)
  writeUsed(work)
  if (!isKept) crashBasis(work)
}

function initBasis(work: FluidWork, support: i32, tight: bool): void {
  const basis = work.basis
  const program = work.program
  let lines = 0
  for (let j = 0; j < program.lines; j++) if ((support >> program.lineTypes[j]) & 1) lines++
  initBasisVectors(basis, popcnt(support), lines, program.paddedBins)
  let types = 0
  for (let t = 0; t < program.types; t++) if ((support >> t) & 1) basis.typeNumbers[types++] = t
  basis.support = support
  basis.tight = tight ? 1 : 0
  basis.trialStep = FIRST_TRIAL_STEP
  basis.updates = 0
  basis.hasEnvelopes = 1
  if (tight) writeForbidden(work)
}

/** Forbids the pairs of line and bin with more than the least violation. */
function writeForbidden(work: FluidWork): void {
  const basis = work.basis
  const program = work.program
  const padded = program.paddedBins
  basis.forbidden.clear(basis.lines * padded)
  let used = 0
  for (let j = 0; j < program.lines; j++) {
    if (!((basis.support >> program.lineTypes[j]) & 1)) continue
    for (let k = 0; k < program.bins; k++) {
      const least = leastViolation(program, basis.support, k)
      if (violationsOf(program, j)[k] - least <= VIOLATION_TOLERANCE) continue
      basis.forbidden[used * padded + k] = 1
    }
    used++
  }
}

/** Points the types and lines in use to the vectors that pricing reads. */
function writeUsed(work: FluidWork): void {
  const basis = work.basis
  const program = work.program
  const padded = program.paddedBins
  let used = 0
  for (let t = 0; t < basis.types; t++) {
    const type = usedType(work, t)
    const number = basis.typeNumbers[t]
    type.number = number
    type.firstLine = used
    type.modes = modesOf(program, number)
    placeEnvelope(work, t)
    let j = 0
    while (program.lineTypes[j] != number) j++
    type.programLine = j
    for (; j < program.lines && program.lineTypes[j] == number; j++) {
      const line = usedLine(work, used)
      line.type = t
      line.line = j
      line.services = servicesOf(program, j)
      line.violations = basis.tight ? basis.forbidden.from(used * padded) : violationsOf(program, j)
      used++
    }
  }
}

/**
 * Computes the inverse from scratch: that of a crash basis if the basis in use is singular. Returns whether there is
 * one, as `crashBasis`.
 */
export function refactorOrCrash(work: FluidWork): bool {
  return refactor(work) || crashBasis(work)
}

/** Overwrites the basis in use by a crash basis. False where that is singular to working precision. */
export function crashBasis(work: FluidWork): bool {
  const basis = work.basis
  const program = work.program
  const types = basis.types
  const lines = basis.lines
  const bins = program.bins
  // the cost of each bin on its key line
  const costs = work.costs
  clearKeyLoad(work)
  resetEnvelopes(work)
  for (let k = 0; k < bins; k++) costs[k] = Infinity
  setBasic(basis, 1, SLACK, types)
  let row = 2
  let hasKeys = false
  let end = 0
  for (let t = 0; t < types; t++) {
    let price: f64 = hasKeys ? 0 : 1
    let tied = SLACK
    let tiedLine = t
    let open = 0
    const first = end
    const modes = usedType(work, t).modes
    for (; end < lines && usedLine(work, end).type == t; end++) {
      for (let k = 0; k < bins; k++) {
        if (end - first >= (modes[k] as i32) || isForbidden(work, end, k)) continue
        const cost = costs[k]
        if (cost == Infinity) open++
        else if (cost > price * serviceOf(work, end, k)) {
          price = cost / serviceOf(work, end, k)
          tied = k
          tiedLine = end
        }
      }
    }
    // the first type that may serve any bin sets the scale of prices; before it, and where no bin that has a key
    // line may be served by this type, its slack is basic
    if (hasKeys || open == 0) {
      setBasic(basis, row++, tied, tiedLine)
      if (!hasKeys) continue
    }
    hasKeys = true
    // lines are in order of their services, the fastest first
    for (let j = first; j < end; j++) {
      for (let k = 0; k < bins; k++) {
        if (costs[k] < Infinity || isForbidden(work, j, k)) continue
        costs[k] = serviceOf(work, j, k) * price
        setKey(work, k, j)
      }
    }
  }
  for (let k = 0; k < bins; k++) markBin(work, k)
  if (refactor(work)) return true
  // the inverse in memory is that of another basis: the next step computes it, and fails
  basis.updates = REFACTOR_INTERVAL
  return false
}
