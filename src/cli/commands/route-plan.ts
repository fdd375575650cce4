import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet/fleet.ts'
import { type PlannedFleet, plannedFleets, plannedServers } from '../../model/fleet/fleet-schedule.ts'
import type { FleetSchedule } from '../../model/fleet/plan.ts'
import { followPlan } from '../../serve/follow-plan.ts'

interface PlanFlags {
  readonly planFrom: 'begin' | 'clock'
  readonly planSpeed: number
}

/** Monday, 5 January 1970, at midnight UTC, in seconds of the clock: where a plan does not say when it begins. */
const FIRST_MONDAY_S = 4 * 86_400

/** The servers of a fleet that a plan has at the time. */
export type ServersUnderPlan = ReturnType<typeof serversUnderPlan>

/**
 * The servers of a fleet that a plan has at the time.
 *
 * @param begunMs when the plan began to be followed, ms since the epoch: a process that is started again goes on with it
 */
export function serversUnderPlan(
  plan: FleetSchedule,
  { planFrom, planSpeed: speed }: PlanFlags,
  begunMs = Date.now(),
) {
  const cycleS = plan.counts.length * plan.windowS
  if (planFrom === 'clock' && !plan.cyclic) {
    const cure = 'make the plan with --cycle, or follow it from its begin'
    throw new KairosError('BAD_USAGE', 'is for a plan that repeats', { field: 'planFrom' }, cure)
  }
  const beginS = plan.begin === undefined ? FIRST_MONDAY_S : Date.parse(plan.begin) / 1000
  const sinceS = (begunMs / 1000 - beginS) % cycleS
  const beganAtS = planFrom === 'clock' ? (sinceS + cycleS) % cycleS : 0
  // the clock of the machine may be set back
  const fromS = beganAtS + (speed * Math.max(0, Date.now() - begunMs)) / 1000
  let listed: readonly FleetServer[] = []
  let { serving } = plannedFleets(plan, fromS).next().value as PlannedFleet
  const of = (servers: readonly FleetServer[]) => plannedServers(servers, plan.types, serving)
  return {
    of,
    /** Takes the servers of the next windows from these. */
    accept(servers: readonly FleetServer[]) {
      listed = servers
    },
    /** @param onError receives what `onChange` throws; the plan is followed further */
    follow: (onChange: (servers: FleetServer[]) => void, onError: (error: unknown) => void) =>
      followPlan(plan, {
        fromS,
        speed,
        onFleet(fleet) {
          if (fleet.serving === serving) return
          serving = fleet.serving
          try {
            onChange(of(listed))
          } catch (error) {
            onError(error)
          }
        },
      }),
  }
}
