import type { Kernel } from '../kernel/contract.ts'
import { type CountRanges, countsAt } from '../kernel/lattice.ts'
import type { PlanProblem } from '../kernel/plan-contract.ts'
import type { InfeasiblePlan, OptimalPlan, PlanInput } from '../model/fleet/plan.ts'
import { type Counts, costOf, dollars } from '../model/fleet/space.ts'
import { withoutRounding } from '../model/rounding.ts'
import { costOfStart, wholeCosts } from './costs.ts'
import { closeCycle } from './cycle.ts'
import { countRanges, usableCapacity } from './lattice.ts'
import { capacityWithOneLess, upperCounts } from './reductions.ts'

/**
 * Whether a plan uses the reductions of `upperCounts`; `full` considers every count in every window. It is used in any
 * case where one more instance may lower the capacity.
 */
type PlanProgram = 'reduced' | 'full'

/** The part of a plan problem that does not depend on the rates. Plans of one fleet share it. */
interface Planner {
  readonly ranges: CountRanges
  /** Capacities within the budget and the smallest counts, with their slack; -1 for the others. */
  readonly capacity: Float64Array
  /** The largest of them. */
  readonly largestQps: number
  /** Positions of the plan of least cost, for rates that some configuration serves. */
  solve(rateQps: Float64Array, initial: Counts | undefined, program: PlanProgram): Int32Array
  /** The first position of the plan after the running counts, in about half the time of `solve`. Never of a cycle. */
  firstStep(rateQps: Float64Array, initial: Counts): number
}

export function preparePlan(kernel: Kernel, input: PlanInput): Planner {
  const { types } = input
  const { qps: capacity, isMonotone } = usableCapacity(input)
  const maxCounts = Int32Array.from(types, ({ max }) => max)
  const monotone = isMonotone ? { capacity, oneLess: capacityWithOneLess(types, capacity) } : undefined
  const problemOf = (
    rateQps: Float64Array,
    initial: Counts | undefined,
    program: PlanProgram,
  ): PlanProblem => {
    const asked: PlanInput = { ...input, rateQps, initial }
    const costs = wholeCosts(asked)
    const cells = rateQps.length * types.length
    return {
      maxCounts,
      capacity,
      runCost: costs.run,
      startCost: costs.start,
      need: rateQps,
      lower: Int32Array.from({ length: cells }, (_, i) => types[i % types.length].min),
      upper:
        program === 'reduced' && monotone
          ? upperCounts(asked, monotone)
          : Int32Array.from({ length: cells }, (_, i) => types[i % types.length].max),
      billedWindows: rateQps.length,
      initial: Int32Array.from(types, (_, t) => initial?.[t] ?? 0),
    }
  }
  return {
    ranges: countRanges(types),
    capacity,
    largestQps: capacity.reduce((most, qps) => Math.max(most, qps), -1),
    solve(rateQps, initial, program) {
      const problem = problemOf(rateQps, initial, program)
      return input.cyclic ? closeCycle((each) => solved(kernel, each), problem) : solved(kernel, problem)
    },
    firstStep: (rateQps, initial) =>
      solved(kernel, { ...problemOf(rateQps, initial, 'reduced'), wanted: 1 })[0],
  }
}

/** The positions of the plan of least cost, where every window has a configuration. */
function solved(kernel: Kernel, problem: PlanProblem): Int32Array {
  const plan = kernel.optimalPlan(problem)
  // each window is feasible, and any configuration may follow any other
  if (plan.status === 'infeasible') throw new Error(`window ${plan.window} has no configuration`)
  return plan.configuration
}

/**
 * The plan of least cost; of equal plans the one with the fewest starts, then with the lexicographically least counts.
 * In a cycle the counts may be those of another plan with the same cost and starts.
 */
export function optimalPlan(
  kernel: Kernel,
  input: PlanInput,
  program: PlanProgram = 'reduced',
): OptimalPlan | InfeasiblePlan {
  const { rateQps, initial } = input
  const planner = preparePlan(kernel, input)
  const window = rateQps.findIndex((rate) => rate > planner.largestQps)
  if (window >= 0) return infeasibleAt(window, input, planner)
  const positions = planner.solve(rateQps, initial, program)
  const counts = Array.from(positions, (position) => countsAt(planner.ranges, position))
  const capacityQps = Array.from(positions, (position) => input.capacityQps[position])
  return describePlan(input, counts, capacityQps)
}

/** The plan of given counts by window, with its cost. */
function describePlan(
  input: PlanInput,
  counts: readonly Counts[],
  capacityQps: readonly number[],
): OptimalPlan {
  const { types, windowS, rateQps, cyclic, initial } = input
  let cost = 0
  let starts = 0
  const windows = counts.map((now, w) => {
    const before = w > 0 ? counts[w - 1] : cyclic ? counts[counts.length - 1] : initial
    const started = now.map((count, t) => Math.max(0, count - (before?.[t] ?? 0)))
    const costPerHour = costOf(input, now)
    cost += (costPerHour * windowS) / 3600
    started.forEach((count, t) => {
      starts += count
      cost += count * costOfStart(types[t])
    })
    return {
      startS: w * windowS,
      rateQps: rateQps[w],
      counts: now,
      capacityQps: capacityQps[w],
      costPerHour: dollars(costPerHour),
      started,
    }
  })
  return { status: 'optimal', cost: withoutRounding(cost), starts, windows }
}

/** Why there is no plan: `window` is the first that no configuration serves. Says what would help all windows. */
function infeasibleAt(
  window: number,
  input: PlanInput,
  { ranges, capacity, largestQps }: Planner,
): InfeasiblePlan {
  const { rateQps, capacityQps } = input
  const largestAt = capacity.indexOf(largestQps)
  const peakQps = rateQps.reduce((most, rate) => Math.max(most, rate))
  const anyBudget = usableCapacity({ ...input, budgetPerHour: Infinity }).qps
  let budgetPerHour: number | undefined
  for (let n = 0; n < anyBudget.length; n++) {
    if (anyBudget[n] < peakQps) continue
    const price = costOf(input, countsAt(ranges, n))
    if (budgetPerHour === undefined || price < budgetPerHour) budgetPerHour = price
  }
  return {
    status: 'infeasible',
    ...{ window, rateQps: rateQps[window], peakQps },
    largestWithinBudgetQps: capacityQps[largestAt],
    largestWithinBudget: countsAt(ranges, largestAt),
    largestQps: capacityQps.reduce((most, qps) => Math.max(most, qps), 0),
    budgetPerHour,
  }
}
