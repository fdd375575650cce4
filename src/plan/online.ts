import type { Kernel } from '../kernel/contract.ts'
import { countsAt } from '../kernel/lattice.ts'
import { refuseModel } from '../model/errors.ts'
import type { PlanInput } from '../model/fleet/plan.ts'
import type { Counts } from '../model/fleet/space.ts'
import type { Controller } from './fleet-simulation.ts'
import { type Forecast, type ForecastOptions, forecaster } from './forecast.ts'
import { preparePlan } from './optimal.ts'

interface OnlineOptions extends ForecastOptions {
  /** Capacity above the forecast rate, as a share of it: 0.2 keeps 20% in reserve. */
  readonly headroom: number
}

/** The windows that each plan covers, from the present one on. */
const HORIZON = 18

/** What the online rule decides at the start of a window. */
export interface OnlineDecision {
  /** The counts that should run. */
  readonly counts: Counts
  /** The largest rate that is forecast until an instance that starts now serves, without headroom. */
  readonly forecastQps: number
}

/**
 * The online rule: an optimal plan from the running counts over the forecast rates of the horizon, of which the first
 * step is taken. An instance that starts now serves after its start delay, so the first window of the plan has the
 * largest rate that is forecast until then.
 *
 * @returns a function that decides in window `now`, from the forecasts in it and the counts that run or start, within
 *   the largest counts
 */
export function onlineRule(
  kernel: Kernel,
  input: PlanInput,
  { headroom }: Pick<OnlineOptions, 'headroom'>,
): (forecast: Forecast, now: number, running: Counts) => OnlineDecision {
  const { types, windowS } = input
  const planner = preparePlan(kernel, { ...input, cyclic: false })
  if (planner.largestQps < 0) {
    const problem = `is $${input.budgetPerHour} an hour, which the smallest counts exceed`
    refuseModel('budgetPerHour', problem, 'raise the budget, or lower the smallest counts')
  }
  const delayWindows = Math.ceil(Math.max(...types.map(({ startDelayS }) => startDelayS)) / windowS)
  return (forecast, now, running) => {
    const soon = forecast.largestQps(now, delayWindows)
    const need = Float64Array.from({ length: HORIZON }, (_, h) => {
      const rate = h === 0 ? soon : forecast.rateQps(now, now + h)
      // no configuration serves the rate: the largest one runs
      return Math.min(planner.largestQps, rate * (1 + headroom))
    })
    const position = planner.firstStep(need, running)
    return { counts: countsAt(planner.ranges, position), forecastQps: soon }
  }
}

/** The online rule as a controller of a simulated fleet, which decides at the start of each window. */
export function onlineController(kernel: Kernel, input: PlanInput, options: OnlineOptions): Controller {
  const forecast = forecaster(input.rateQps, input.windowS, options)
  const rule = onlineRule(kernel, input, options)
  return {
    periodS: input.windowS,
    decide({ window, serving, starting }) {
      const running = serving.map((count, t) => count + starting[t])
      return rule(forecast, window, running).counts
    },
  }
}
