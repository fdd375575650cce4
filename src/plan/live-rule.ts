import { numberOf } from '../kernel/lattice.ts'
import { loadKernel } from '../kernel/load.ts'
import { checkChoice, checkGiven, checkWhole, type OptionNames, valueText } from '../model/checks.ts'
import { refuseUsage } from '../model/errors.ts'
import { costOf, dollars } from '../model/fleet/space.ts'
import { FORECASTS, type ForecastName, forecaster } from './forecast.ts'
import { countRanges, isShort } from './lattice.ts'
import { type OnlineDecision, onlineRule } from './online.ts'
import { type ByType, type PlanRequest, planInputOf } from './plan-fleet.ts'

/** What the online rule decides with; a live fleet has no rates beforehand. */
export interface LiveRuleRequest extends Omit<PlanRequest, 'rateQps' | 'initial' | 'cyclic'> {
  /** `recent-maximum` unless given. */
  readonly forecast?: Exclude<ForecastName, 'given'> | undefined
  /** Capacity above the forecast rate, as a share of it; 0.4 unless given. */
  readonly headroom?: number | undefined
}

const OPTIONS: OptionNames<LiveRuleRequest> = {
  workload: true,
  space: true,
  windowS: true,
  utilisation: true,
  measured: true,
  startDelayS: true,
  startFee: true,
  kernel: true,
  forecast: true,
  headroom: true,
}

/** What the online rule says about a live fleet at the end of a window. */
export interface LiveDecision extends OnlineDecision {
  /** Of the counts that should run, and of those that do, also beyond the space: dollars per hour. */
  readonly costPerHour: number
  readonly runningCostPerHour: number
  /** Whether the running counts, as far as the space has them, could not serve the rate of the window. */
  readonly isShort: boolean
}

/** The online rule of a live fleet, with the rates that it has seen. */
export interface LiveRule {
  /** The types of the space, in the order of the counts. */
  readonly types: readonly string[]
  /** Decides at the end of a window, from its rate and the counts that run. Types that are not named have none. */
  next(rateQps: number, running: ByType): LiveDecision
}

/** A live fleet has no rates beforehand. */
const LIVE_FORECASTS = FORECASTS.filter((name) => name !== 'given')

/** Forecasts look back a week at most. */
const LONGEST_SEASON_S = 7 * 86_400

/**
 * The online rule for a live fleet. It keeps the rates of the windows of a week.
 *
 * @throws KairosError as `planFleet`; BAD_USAGE for a headroom below 0, and for windows longer than the
 *   season of the forecast; BAD_MODEL where the smallest counts cost more than the budget
 */
export function createLiveRule(request: LiveRuleRequest): LiveRule {
  checkGiven(request, OPTIONS)
  const { forecast = 'recent-maximum', headroom = 0.4, windowS } = request
  if (!(Number.isFinite(headroom) && headroom >= 0)) {
    refuseUsage('headroom', `is ${valueText(headroom)}`, 'a share >= 0 is expected')
  }
  checkChoice('forecast', forecast, LIVE_FORECASTS)
  const input = planInputOf({ ...request, rateQps: [0] })
  const forecastFrom = (rateQps: Float64Array) => forecaster(rateQps, windowS, { forecast })
  // refuses a forecast that windows of this length do not allow before the first one ends
  forecastFrom(Float64Array.of(0))
  const { types, capacityQps } = input
  const ranges = countRanges(types)
  const rule = onlineRule(loadKernel(request.kernel), input, { headroom })
  const rates: number[] = []
  const most = Math.ceil(LONGEST_SEASON_S / windowS) + 1
  return {
    types: types.map(({ name }) => name),
    next(rateQps, running) {
      if (!(typeof rateQps === 'number' && rateQps >= 0 && Number.isFinite(rateQps))) {
        refuseUsage('rateQps', `is ${valueText(rateQps)}`, 'a number of queries per second >= 0 is expected')
      }
      if (Object.prototype.toString.call(running) !== '[object Object]') {
        const cure = 'an object with the instances that run by type is expected'
        refuseUsage('running', `is ${valueText(running)}`, cure)
      }
      for (const [name, count] of Object.entries(running)) checkWhole(`running.${name}`, count, 0)
      rates.push(rateQps)
      if (rates.length > most) rates.shift()
      const present = types.map(({ name }) => running[name] ?? 0)
      // the capacity of more instances than the space has is not known
      const counts = types.map(({ max }, t) => Math.min(max, present[t]))
      const ended = rates.length - 1
      const begun = ended + 1
      // no rate of the window that begins is known yet: what is forecast of it stands for the one at its start
      const expected = forecastFrom(Float64Array.from(rates)).rateQps(ended, begun)
      const decision = rule(forecastFrom(Float64Array.from([...rates, expected])), begun, counts)
      return {
        ...decision,
        costPerHour: dollars(costOf(input, decision.counts)),
        runningCostPerHour: dollars(costOf(input, present)),
        isShort: isShort(capacityQps[numberOf(ranges, counts)], rateQps),
      }
    },
  }
}
