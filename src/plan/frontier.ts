import type { Kernel } from '../kernel/contract.ts'
import type { PlanInput } from '../model/fleet/plan.ts'
import type { PlanFrontierRow } from '../model/results/plan.ts'
import { optimalPlan } from './optimal.ts'

/** The utilisations that a frontier has, a share of the capacity. */
const FRONTIER_UTILISATIONS = Array.from({ length: 11 }, (_, i) => (50 + 5 * i) / 100)

/**
 * The cost of the optimal plan by utilisation: what it costs to keep capacity in reserve. A higher utilisation never
 * costs more, so each row is on the frontier unless a row of a lower utilisation costs the same.
 *
 * @param full the plan problem at a utilisation of 1
 * @returns rows by increasing utilisation; those in which a rate is above every configuration are left out
 */
export function planFrontier(kernel: Kernel, full: PlanInput): PlanFrontierRow[] {
  const rows: PlanFrontierRow[] = []
  for (const utilisation of FRONTIER_UTILISATIONS) {
    const capacityQps = full.capacityQps.map((qps) => qps * utilisation)
    const plan = optimalPlan(kernel, { ...full, capacityQps })
    if (plan.status === 'infeasible') continue
    const { cost, starts, windows } = plan
    if (rows.length > 0 && cost >= rows[rows.length - 1].cost) continue
    const asked = windows.reduce((sum, { rateQps }) => sum + rateQps, 0)
    const offered = windows.reduce((sum, { capacityQps }) => sum + capacityQps / utilisation, 0)
    rows.push({ utilisation, cost, starts, meanUtilisation: offered > 0 ? asked / offered : 0 })
  }
  return rows
}
