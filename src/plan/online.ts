import type { Kernel } from '../kernel/contract.ts'
import type { PlanInput } from '../model/plan.ts'
import type { Controller } from './fleet-simulation.ts'
import { type ForecastOptions, forecaster } from './forecast.ts'
import { countsOf } from './lattice.ts'
import { type PlanProgram, preparePlan } from './optimal.ts'

export interface OnlineOptions extends ForecastOptions {
  /** Capacity above the forecast rate, as a share of it: 0.2 keeps 20% in reserve. */
  readonly headroom: number
  /** The number of windows of each plan; 18 unless given. */
  readonly horizon?: number | undefined
}

/**
 * The online rule. At the start of each window it computes an optimal plan from the running counts over the forecast
 * rates of the horizon, and takes its first step. An instance that starts now serves after its start delay, so the first
 * window of the plan has the largest rate that is forecast until then.
 */
export function onlineController(kernel: Kernel, input: PlanInput, options: OnlineOptions): Controller {
  const { types, windowS, rateQps } = input
  const { headroom, horizon = 18 } = options
  const foretell = forecaster(rateQps, windowS, options)
  const planner = preparePlan(kernel, { ...input, cyclic: false })
  const delayWindows = Math.ceil(Math.max(...types.map(({ startDelayS }) => startDelayS)) / windowS)
  const program: PlanProgram = 'reduced'
  return {
    periodS: windowS,
    decide({ window, serving, starting }) {
      const need = Float64Array.from({ length: horizon }, (_, h) => {
        let most = 0
        const until = h === 0 ? delayWindows : h
        for (let ahead = h; ahead <= until; ahead++) most = Math.max(most, foretell(window, window + ahead))
        // no configuration serves the rate: the largest one runs
        return Math.min(planner.largestQps, most * (1 + headroom))
      })
      const initial = serving.map((count, t) => Math.min(types[t].max, count + starting[t]))
      const positions = planner.solve(need, initial, program)
      return countsOf(types, planner.strides, positions[0])
    },
  }
}
