import { refuseLarge } from '../model/errors.ts'
import type { PlanInput, PlannedType } from '../model/fleet/plan.ts'
import { greatestCommonDivisor } from '../model/greatest-common-divisor.ts'

/** Costs of a plan as the kernel takes them: whole numbers, so that sums and ties are exact. */
interface WholeCosts {
  /** T costs of an instance for a window, and of a start: `tieFactor` times the cost, plus 1 for the start. */
  readonly run: Float64Array
  readonly start: Float64Array
}

/** Prices and fees are counted in millionths of a dollar. */
const MICRO = 1e6
const SECONDS_PER_HOUR = 3600

/**
 * Running costs price x window, starting costs price x delay + fee, in micro-dollar-seconds per hour divided by their
 * greatest common divisor. Each cost is multiplied by a number above the most starts of a plan, and each start adds
 * 1. So the least sum is the least cost and, of equal costs, the fewest starts.
 *
 * @throws KairosError TOO_LARGE if the sums of one window do not fit 53 bits
 */
export function wholeCosts({ types, windowS, rateQps }: PlanInput): WholeCosts {
  const run = types.map(({ pricePerHour }) => Math.round(Math.round(pricePerHour * MICRO) * windowS))
  const start = types.map(({ pricePerHour, startDelayS, startFee }) =>
    Math.round(Math.round(pricePerHour * MICRO) * startDelayS + startFee * MICRO * SECONDS_PER_HOUR),
  )
  const unit = [...run, ...start].reduce(greatestCommonDivisor, 0) || 1
  const instances = types.reduce((sum, { max }) => sum + max, 0)
  // a cycle has one transition more than windows
  const tieFactor = 2 ** Math.ceil(Math.log2(instances * (rateQps.length + 1) + 1))
  const costs = {
    run: Float64Array.from(run, (cost) => (cost / unit) * tieFactor),
    start: Float64Array.from(start, (cost) => (cost / unit) * tieFactor + 1),
  }
  const largest = types.reduce((sum, { max }, t) => sum + max * (costs.run[t] + 2 * costs.start[t]), 0)
  if (largest < 2 ** 53) return costs
  const problem = 'the costs of a window do not fit 53 bits together with the number of starts'
  const cure = 'use prices, delays and window lengths with a larger common unit, or fewer windows'
  return refuseLarge('prices', problem, cure)
}

/** Dollars for a start: the price until the instance serves, and the fee. */
export function costOfStart({ pricePerHour, startDelayS, startFee }: PlannedType): number {
  return (pricePerHour * startDelayS) / SECONDS_PER_HOUR + startFee
}
