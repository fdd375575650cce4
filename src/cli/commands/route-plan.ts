import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet.ts'
import { type PlannedFleet, plannedFleets, plannedServers } from '../../model/fleet-schedule.ts'
import type { FleetSchedule } from '../../model/plan.ts'
import { followPlan } from '../../serve/follow-plan.ts'

interface PlanFlags {
  readonly planFrom: 'begin' | 'clock'
  readonly planSpeed: number
}

/** Monday, 5 January 1970, at midnight UTC, in seconds of the clock. */
const FIRST_MONDAY_S = 4 * 86_400

/** The servers of a fleet that a plan has at the time. */
export function serversUnderPlan(plan: FleetSchedule, { planFrom, planSpeed: speed }: PlanFlags) {
  const cycleS = plan.counts.length * plan.windowS
  if (planFrom === 'clock' && !plan.cyclic) {
    const cure = 'make the plan with --cycle, or follow it from its begin'
    throw new KairosError('BAD_USAGE', 'is for a plan that repeats', { field: 'plan-from' }, cure)
  }
  const fromS = planFrom === 'clock' ? (Date.now() / 1000 - FIRST_MONDAY_S) % cycleS : 0
  let listed: readonly FleetServer[] = []
  let { serving } = plannedFleets(plan, fromS).next().value as PlannedFleet
  const chosen = () => plannedServers(listed, plan.types, serving)
  return {
    of(servers: readonly FleetServer[]) {
      listed = servers
      return chosen()
    },
    follow: (onChange: (servers: FleetServer[]) => void) =>
      followPlan(plan, {
        ...{ fromS, speed },
        onFleet(fleet) {
          if (fleet.serving === serving) return
          serving = fleet.serving
          onChange(chosen())
        },
      }),
  }
}
