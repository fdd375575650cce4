// What the optimum says about every type: prices, also of types without instances, and shares of bins.
//
// A type without instances gets the lowest price at which it is cheaper than the optimum for no bin: what its
// first instance would gain at most. If the basis is tight, the violation price is the lowest at which no
// forbidden pair is cheaper than the optimum.

import { pricesOf, SLACK } from '../layout/fluid-basis'
import { Program, servicesOf, violationsOf } from '../layout/fluid-program'
import { FluidWork, usedLine, usedType } from '../layout/fluid-work'
import { knownPrices } from '../layout/known-vertices'
import { Vector } from '../layout/vector'
import { movePrices } from './envelope'
import { computeLeastCosts, FORBIDDEN_COST, serviceOf, violationOf } from './pricing'
import { leastViolation } from './start'

/** Writes the price of every type of the program, and returns the violation price. */
export function writePrices(work: FluidWork, prices: Vector<f64>): f64 {
  const basis = work.basis
  const program = work.program
  if (work.vertex >= 0) {
    prices.copy(knownPrices(work.known, work.vertex), program.types)
    return work.known.violationPrices[work.vertex]
  }
  const scales = program.scales
  const types = basis.types
  for (let t = 0; t < types; t++) {
    const number = basis.typeNumbers[t]
    prices[number] = Math.max(0, pricesOf(basis)[t]) * scales[number]
  }
  let w = movePrices(work, 0, 0)
  if (types == program.types && !basis.tight) return w
  computeLeastCosts(work, basis.tight ? FORBIDDEN_COST : w)
  if (basis.tight) w = tightViolationPrice(work)
  for (let t = 0; t < program.types; t++) if (!((basis.support >> t) & 1)) prices[t] = 0
  for (let j = 0; j < program.lines; j++) {
    const t = program.lineTypes[j]
    if ((basis.support >> t) & 1) continue
    prices[t] = Math.max(prices[t], unusedPrice(program, work.costs, j, w) * scales[t])
  }
  return w
}

/** The violation price of a tight basis; adds what violations cost at it to the costs of the bins. */
function tightViolationPrice(work: FluidWork): f64 {
  const basis = work.basis
  const program = work.program
  const costs = work.costs
  let w: f64 = 0
  for (let k = 0; k < program.bins; k++) {
    const least = leastViolation(program, basis.support, k)
    for (let j = 0; j < basis.lines; j++) {
      if (violationOf(work, j, k) == 0) continue
      const line = usedLine(work, j)
      const more = violationsOf(program, line.line)[k] - least
      const cost = serviceOf(work, j, k) * usedType(work, line.type).price
      w = Math.max(w, (costs[k] - cost) / more)
    }
  }
  for (let k = 0; k < program.bins; k++) costs[k] += w * leastViolation(program, basis.support, k)
  return w
}

function unusedPrice(program: Program, costs: Vector<f64>, line: i32, w: f64): f64 {
  const services = servicesOf(program, line)
  const violations = violationsOf(program, line)
  const violationPrice = v128.splat<f64>(w)
  const bins = program.paddedBins
  let most = v128.splat<f64>(0)
  // the padding divides 0 by 0: pmax(a, b), defined as a < b ? b : a, keeps a
  for (let k = 0; k < bins; k += 2) {
    const rest = f64x2.sub(costs.lanes(k), f64x2.mul(violations.lanes(k), violationPrice))
    most = f64x2.pmax(most, f64x2.div(rest, services.lanes(k)))
  }
  return Math.max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1))
}

/** Writes the share of every bin that goes to every line: L x `bins`, numbered as in the raw program. */
export function writeShares(work: FluidWork, bins: i32, shares: Vector<f64>): void {
  const basis = work.basis
  const program = work.program
  const keyLines = basis.keyLines
  const rawBins = program.rawBins
  const bound = work.primal[0]
  for (let k = 0; k < program.bins; k++) shares[usedLine(work, keyLines[k]).line * bins + rawBins[k]] = 1
  for (let r = 1; r <= basis.types; r++) {
    const k = basis.basicBins[r]
    if (k == SLACK) continue
    const share = Math.max(0, work.primal[r] / bound)
    const key = usedLine(work, keyLines[k]).line * bins + rawBins[k]
    shares[usedLine(work, basis.basicLines[r]).line * bins + rawBins[k]] = share
    shares[key] = Math.max(0, shares[key] - share)
  }
}
