import { slotsFault } from '../../model/concurrency.ts'
import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet.ts'
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
    // with one workload, all servers serve it, whatever their name of the model
    const model = workloads.length === 1 ? workloads[0].model : (server.model ?? workloads[0].model)
    const own = byModel.get(model)
    if (!own) {
      const problem = `${server.address} serves "${model}", of which there is no workload`
      const cure = `there is ${[...byModel.keys()].join(', ')}`
      throw new KairosError('BAD_MODEL', problem, { field: 'model' }, cure)
    }
    own.push(server)
  }
  for (const { model, latency } of workloads) {
    for (const { address, type, slots = 1 } of byModel.get(model)!) {
      const fault = slotsFault(latency, type, slots)
      if (fault)
        throw new KairosError('BAD_MODEL', `of ${address} ${fault.problem}`, { field: 'slots' }, fault.cure)
      if (latency.types.includes(type)) continue
      const problem = `${address} is of type "${type}", which the table of ${model} lacks`
      throw new KairosError('BAD_MODEL', problem, { field: 'type' }, `it has ${latency.types.join(', ')}`)
    }
  }
  return byModel
}
