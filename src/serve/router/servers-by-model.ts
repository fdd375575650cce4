import { checkChoice, checkWhole, valueText } from '../../model/checks.ts'
import { refuseUsage as refuse, refuseModel } from '../../model/errors.ts'
import {
  type FleetServer,
  isAddress,
  SEND_BATCHES,
  serverFault,
  workloadOf,
} from '../../model/fleet/fleet.ts'
import { MAX_SLOTS } from '../../model/fleet/space.ts'
import type { Workload } from '../../model/workload/workload.ts'

/**
 * The servers of each model.
 *
 * @param method the path of a method of one's own, if there is one
 * @throws KairosError BAD_USAGE unless it is a list of servers with an address, a type, and valid optional fields;
 *   BAD_MODEL for a model without a workload, a type that its table lacks, and slots at which the table was not taken
 */
export function serversByModel(
  servers: readonly FleetServer[],
  workloads: readonly Workload[],
  method: string | undefined,
): Map<string, FleetServer[]> {
  checkServers(servers, method)
  const byModel = new Map<string, FleetServer[]>(workloads.map(({ model }) => [model, []]))
  for (const server of servers) {
    const fault = serverFault(server, workloads)
    if (fault) refuseModel(fault.field, fault.problem, fault.cure)
    byModel.get(workloadOf(server, workloads)!.model)!.push(server)
  }
  return byModel
}

function checkServers(servers: readonly FleetServer[], method: string | undefined): void {
  if (!Array.isArray(servers))
    refuse('fleet', `is ${valueText(servers)}`, 'a list of servers is expected; it may be empty')
  servers.forEach((server, i) => {
    if (typeof server?.type !== 'string' || typeof server.address !== 'string') {
      refuse(`fleet[${i}]`, 'has no address or no type', '{ address, type } is expected')
    }
    const { address, model, slots, batching } = server
    if (!isAddress(address)) refuse(`fleet[${i}].address`, `is "${address}"`, 'host:port is expected')
    if (model !== undefined && typeof model !== 'string') {
      refuse(`fleet[${i}].model`, `is ${valueText(model)}`, 'the name of a model is expected')
    }
    if (slots !== undefined) checkWhole(`fleet[${i}].slots`, slots, 1, MAX_SLOTS)
    if (batching !== undefined) checkChoice(`fleet[${i}].batching`, batching, SEND_BATCHES)
    if (batching === 'merge' && method !== undefined) refuseMerge(`fleet[${i}].batching`, address, method)
  })
}

/** Refuses to join requests of a method of one's own. */
export function refuseMerge(field: string, servers: string, method: string): never {
  const cure = 'only requests of the Open Inference Protocol are joined: use parallel'
  refuse(field, `is merge for ${servers}, and requests of ${method} cannot be joined`, cure)
}
