import { policyOf } from '../../dispatch/policies.ts'
import type { Policy } from '../../dispatch/policy.ts'
import {
  checkChoice,
  checkGiven,
  checkMs,
  checkWhole,
  type OptionNames,
  valueText,
} from '../../model/checks.ts'
import { KairosError, refuseUsage } from '../../model/errors.ts'
import { type FleetServer, SEND_BATCHES, type SendBatches } from '../../model/fleet/fleet.ts'
import { checkWorkload, type Workload } from '../../model/workload/workload.ts'
import { LAST_PORT } from '../grpc/accept.ts'
import type { ClientTls, ServerTls } from '../grpc/tls.ts'
import type { CustomMethod } from '../protocols/custom.ts'
import { grpcProtocols } from '../protocols/registry.ts'
import type { Advisor } from './advice.ts'
import type { RouterLog } from './events.ts'
import { METRICS_BY, type MetricsBy } from './gauges.ts'
import { refuseMerge } from './servers-by-model.ts'

/** What a router serves, where, and within which limits. */
export interface RouterOptions {
  /** Latency table, target and percentile of each model. */
  readonly workload: Workload | readonly Workload[]
  /** The first servers. A server without a model serves that of the first workload. */
  readonly fleet: readonly FleetServer[]
  /** A policy or its name; `priced` unless given. */
  readonly policy?: Policy | string | undefined
  /** The address for clients: 127.0.0.1 and a free port unless given. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** The address of /metrics, /healthz and /readyz: 127.0.0.1 and a free port unless given. */
  readonly adminHost?: string | undefined
  readonly adminPort?: number | undefined
  /** TLS towards clients, and towards servers. */
  readonly tls?: ServerTls | undefined
  readonly serverTls?: ClientTls | undefined
  /** Requests of a model that may wait; 1,000 unless given. */
  readonly queue?: number | undefined
  /** `target` (unless given): requests that are expected to be late are refused once too many are; `all`: never. */
  readonly admission?: 'target' | 'all' | undefined
  /** The longest wait of a request, ms; twice the target unless given, with admission `all` ten times, at least 5 s. */
  readonly maxWaitMs?: number | undefined
  /** Largest message, bytes; 16 MiB unless given. */
  readonly maxMessageBytes?: number | undefined
  /**
   * Bytes of requests, from their first byte to their answer, and of responses that clients do not read; 256 MiB unless
   * given.
   */
  readonly maxBufferedBytes?: number | undefined
  /** Connections of clients; 1,024 unless given. */
  readonly maxConnections?: number | undefined
  /** Time between health checks of a server, ms; 1,000 unless given. */
  readonly healthIntervalMs?: number | undefined
  /** A unary gRPC method of the servers that is routed beside the known protocols, and where it has its batch. */
  readonly method?: CustomMethod | undefined
  /**
   * Whether a request reaches a server of another protocol, for the published scripts: its batch is sent on with inputs
   * of zeros, and answers become zeros. Refused unless given.
   */
  readonly translate?: boolean | undefined
  /**
   * How servers that do not say get requests that start together, where a workload has batching: `parallel` (unless
   * given) as separate requests at the same moment, `merge` joined into one, in the Open Inference Protocol only.
   */
  readonly sendBatches?: SendBatches | undefined
  /** Whether each server has metrics of its own, or, unless given, each instance type. */
  readonly metricsBy?: MetricsBy | undefined
  readonly log?: RouterLog | undefined
  /** Decides how many servers the first workload should have; its advice is shown as metrics. */
  readonly advisor?: Advisor | undefined
}

const OPTIONS: OptionNames<RouterOptions> = {
  workload: true,
  fleet: true,
  policy: true,
  host: true,
  port: true,
  adminHost: true,
  adminPort: true,
  tls: true,
  serverTls: true,
  queue: true,
  admission: true,
  maxWaitMs: true,
  maxMessageBytes: true,
  maxBufferedBytes: true,
  maxConnections: true,
  healthIntervalMs: true,
  method: true,
  translate: 'flag',
  sendBatches: true,
  metricsBy: true,
  log: true,
  advisor: true,
}

const MAX_MESSAGE_BYTES = 16 * 2 ** 20
const MAX_BUFFERED_BYTES = 256 * 2 ** 20

export type RouterSettings = ReturnType<typeof checkedOptions>

/**
 * The options of a router, checked, with their defaults.
 *
 * @throws KairosError BAD_USAGE for an option that cannot be; BAD_MODEL for a workload that is none
 */
