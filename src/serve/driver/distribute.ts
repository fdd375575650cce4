import { policyOf } from '../../dispatch/policies.ts'
import type { Policy } from '../../dispatch/policy.ts'
import { MAX_INSTANCES } from '../../dispatch/setup.ts'
import { checkChoice, checkGiven, checkMs, type OptionNames, valueText } from '../../model/checks.ts'
import { KairosError, refuseUsage } from '../../model/errors.ts'
import { checkSlots } from '../../model/fleet/concurrency.ts'
import { checkCounts, instancesOf } from '../../model/fleet/configuration.ts'
import { isAddress, SEND_BATCHES, type SendBatches } from '../../model/fleet/fleet.ts'
import { type Counts, slotCounts } from '../../model/fleet/space.ts'
import type { OnProgress } from '../../model/progress.ts'
import type { LiveRun } from '../../model/results/live-run.ts'
import { checkBegin, checkTrace, RARE_BEGIN_MS } from '../../model/trace/trace.ts'
import { largestBin } from '../../model/workload/latency-table.ts'
import { checkWorkload, tableRows } from '../../model/workload/workload.ts'
import { MAX_ANSWER_BYTES } from '../grpc/client/remote-method.ts'
import { channelTlsOf } from '../grpc/client/session.ts'
import type { ClientTls } from '../grpc/tls.ts'
import { grpcProtocols } from '../protocols/registry.ts'
import { routedScheduler } from '../protocols/scheduler.ts'
import { openServerBackend } from '../router/backends/backend.ts'
import { runLive } from './live-run.ts'
import type { Checker } from './lost-servers.ts'
import type { ServedTrace } from './recording.ts'
import { openServers } from './servers.ts'
import type { DistributeProgress } from './tally.ts'

/** A trace, and the servers and policy that serve it. */
export interface DistributeOptions extends ServedTrace {
  /** A policy or its name; `priced` unless given. */
  readonly policy?: Policy | string | undefined
  /** The model in the Open Inference Protocol; absent: the published protocol. */
  readonly model?: string | undefined
  /**
   * How a server gets the queries of a batch: `parallel` (unless given) as separate requests at the same moment,
   * `merge` as one request of the Open Inference Protocol.
   */
  readonly sendBatches?: SendBatches | undefined
  /** Time limit of a query at a server, ms; a minute unless given. */
  readonly timeoutMs?: number | undefined
  readonly tls?: ClientTls | undefined
  /** Whether the run ends once more queries are late than the percentile of the workload allows; false unless given. */
  readonly endEarly?: boolean | undefined
  /** Called every quarter of a second. */
  readonly onProgress?: OnProgress<DistributeProgress> | undefined
  readonly signal?: AbortSignal | undefined
}

const OPTIONS: OptionNames<DistributeOptions> = {
  workload: true,
  types: true,
  counts: true,
  slots: true,
  addresses: true,
  trace: true,
  policy: true,
  model: true,
  sendBatches: true,
  timeoutMs: true,
  tls: true,
  endEarly: 'flag',
  onProgress: true,
  signal: true,
}

/** Sends the queries of a trace to live servers in real time: `distribute` of src/serve.ts, which says how. */
export async function distribute(options: DistributeOptions): Promise<LiveRun> {
  checkGiven(options, OPTIONS)
  const { workload, types, counts, slots, addresses, trace, timeoutMs = 60_000 } = options
  const policy = policyOf(options.policy)
  checkWorkload(workload)
  checkMs('timeoutMs', timeoutMs, 1)
  checkTrace(trace, { maxBatchSize: largestBin(workload.latency) })
  checkBegin(trace, RARE_BEGIN_MS)
  tableRows(workload.latency, types)
  checkCounts(types, counts, 1, MAX_INSTANCES)
  checkSlots(workload.latency, types, slots)
  checkCounts(types, slotCounts(counts, slots), 1, MAX_INSTANCES)
  checkSendBatches(options)
  checkAddresses(addresses, counts)
  const { sendBatches, endEarly = false } = options
  const servers = await openServers(addresses, options)
  try {
    const areJoined = sendBatches === 'merge'
    const input = { ...options, policy, timeoutMs, areJoined, endsEarly: endEarly }
    return await runLive(input, servers.send, checkerOf(options))
  } finally {
    servers.close()
  }
}

/** Opens connections that check servers as a router does. */
function checkerOf({ addresses, model, workload, tls }: DistributeOptions): (server: number) => Checker {
  const options = {
    model: model ?? workload.model,
    tls: channelTlsOf(tls),
    maxMessageBytes: MAX_ANSWER_BYTES,
    // without a model the published protocol is used, in which the workload's model has no name
    protocols: model === undefined ? new Map([['scheduler', routedScheduler] as const]) : grpcProtocols(),
    translate: false,
  }
  return (server) => openServerBackend({ address: addresses[server] }, options)
}

function checkAddresses(addresses: readonly string[], counts: Counts): void {
  const instances = instancesOf(counts)
  const wrong = Array.isArray(addresses) ? addresses.findIndex((address) => !isAddress(address)) : -1
  if (wrong !== -1) {
    const place = { field: `addresses[${wrong}]` }
    throw new KairosError('BAD_USAGE', `is ${valueText(addresses[wrong])}`, place, 'write host:port')
  }
  if (Array.isArray(addresses) && addresses.length === instances) return
  const problem = `names ${addresses?.length ?? 0} servers for ${instances} instances`
  refuseUsage('addresses', problem, 'one for each instance is expected')
}

function checkSendBatches({ sendBatches, model, workload }: DistributeOptions): void {
  if (sendBatches !== undefined) checkChoice('sendBatches', sendBatches, SEND_BATCHES)
  if (sendBatches !== 'merge') return
  if (workload.batching === undefined) {
    const cure = 'set batching in the workload, or --batching'
    refuseUsage('sendBatches', 'is merge, and the workload has no batching', cure)
  }
  if (model === undefined) {
    const cure = 'name the model in the Open Inference Protocol with --model-name, or use parallel'
    refuseUsage('sendBatches', 'is merge, and requests of the published protocol cannot be joined', cure)
  }
}
