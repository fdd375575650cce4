import type { KernelName } from '../kernel/contract.ts'
import { configurationsOf } from '../kernel/lattice.ts'
import { loadKernel } from '../kernel/load.ts'
import { checkGiven, type OptionNames, valueText } from '../model/checks.ts'
import { refuseUsage } from '../model/errors.ts'
import { checkSchedule, MOST_DELAY_WINDOWS } from '../model/fleet/fleet-schedule.ts'
import type {
  FleetSchedule,
  InfeasiblePlan,
  MeasuredThroughput,
  OptimalPlan,
  PlanInput,
} from '../model/fleet/plan.ts'
import { affordableSpace, checkSpace, type Space, slotsGiven, typeNames } from '../model/fleet/space.ts'
import { nearest } from '../model/nearest.ts'
import { checkWorkload, type Workload } from '../model/workload/workload.ts'
import { allowableOfLattice } from './allowable.ts'
import { boundsOfLattice, MOST_CONFIGURATIONS } from './capacities.ts'
import { countRanges } from './lattice.ts'
import { optimalPlan } from './optimal.ts'
import { MOST_WINDOWS } from './rates.ts'

/** Numbers by the name of an instance type; a type that is not named has 0. */
export type ByType = Readonly<Record<string, number>>

/** A workload, a space and a rate curve to plan for. */
export interface PlanRequest {
  readonly workload: Workload
  readonly space: Space
  /** W rates, queries per second, and the length of their windows, seconds; 0.001 at least. */
  readonly rateQps: Float64Array | readonly number[]
  readonly windowS: number
  /** The share of its bound that a configuration may serve, or of `measured`; 0.85 unless given. */
  readonly utilisation?: number | undefined
  /** Allowable throughputs that `searchConfigurations` or `allowableThroughput` has measured, instead of the bound. */
  readonly measured?: readonly MeasuredThroughput[] | undefined
  /** Seconds from the start of an instance until it serves, and dollars per start, by type. */
  readonly startDelayS?: ByType | undefined
  readonly startFee?: ByType | undefined
  /** The counts that run before the first window, by type. */
  readonly initial?: ByType | undefined
  /** Whether the last window is followed by the first: a day or a week that repeats. */
  readonly cyclic?: boolean | undefined
  readonly kernel?: KernelName | undefined
}

/** Costs are counted in micro-dollar-seconds per hour: those of shorter windows would have too few digits. */
const SHORTEST_WINDOW_S = 0.001

const OPTIONS: OptionNames<PlanRequest> = {
  workload: true,
  space: true,
  rateQps: true,
  windowS: true,
  utilisation: true,
  measured: true,
  startDelayS: true,
  startFee: true,
  initial: true,
  cyclic: 'flag',
  kernel: true,
}

/**
 * The optimal plan of a fleet over time: which configuration runs in each window, so that every rate is within
 * `utilisation` times its fluid bound and the cost of running and starting is least.
 *
 * @throws KairosError BAD_MODEL or BAD_USAGE for input that is not valid; TOO_LARGE for a space whose budget leaves
 *   more than 10^6 configurations, or costs that are too fine
 */
export function planFleet(request: PlanRequest): OptimalPlan | InfeasiblePlan {
  checkGiven(request, OPTIONS)
  return optimalPlan(loadKernel(request.kernel), planInputOf(request))
}

/**
 * A plan as `replayPlan` takes it: the counts of its windows, and the costs and start times of its instances.
 *
 * @param request the one that `planFleet` has answered with the plan
 * @throws KairosError BAD_USAGE for an option that there is not, and for a plan that is none, such as one that is not
 *   feasible; as `checkSpace`
 */
export function scheduleOf(request: PlanRequest, plan: OptimalPlan): FleetSchedule {
  checkGiven(request, OPTIONS)
  if (plan?.status !== 'optimal') {
    refuseUsage('plan', `is ${valueText(plan?.status)}`, 'an optimal plan is expected')
  }
  if (!Array.isArray(plan.windows)) refuseUsage('plan', 'has no windows', 'an optimal plan is expected')
  const { space, windowS, cyclic = false } = request
  checkSpace(space)
  checkWindow(windowS)
  const { startDelayS, startFee, initial } = listsOf(request)
  const schedule = {
    ...{ types: typeNames(space), windowS, cyclic, counts: plan.windows.map((window) => window?.counts) },
    pricePerHour: space.types.map(({ pricePerHour }) => pricePerHour),
    ...{ startDelayS, startFee },
    ...slotsGiven(space),
    ...(request.initial && { initial }),
  }
  checkSchedule(schedule)
  return schedule
}

