import { KairosError } from '../../model/errors.ts'
import { type FleetServer, serverFault, workloadOf } from '../../model/fleet.ts'
import type { Workload } from '../../model/workload.ts'

/**
 * The servers of each model.
 *
 * @throws KairosError BAD_MODEL for a model without a workload, a type that its table lacks, and slots at which the table
 *   was not taken
 */
export function serversByModel(
  servers: readonly FleetServer[],
  workloads: readonly Workload[],
): Map<string, FleetServer[]> {
  const byModel = new Map<string, FleetServer[]>(workloads.map(({ model }) => [model, []]))
  for (const server of servers) {
    const fault = serverFault(server, workloads)
    if (fault) throw new KairosError('BAD_MODEL', fault.problem, { field: fault.field }, fault.cure)
    byModel.get(workloadOf(server, workloads)!.model)!.push(server)
  }
  return byModel
}
