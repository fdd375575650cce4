import { readFleet } from '../../files/documents/fleet.ts'
import { readPlan } from '../../files/documents/plan.ts'
import { readServiceAddresses } from '../../files/documents/service-addresses.ts'
import { KairosError, refuseModel } from '../../model/errors.ts'
import { type FleetServer, serverFault } from '../../model/fleet/fleet.ts'
import { mostPlanned, plannedServers } from '../../model/fleet/fleet-schedule.ts'
import type { FleetSchedule } from '../../model/fleet/plan.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { type FleetConfigurationFlags, readFleetConfiguration } from './configuration.ts'
import type { FlagRule } from './flag-rules.ts'
import { type RouteWorkloadFlags, readWorkloads } from './route-workloads.ts'

export interface RouteFleetFlags extends FleetConfigurationFlags, RouteWorkloadFlags {
  readonly fleet?: string
  readonly plan?: string
  readonly serviceAddr?: string
}

const GIVE_FLEET = 'give --fleet FILE, or --service-addr FILE with --counts'

export const ROUTE_FLEET_RULES: readonly FlagRule[] = [
  {
    flags: ['--service-addr'],
    beside: ['--fleet'],
    problem: '--fleet and --service-addr name a fleet each',
    cure: GIVE_FLEET,
  },
  {
    flags: ['--counts'],
    beside: ['--fleet'],
    problem: '--counts is for the servers of --service-addr',
    cure: 'leave it out: the fleet file lists the servers',
  },
  { flags: ['--space'], beside: ['--fleet'], unless: ['--online'], cure: 'add --online, or leave it out' },
]

/** The workloads, the servers of the fleet, and the plan that they follow if there is one. */
export async function readRouteFleet(given: RouteFleetFlags) {
  const workload = await readWorkloads(given)
  const models = workload.map(({ model }) => model)
  const plan = given.plan === undefined ? undefined : await readPlan(given.plan, models)
  const listed = await readServers(given, workload, plan)
  return { workload, listed, plan }
}

/** Reads the fleet. Under a plan only the servers that it takes in a window must fit the workloads. */
export async function readServers(
  given: RouteFleetFlags,
  workloads: readonly Workload[],
  plan: FleetSchedule | undefined,
): Promise<FleetServer[]> {
  const { fleet, serviceAddr } = given
  if (fleet !== undefined) return readFleet(fleet, workloads, plan)
  if (serviceAddr === undefined) throw new KairosError('BAD_USAGE', 'no fleet is given', {}, GIVE_FLEET)
  const { configuration } = await readFleetConfiguration(given)
  const { types, counts, slots } = configuration
  const servers = counts.flatMap((count, t) => {
    return new Array(count).fill({ type: types[t], ...(slots && { slots: slots[t] }) })
  })
  const addresses = await readServiceAddresses(serviceAddr, servers.length)
  const listed = addresses.map((address, i) => ({ address, ...servers[i] }))
  for (const server of plan ? plannedServers(listed, plan.types, mostPlanned(plan)) : listed) {
    const fault = serverFault(server, workloads)
    if (fault) refuseModel(fault.field, fault.problem, fault.cure)
  }
  return listed
}