/** The plan problem of a request, with the capacity of every configuration. */
export function planInputOf(request: PlanRequest): PlanInput {
  const { workload, windowS, utilisation = 0.85, cyclic, measured } = request
  checkWorkload(workload)
  checkSpace(request.space)
  const given = request.rateQps ?? []
  // null and text would become numbers
  if (typeof given === 'string' || Array.from<unknown>(given).some((rate) => typeof rate !== 'number')) {
    refuseUsage('rateQps', 'is no list of numbers', 'queries per second by window are expected')
  }
  const rateQps = Float64Array.from(given)
  checkWindow(windowS)
  if (!(typeof utilisation === 'number' && utilisation > 0 && utilisation <= 1))
    refuseUsage('utilisation', `is ${valueText(utilisation)}`, 'a share above 0 and up to 1 is expected')
  if (rateQps.length < 1 || rateQps.length > MOST_WINDOWS) {
    refuseUsage('rateQps', `is of ${rateQps.length} windows`, `1 to ${MOST_WINDOWS} windows are possible`)
  }
  const bad = rateQps.findIndex((rate) => !(rate >= 0 && Number.isFinite(rate)))
  if (bad >= 0)
    refuseUsage(`rateQps[${bad}]`, `is ${rateQps[bad]}`, 'a number of queries per second >= 0 is expected')
  if (cyclic && request.initial !== undefined) {
    const cure = 'leave it out: in a cycle the last window comes before the first'
    refuseUsage('initial', 'is given for a cycle', cure)
  }
  const asked = request.space
  const { startDelayS, startFee, initial } = listsOf(request)
  // in smaller spaces the smallest budget that would serve a rate is found among all counts
  const isSmall = configurationsOf(countRanges(asked.types)) <= MOST_CONFIGURATIONS
  const space = isSmall ? asked : affordableSpace(asked, initial)
  const bounds = boundsOfLattice(loadKernel(request.kernel), workload, space)
  const full = measured === undefined ? bounds : allowableOfLattice(bounds, space, measured)
  return {
    types: space.types.map(({ name, min = 0, max, pricePerHour }, t) => ({
      ...{ name, min, max, pricePerHour },
      ...{ startDelayS: startDelayS[t], startFee: startFee[t] },
    })),
    budgetPerHour: space.budgetPerHour,
    capacityQps: full.map((qps) => qps * utilisation),
    windowS,
    rateQps,
    initial,
    cyclic,
  }
}

function checkWindow(windowS: number): void {
  if (Number.isFinite(windowS) && windowS >= SHORTEST_WINDOW_S) return
  const cure = `a number of seconds >= ${SHORTEST_WINDOW_S} is expected`
  refuseUsage('windowS', `is ${valueText(windowS)}`, cure)
}

/** What a request gives by type, in the order of the types of its space. */
function listsOf({ space, windowS, startDelayS, startFee, initial }: PlanRequest) {
  const delay = `a number of seconds >= 0 and of at most ${MOST_DELAY_WINDOWS} windows`
  const count = 'a whole number up to the maximum of the type'
  return {
    startDelayS: byType(space, 'startDelayS', startDelayS, delay, (delayS) => {
      return delayS / windowS <= MOST_DELAY_WINDOWS
    }),
    startFee: byType(space, 'startFee', startFee, 'a number of dollars >= 0', () => true),
    initial: byType(space, 'initial', initial, count, (n, t) => {
      return Number.isSafeInteger(n) && n <= space.types[t].max
    }),
  }
}

/** Values in the order of the types of a space. @throws KairosError BAD_USAGE for unknown types and bad values */
function byType(
  space: Space,
  field: string,
  given: ByType | undefined,
  expected: string,
  isValid: (value: number, type: number) => boolean,
): number[] {
  const names = typeNames(space)
  const kind = Object.prototype.toString.call(given)
  // a list, a Map or a Date has no entries, and would be taken for none
  if (given !== undefined && kind !== '[object Object]') {
    const cure = `an object with ${expected} by type is expected`
    refuseUsage(field, `is ${typeof given === 'object' && given !== null ? kind : valueText(given)}`, cure)
  }
  const values = names.map(() => 0)
  for (const [name, value] of Object.entries(given ?? {})) {
    const t = names.indexOf(name)
    if (t < 0) {
      const meant = nearest(name, names)
      const cure = meant ? `did you mean "${meant}"?` : `the space has ${names.join(', ')}`
      refuseUsage(field, `names "${name}", which the space does not have`, cure)
    }
    if (!(Number.isFinite(value) && value >= 0 && isValid(value, t))) {
      refuseUsage(`${field}.${name}`, `is ${valueText(value)}`, `${expected} is expected`)
    }
    values[t] = value
  }
  return values
}