export function checkedOptions(options: RouterOptions) {
  checkGiven(options, OPTIONS)
  const { workload, policy, method, ...given } = options
  // null is refused below, as any other value that is none
  const { host = '127.0.0.1', adminHost = '127.0.0.1', adminPort = 0, queue = 1_000 } = given
  const { maxMessageBytes = MAX_MESSAGE_BYTES, maxBufferedBytes = MAX_BUFFERED_BYTES } = given
  const {
    maxConnections = 1_024,
    admission = 'target',
    healthIntervalMs = 1_000,
    metricsBy = 'type',
    translate = false,
  } = given
  checkLog(given.log)
  checkAdvisor(given.advisor)
  const workloads: readonly Workload[] = Array.isArray(workload) ? workload : [workload as Workload]
  const settings = {
    ...given,
    workloads,
    policy: policyOf(policy),
    protocols: grpcProtocols(method),
    ...{ host, adminHost, adminPort, queue, admission, maxMessageBytes, maxBufferedBytes, maxConnections },
    ...{ healthIntervalMs, metricsBy, translate },
  }
  checkWhole('adminPort', settings.adminPort, 0, LAST_PORT)
  checkWhole('queue', settings.queue, 1)
  checkWhole('maxMessageBytes', settings.maxMessageBytes, 1, 2 ** 31 - 1)
  checkWhole('maxBufferedBytes', settings.maxBufferedBytes, 1)
  checkMs('healthIntervalMs', settings.healthIntervalMs, 1)
  checkChoice('admission', settings.admission, ['target', 'all'])
  if (workloads.length === 0) {
    refuseUsage('workload', 'has no workload', 'at least one is expected')
  }
  workloads.forEach(checkWorkload)
  checkDifferent(workloads)
  if (given.maxWaitMs !== undefined) checkMs('maxWaitMs', given.maxWaitMs, 1)
  checkChoice('metricsBy', settings.metricsBy, METRICS_BY)
  checkSendBatches(options, workloads)
  return settings
}

/** @throws KairosError BAD_USAGE where requests are to be joined that cannot be */
function checkSendBatches({ sendBatches, method }: RouterOptions, workloads: readonly Workload[]): void {
  if (sendBatches !== undefined) checkChoice('sendBatches', sendBatches, SEND_BATCHES)
  if (sendBatches !== 'merge') return
  if (workloads.every(({ batching }) => batching === undefined)) {
    const cure = 'set batching in a workload, or --batching'
    refuseUsage('sendBatches', 'is merge, and no workload has batching', cure)
  }
  if (method !== undefined) refuseMerge('sendBatches', 'servers', method.method)
}

function checkLog(log: RouterLog | undefined): void {
  const methods = ['debug', 'info', 'warn'] as const
  if (log === undefined || methods.every((name) => typeof log?.[name] === 'function')) return
  const cure = 'an object with the methods debug, info and warn is expected'
  refuseUsage('log', 'is no log', cure)
}

function checkAdvisor(advisor: Advisor | undefined): void {
  if (advisor === undefined) return
  if (typeof advisor?.advise !== 'function') {
    const cure = 'an object with windowMs and the method advise is expected'
    refuseUsage('advisor', 'is no advisor', cure)
  }
  const { windowMs } = advisor
  if (typeof windowMs === 'number' && windowMs > 0 && windowMs < Infinity) return
  const cure = 'a number of milliseconds > 0 is expected'
  refuseUsage('advisor.windowMs', `is ${valueText(windowMs)}`, cure)
}

function checkDifferent(workloads: readonly Workload[]): void {
  const models = new Set<string>()
  for (const { model } of workloads) {
    if (models.has(model))
      throw new KairosError('BAD_USAGE', `"${model}" is listed twice`, { field: 'workload' })
    models.add(model)
  }
}

/** What can be changed of TLS while a router runs. */
type Certificates = Pick<RouterOptions, 'tls' | 'serverTls'>

const CERTIFICATES: OptionNames<Certificates> = { tls: true, serverTls: true }

/** @throws KairosError BAD_USAGE if TLS, or that clients show a certificate, would be turned on or off */
export function checkTlsChange(present: Certificates, changed: Certificates): void {
  checkGiven(changed, CERTIFICATES)
  for (const field of ['tls', 'serverTls'] as const) {
    if ((changed[field] === undefined) === (present[field] === undefined)) continue
    const cure = 'give both as they were given at the start; a restart turns TLS on or off'
    refuseUsage(field, 'cannot be turned on or off', cure)
  }
  if ((changed.tls?.clientCa === undefined) === (present.tls?.clientCa === undefined)) return
  const cure = 'whether clients show a certificate is changed by a restart'
  refuseUsage('tls', 'cannot begin or cease to have a clientCa', cure)
}
