import { checkChoice } from '../../model/checks.ts'
import { refuseUsage } from '../../model/errors.ts'
import { type FleetServer, SEND_BATCHES, type SendBatches } from '../../model/fleet/fleet.ts'
import type { Workload } from '../../model/workload/workload.ts'
import type { CustomMethod } from '../protocols/custom.ts'

interface Asked {
  readonly sendBatches?: SendBatches | undefined
  readonly method?: CustomMethod | undefined
  readonly fleet: readonly FleetServer[]
}

/** @throws KairosError BAD_USAGE where requests are to be joined that cannot be */
export function checkSendBatches(
  { sendBatches, method, fleet }: Asked,
  workloads: readonly Workload[],
): void {
  if (sendBatches !== undefined) checkChoice('sendBatches', sendBatches, SEND_BATCHES)
  if (sendBatches === 'merge' && workloads.every(({ batching }) => batching === undefined)) {
    const cure = 'set batching in a workload, or --batching'
    refuseUsage('sendBatches', 'is merge, and no workload has batching', cure)
  }
  const merging =
    sendBatches === 'merge' ? 'servers' : fleet.find(({ batching }) => batching === 'merge')?.address
  if (method !== undefined && merging !== undefined) {
    const cure = 'only requests of the Open Inference Protocol are joined: use parallel'
    const problem = `is merge for ${merging}, and requests of ${method.method} cannot be joined`
    refuseUsage('sendBatches', problem, cure)
  }
}
