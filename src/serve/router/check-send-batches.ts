import { checkChoice } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
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
  const refuse = (problem: string, cure: string): never => {
    throw new KairosError('BAD_USAGE', problem, { field: 'sendBatches' }, cure)
  }
  if (sendBatches === 'merge' && workloads.every(({ batching }) => batching === undefined)) {
    refuse('is merge, and no workload has batching', 'set batching in a workload, or --batching')
  }
  const merging =
    sendBatches === 'merge' ? 'servers' : fleet.find(({ batching }) => batching === 'merge')?.address
  if (method !== undefined && merging !== undefined) {
    const cure = 'only requests of the Open Inference Protocol are joined: use parallel'
    refuse(`is merge for ${merging}, and requests of ${method.method} cannot be joined`, cure)
  }
}
