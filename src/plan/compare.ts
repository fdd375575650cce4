import type { Kernel } from '../kernel/contract.ts'
import { countsAt, numberOf } from '../kernel/lattice.ts'
import { instancesOf } from '../model/fleet/configuration.ts'
import type { OptimalPlan, PlanInput } from '../model/fleet/plan.ts'
import { COST_TOLERANCE, type Counts, costOf } from '../model/fleet/space.ts'
import type { OnProgress } from '../model/progress.ts'
import type { FleetRun, PlanComparison } from '../model/results/plan.ts'
import { withoutRounding } from '../model/rounding.ts'
import { horizontalAutoscaler } from './autoscaler.ts'
import { costOfStart } from './costs.ts'
import { type Controller, simulateFleet } from './fleet-simulation.ts'
import type { ForecastOptions } from './forecast.ts'
import { countRanges, usableCapacity } from './lattice.ts'
import { onlineController } from './online.ts'

/** Headrooms of the online rule and target utilisations of the autoscaler that a comparison runs. */
const HEADROOMS = [0.1, 0.2, 0.3, 0.4]
const TARGETS = [0.5, 0.6, 0.7, 0.8]

interface ComparisonOptions extends ForecastOptions {
  readonly headrooms?: readonly number[] | undefined
  readonly targets?: readonly number[] | undefined
  /** The share of the bound that `capacityQps` is. */
  readonly utilisation: number
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * One table of ways to run a fleet over the same rates: one configuration all the time, the Kubernetes autoscaler on
 * the mix of that configuration, the online rule, and the optimal plan, which knows every rate beforehand. Each has a
 * cost and a share of time short. A low cost with much time short is no saving.
 *
 * All but the optimal plan begin with the static configuration, which serves at once. They pay for the start of those
 * of its instances that do not run before the first window, as a plan does. In a cycle they end with that configuration
 * too, and pay for what they start for it.
 */
export async function compareFleets(
  kernel: Kernel,
  input: PlanInput,
  optimal: Pick<OptimalPlan, 'cost' | 'starts'>,
  options: ComparisonOptions,
): Promise<PlanComparison> {
  const { headrooms = HEADROOMS, targets = TARGETS, utilisation, onProgress, signal, ...forecast } = options
  const { types, capacityQps } = input
  const ranges = countRanges(types)
  const capacityOf = (counts: Counts) => capacityQps[numberOf(ranges, counts)]
  const fixed = cheapestForPeak(input)
  const started = { ...input, initial: fixed }
  const before = input.cyclic ? fixed : input.initial
  const first = fixed.map((count, t) => Math.max(0, count - (before?.[t] ?? 0)))
  const firstStarts = instancesOf(first)
  const firstCost = first.reduce((sum, count, t) => sum + count * costOfStart(types[t]), 0)
  const runs: FleetRun[] = []
  const total = 1 + headrooms.length + targets.length
  const run = async (name: string, controller: Controller) => {
    const { cost, starts, shortShare } = await simulateFleet(started, capacityOf, controller, signal)
    runs.push({ name, cost: withoutRounding(firstCost + cost), starts: firstStarts + starts, shortShare })
    onProgress?.({ done: runs.length, total })
  }
  await run('static', { periodS: input.windowS * input.rateQps.length, decide: () => fixed })
  for (const target of targets) {
    const controller = horizontalAutoscaler(started, fixed, capacityOf(fixed) / utilisation, target)
    await run(`autoscaler at ${target}`, controller)
  }
  for (const headroom of headrooms) {
    await run(
      `online + ${Math.round(100 * headroom)}%`,
      onlineController(kernel, started, { ...forecast, headroom }),
    )
  }
  return {
    forecast: forecast.forecast,
    runs: [...runs, { name: 'optimal', cost: optimal.cost, starts: optimal.starts, shortShare: 0 }],
  }
}

/** The cheapest counts that serve the largest rate; the first of equal ones. */
function cheapestForPeak(input: PlanInput): Counts {
  const { types, rateQps } = input
  const ranges = countRanges(types)
  const peak = rateQps.reduce((most, rate) => Math.max(most, rate), 0)
  const { qps: capacity } = usableCapacity(input)
  let cheapest = countsAt(ranges, 0)
  let least = Infinity
  for (let n = 0; n < capacity.length; n++) {
    if (!(capacity[n] >= peak)) continue
    const counts = countsAt(ranges, n)
    const price = costOf(input, counts)
    if (price > least - COST_TOLERANCE) continue
    least = price
    cheapest = counts
  }
  return cheapest
}
