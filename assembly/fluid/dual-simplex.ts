// The fluid program of one configuration, solved by the dual simplex method with generalised upper bounding.
//
// Problem (program.ts): max λ over flows z >= 0 with, for every bin k, Σ_j z_jk = λ, and S + 1 rows that couple
// the bins: the time of each type in use, and the violation budget.
//
// Generalised upper bounding (Dantzig and Van Slyke, "Generalized upper bounding techniques", J. Computer and
// System Sciences 1, 1967): the K rows of the bins are kept implicitly, each by a key variable, so the working
// basis (basis.ts) has order S + 1 however many bins there are.
//
// Dual simplex: a basis is dual feasible if the key line of every bin is the cheapest at the prices of the basis,
// and all prices are >= 0. That does not depend on the counts: the basis of any configuration with the same
// support is a start for any other.
//
//   1. computePrimal         values of the basic variables: x = B⁻¹ n
//   2. chooseRow             leaving row r: that of the most negative value. If there is none x is optimal.
//      exchangeLeavingKey    if the negative variable is a key variable, make it basic in a row first
//   3. ratioTest             entering variable: long-step ratio test along row r of B⁻¹
//   4. pivot                 exchange the two; update B⁻¹ for that, and for bins that the long step has flipped
//   5. refactor              every REFACTOR_INTERVAL pivots, compute B⁻¹ from scratch
//   6. restoreDualFeasibility, refinePrimal
//                            once x is optimal: correct what rounding has violated, then go back to step 2
//
// Invariants: every bin has one key line; the key load is the exact sum of its columns; the key variable and the
// variables in rows are marked (envelope.ts); between steps the basis is dual feasible up to rounding.
//
// Differences: the paper's method is primal. The long step flips whole bins, so between neighbours of a lattice
// one or two steps suffice, from a crash basis about ten. Each costs one pass over bins x types.
//
// A step lowers the bound or, if it is degenerate, flips bins. After STEPS_PER_LINE steps per line the program is
// taken to cycle and is perturbed (perturbation.ts). A program of many lines and bins may also need more steps, so the
// limit doubles from the second perturbation on, MOST_DOUBLINGS times.

import { Basis, pricesOf, SLACK } from '../layout/fluid-basis'
import { FluidWork } from '../layout/fluid-work'
import { computePrimal, exchangeKey, keyLoadAt, nonKeyFlow, pivot, replaceKey } from './basis'
import { REFACTOR_INTERVAL } from './inverse'
import { perturb, removePerturbation } from './perturbation'
import { cheapestLine, costOf, priceBins } from './pricing'
import { ratioTest } from './ratio-test'
import { refinePrimal } from './refine'
import { crashBasis, refactorOrCrash } from './start'

/** Values that are negative by less than this share of their terms are 0: rounding. */
const PRIMAL_TOLERANCE: f64 = 1e-13

/** Prices below 0 by less than this share of the largest are 0: rounding. */
const PRICE_TOLERANCE: f64 = 1e-13

/** Prices are recomputed if a basic variable has a larger reduced cost, relatively. */
const PRICE_ERROR: f64 = 1e-13

/** How often dual feasibility is restored before the solver gives up. */
const MAX_RESTORATIONS: i32 = 4

/** Steps per line after which the program is perturbed. */
const STEPS_PER_LINE: i32 = 16

/** How often the number of steps is doubled: one program in 200,000 of up to 16 lines and 1000 bins needs it. */
const MOST_DOUBLINGS: i32 = 4

/** Perturbations before the solver gives up. */
const MAX_PERTURBATIONS: i32 = 12

/** Weight of a unit of the violation budget against a unit of a bin, in the choice of the leaving row. */
const VIOLATION_WEIGHT: f64 = 10

/** How the method ends. */
const OPTIMAL: i32 = 0
export const UNSOLVED: i32 = 1

/**
 * Makes the basis in use optimal for the right side, and computes the values of its variables. Returns OPTIMAL, or
 * UNSOLVED after MAX_PERTURBATIONS perturbations: service times that differ by 10^8 in rare bins may lead there.
 */
export function maximise(work: FluidWork): i32 {
  let limit = STEPS_PER_LINE * (work.basis.lines + 1)
  let end = iterate(work, limit, true)
  for (let i = 0; end == UNSOLVED && i < MAX_PERTURBATIONS; i++) {
    if (i > 0 && i <= MOST_DOUBLINGS) limit *= 2
    perturb(work, i)
    crashBasis(work)
    iterate(work, 4 * limit, true)
    removePerturbation(work)
    end = iterate(work, limit, false)
  }
  if (end != OPTIMAL) work.basis.support = 0
  return end
}

