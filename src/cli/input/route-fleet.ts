import { readFleet } from '../../files/documents/fleet.ts'
import { readPlan } from '../../files/documents/plan.ts'
import { readServiceAddresses } from '../../files/documents/service-addresses.ts'
import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet.ts'
import type { Workload } from '../../model/workload.ts'
import { type FleetConfigurationFlags, readFleetConfiguration } from './configuration.ts'
import { type RouteWorkloadFlags, readWorkloads } from './route-workloads.ts'

export interface RouteFleetFlags extends FleetConfigurationFlags, RouteWorkloadFlags {
  readonly fleet?: string
  readonly plan?: string
  readonly serviceAddr?: string
}

/** The workloads, the servers of the fleet, and the plan that they follow if there is one. */
export async function readRouteFleet(given: RouteFleetFlags) {
  const workload = await readWorkloads(given)
  const models = workload.map(({ model }) => model)
  const [listed, plan] = await Promise.all([
    readServers(given, workload),
    given.plan === undefined ? undefined : readPlan(given.plan, models),
  ])
  return { workload, listed, plan }
}

/** Reads the fleet. Under a plan only the servers that it takes must fit the workloads. */
export async function readServers(
  given: RouteFleetFlags,
  workloads: readonly Workload[],
): Promise<FleetServer[]> {
  const { fleet, serviceAddr, plan } = given
  if ((fleet === undefined) === (serviceAddr === undefined)) {
    const problem = fleet === undefined ? 'no fleet is given' : '--fleet and --service-addr name a fleet each'
    throw new KairosError('BAD_USAGE', problem, {}, 'give --fleet FILE, or --service-addr FILE with --counts')
  }
  if (fleet !== undefined) return readFleet(fleet, plan === undefined ? workloads : undefined)
  const { types, counts, slots } = await readFleetConfiguration(given)
  const servers = counts.flatMap((count, t) => {
    return new Array(count).fill({ type: types[t], ...(slots && { slots: slots[t] }) })
  })
  const addresses = await readServiceAddresses(serviceAddr!, servers.length)
  return addresses.map((address, i) => ({ address, ...servers[i] }))
}
