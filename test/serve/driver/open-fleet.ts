import type { Trace } from '../../../src/model/trace/trace.ts'
import { type DistributeOptions, distribute } from '../../../src/serve/driver/distribute.ts'
import { emulate, workload } from '../router/live.ts'

const { types } = workload.latency

/** Emulated servers of each type, and a run with them. */
export async function openFleet(counts: number[]) {
  const emulator = await emulate(counts)
  const addresses = emulator.servers.map(({ address }) => address)
  const run = (options: Partial<DistributeOptions> & { trace: Trace }) =>
    distribute({ workload, types, counts, addresses, ...options })
  return { emulator, addresses, run }
}