/** Steps 1 to 6, at most `limit` times. `isVerified`: the basis is known to be dual feasible and exact enough. */
function iterate(work: FluidWork, limit: i32, isVerified: bool): i32 {
  const basis = work.basis
  let restorations = 0
  for (let steps = 0; steps < limit; ) {
    if (basis.updates >= REFACTOR_INTERVAL && !refactorOrCrash(work)) return UNSOLVED
    computePrimal(work)
    let row = chooseRow(work)
    if (row == 0 && !isVerified) {
      const found = restoreDualFeasibility(work)
      if (found == INFEASIBLE_DUAL) restorations++
      if (restorations > MAX_RESTORATIONS) return UNSOLVED
      if (found != VERIFIED) {
        if (!refactorOrCrash(work)) return UNSOLVED
        steps++
        continue
      }
      isVerified = true
    }
    if (row == 0) {
      if (!refinePrimal(work)) return UNSOLVED
      row = chooseRow(work)
      if (row == 0) return work.primal[0] > 0 ? OPTIMAL : UNSOLVED
    }
    if (work.isKeyLeaving) row = exchangeLeavingKey(work, row)
    // the class of the support says that there is an optimum: the inverse is too inexact to find it
    if (!ratioTest(work, row)) return UNSOLVED
    pivot(work, row)
    isVerified = false
    steps++
  }
  return UNSOLVED
}

/**
 * The row whose variable is the most infeasible, 0 if none is. `isKeyLeaving` is set if it is the key variable
 * of its bin that is negative, not that variable.
 */
export function chooseRow(work: FluidWork): i32 {
  const basis = work.basis
  const types = basis.types
  const primal = work.primal
  const magnitudes = work.magnitudes
  const bound = primal[0]
  let worst: f64 = 0
  let chosen = 0
  work.isKeyLeaving = 0
  for (let r = 1; r <= types; r++) {
    const value = primal[r]
    const bin = basis.basicBins[r]
    const line = basis.basicLines[r]
    let excess = -value
    let isKey = false
    if (bin == SLACK) {
      if (line == types && basis.tight) continue
    } else if (value > 0) {
      excess = nonKeyFlow(work, bin) - bound
      isKey = true
    }
    if (excess <= PRIMAL_TOLERANCE * (magnitudes[r] + bound)) continue
    if (bin == SLACK) {
      excess = line == types ? excess * VIOLATION_WEIGHT : (excess * bound) / work.rightSide[line]
    }
    if (excess > worst) {
      worst = excess
      chosen = r
      work.isKeyLeaving = isKey ? 1 : 0
    }
  }
  return chosen
}

/**
 * The key variable of the bin of `row` is negative: makes it basic in a row, in exchange for the largest flow of
 * the bin. Returns that row.
 */
export function exchangeLeavingKey(work: FluidWork, row: i32): i32 {
  const basis = work.basis
  const basicBins = basis.basicBins
  const primal = work.primal
  const bin = basicBins[row]
  let largest = row
  for (let r = 1; r <= basis.types; r++) {
    if (basicBins[r] == bin && primal[r] > primal[largest]) largest = r
  }
  const keyFlow = primal[0] - nonKeyFlow(work, bin)
  exchangeKey(work, largest)
  primal[largest] = keyFlow
  return largest
}

/** What restoreDualFeasibility found: nothing wrong; inexact prices; a dual infeasibility. */
const VERIFIED: i32 = 0
const INEXACT: i32 = 1
const INFEASIBLE_DUAL: i32 = 2

/**
 * Verifies that the prices are exact and dual feasible, and replaces key lines that are not the cheapest. Unless
 * it returns VERIFIED the inverse has to be computed again.
 */
function restoreDualFeasibility(work: FluidWork): i32 {
  const basis = work.basis
  if (basis.updates > 0 && !arePricesExact(work)) return INEXACT
  if (!arePricesPositive(basis)) return INFEASIBLE_DUAL
  return restoreCheapestKeys(work) > 0 ? INFEASIBLE_DUAL : VERIFIED
}

/** Whether a query costs 1 at the prices, and variables in rows have a reduced cost of 0. */
function arePricesExact(work: FluidWork): bool {
  const basis = work.basis
  const types = basis.types
  const prices = pricesOf(basis)
  let sum: f64 = 0
  for (let i = 0; i <= types; i++) sum += keyLoadAt(basis, i) * prices[i]
  if (Math.abs(sum - 1) > PRICE_ERROR) return false
  for (let r = 1; r <= types; r++) {
    const bin = basis.basicBins[r]
    if (bin == SLACK) continue
    const keyCost = costOf(work, basis.keyLines[bin], bin, prices, types)
    const cost = costOf(work, basis.basicLines[r], bin, prices, types)
    if (Math.abs(keyCost - cost) > PRICE_ERROR * keyCost) return false
  }
  return true
}

/** Whether no price is below 0 by more than rounding: a perturbation that was removed can leave one there. */
function arePricesPositive(basis: Basis): bool {
  const prices = pricesOf(basis)
  let least: f64 = 0
  let most: f64 = 0
  for (let i = 0; i <= basis.types; i++) {
    least = Math.min(least, prices[i])
    most = Math.max(most, prices[i])
  }
  return least > -PRICE_TOLERANCE * most
}

/** Replaces the key lines that are not the cheapest at the prices of the basis; returns how many. */
function restoreCheapestKeys(work: FluidWork): i32 {
  const keyLines = work.basis.keyLines
  const candidates = work.candidates
  const count = priceBins(work, 1, 0)
  let replaced = 0
  for (let i = 0; i < count; i++) {
    const bin = candidates[i]
    const cheapest = cheapestLine(work, bin)
    if (cheapest == (keyLines[bin] as i32)) continue
    replaceKey(work, bin, cheapest)
    replaced++
  }
  return replaced
}
