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

/** @throws KairosError BAD_USAGE unless it is a list of servers with an address, a type, and valid optional fields */
export function checkServers(servers: readonly FleetServer[]): void {
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
  })
}

/**
 * The servers of each model.
 *
 * @throws KairosError as `checkServers`; BAD_MODEL for a model without a workload, a type that its table lacks, and
 *   slots at which the table was not taken
 */
export function serversByModel(
  servers: readonly FleetServer[],
  workloads: readonly Workload[],
): Map<string, FleetServer[]> {
  checkServers(servers)
  const byModel = new Map<string, FleetServer[]>(workloads.map(({ model }) => [model, []]))
  for (const server of servers) {
    const fault = serverFault(server, workloads)
    if (fault) refuseModel(fault.field, fault.problem, fault.cure)
    byModel.get(workloadOf(server, workloads)!.model)!.push(server)
  }
  return byModel
}
