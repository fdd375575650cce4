import { createServer as createHttpServer } from 'node:http'
import { policyOf } from '../../dispatch/policies.ts'
import type { Policy } from '../../dispatch/policy.ts'
import { checkChoice, checkGiven, checkMs, checkWhole, type OptionNames } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
import type { FleetServer, SentBatches } from '../../model/fleet.ts'
import { checkWorkload, type Workload } from '../../model/workload.ts'
import { accept, LAST_PORT } from '../grpc/accept.ts'
import { limitBufferedBytes } from '../grpc/buffered-bytes.ts'
import { type HealthMethods, healthMethods } from '../grpc/health-methods.ts'
import { openPort } from '../grpc/port.ts'
import { createGrpcServer } from '../grpc/server.ts'
import type { ChannelTls } from '../grpc/session.ts'
import { type ClientTls, clientContext, type ServerTls } from '../grpc/tls.ts'
import { http2Exchange, httpExchange } from '../http/exchange.ts'
import { type CustomMethod, customProtocol } from '../protocols/custom.ts'
import { grpcProtocols } from '../protocols/registry.ts'
import { serveAdmin, whyNotReady } from './admin.ts'
import { type Advisor, createAdvising } from './advice.ts'
import { openGrpcBackend } from './backend.ts'
import { realClock } from './clock.ts'
import { logged, type RouterLog, watched } from './events.ts'
import { routerMethods } from './front.ts'
import { METRICS_BY, type MetricsBy } from './gauges.ts'
import { createMetrics } from './metrics.ts'
import { createPool, type Pool } from './pool.ts'
import { answerRest } from './rest-front.ts'
import { checkSentBatches } from './sent-batches.ts'
import type { ServerStatus } from './server-status.ts'
import { serversByModel } from './servers-by-model.ts'
import { createSlotTable } from './shared-slots.ts'

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
  /** The longest wait of a request, ms; twice the target unless given, and with admission `all` ten times, at least 5 s. */
  readonly maxWaitMs?: number | undefined
  /** Largest message, bytes; 16 MiB unless given. */
  readonly maxMessageBytes?: number | undefined
  /** Bytes of requests, from their first byte to their answer, and of responses that clients do not read; 256 MiB unless given. */
  readonly maxBufferedBytes?: number | undefined
  /** Connections of clients; 1,024 unless given. */
  readonly maxConnections?: number | undefined
  /** Time between health checks of a server, ms; 1,000 unless given. */
  readonly healthIntervalMs?: number | undefined
  /** A unary gRPC method of the servers that is routed beside the known protocols, and where it has its batch. */
  readonly method?: CustomMethod | undefined
  /**
   * Whether a request reaches a server of another protocol, for the published scripts: its batch is sent on with inputs of
   * zeros, and answers become zeros. Refused unless given.
   */
  readonly translate?: boolean | undefined
  /**
   * How servers that do not say get requests that start together, where a workload has batching: `parallel` (unless given) as
   * separate requests at the same moment, `merge` joined into one. Only requests of the Open Inference Protocol are joined.
   */
  readonly sentBatches?: SentBatches | undefined
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
  translate: true,
  sentBatches: true,
  metricsBy: true,
  log: true,
  advisor: true,
}

/** A running router. */
export interface Router {
  /** `host:port` for clients, and of the HTTP endpoints. */
  readonly address: string
  readonly adminAddress: string
  /** The state of each server. */
  servers(): ServerStatus[]
  /** The metrics, in Prometheus text. */
  metrics(): Promise<string>
  /** Replaces the servers. @throws KairosError BAD_MODEL for an unknown type or model */
  setFleet(servers: readonly FleetServer[]): void
  /**
   * Uses other certificates for new connections. Connections to servers are opened again if theirs have changed; requests
   * that run there are answered first.
   *
   * @throws KairosError BAD_USAGE if a certificate cannot be used; nothing is changed then
   */
  setTls(changed: Pick<RouterOptions, 'tls' | 'serverTls'>): void
  /**
   * Says that it is not ready, still serves for `lameDuckMs` (0 unless given), so that load balancers learn of it, then
   * accepts no more requests, waits for those that it has (`timeoutMs` at most), and stops.
   */
  close(timeoutMs?: number, lameDuckMs?: number): Promise<void>
}

const CERTIFICATES: OptionNames<Pick<RouterOptions, 'tls' | 'serverTls'>> = { tls: true, serverTls: true }

const MAX_MESSAGE_BYTES = 16 * 2 ** 20

/** Limit of the accepted requests of a model, bytes: memory is bounded whatever the queue. */
const MOST_ACCEPTED_BYTES = 256 * 2 ** 20

const MAX_BUFFERED_BYTES = 256 * 2 ** 20

/** Concurrent requests of one connection. */
const MOST_STREAMS = 256

/** An idle connection is closed after this time, ms. */
const IDLE_MS = 300_000

/** The last answers have this long to be sent before connections are closed, ms. */
const LAST_ANSWERS_MS = 500

/**
 * Starts a router. Clients send it requests in the published protocol or the Open Inference Protocol; the dispatcher
 * decides when each is sent, and to which server. Servers are checked, taken out and put back; a request that fails on
 * one server is tried on another; the slowdown of each server is measured.
 *
 * @throws KairosError BAD_MODEL for a server whose type or model is in no workload; BAD_USAGE for an address that cannot
 *   be listened on, an invalid certificate or an unknown policy
 */
export async function createRouter(options: RouterOptions): Promise<Router> {
  checkGiven(options, OPTIONS)
  const {
    host = '127.0.0.1',
    port,
    adminHost = '127.0.0.1',
    adminPort = 0,
    tls,
    serverTls,
    log,
    queue = 1_000,
  } = options
  const workloads = Array.isArray(options.workload) ? options.workload : [options.workload as Workload]
  const { maxMessageBytes = MAX_MESSAGE_BYTES, admission = 'target', healthIntervalMs = 1_000 } = options
  const { maxConnections, maxBufferedBytes = MAX_BUFFERED_BYTES } = options
  const policy = policyOf(options.policy)
  checkWhole('adminPort', adminPort, 0, LAST_PORT)
  checkWhole('queue', queue, 1)
  checkWhole('maxMessageBytes', maxMessageBytes, 1, 2 ** 31 - 1)
  checkWhole('maxBufferedBytes', maxBufferedBytes, 1)
  checkMs('healthIntervalMs', healthIntervalMs, 1)
  checkChoice('admission', admission, ['target', 'all'])
  workloads.forEach(checkWorkload)
  if (!Array.isArray(options.fleet)) {
    const cure = 'a list of servers is expected; it may be empty'
    throw new KairosError('BAD_USAGE', `is ${options.fleet}`, { field: 'fleet' }, cure)
  }
  const protocols = grpcProtocols(options.method && customProtocol(options.method))
  const { metricsBy = 'type', translate = false, maxWaitMs } = options
  if (maxWaitMs !== undefined) checkMs('maxWaitMs', maxWaitMs, 1)
  checkChoice('metricsBy', metricsBy, METRICS_BY)
  checkSentBatches(options, workloads)
  const metrics = createMetrics(metricsBy)
  const pools = new Map<string, Pool>()
  const slotTable = createSlotTable()
  let tlsOfServers = serverTls
  let channelTls = channelTlsOf(serverTls)
  /** Counts the certificates towards servers. */
  let tlsGeneration = 0
  let fleet: readonly FleetServer[] = []
  let draining = false
  let closed = false
  let health: HealthMethods | undefined

  const advising =
    options.advisor && createAdvising(options.advisor, workloads[0].model, realClock, metrics.registry)
  for (const workload of workloads) {
    const { model } = workload
    if (pools.has(model))
      throw new KairosError('BAD_USAGE', `"${model}" is listed twice`, { field: 'workload' })
    const isAdvised = workload === workloads[0] && advising !== undefined
    const counted = isAdvised ? advising.watch(metrics.events(model)) : metrics.events(model)
    const events = log ? logged(counted, model, log) : counted
    const pool = createPool({
      workload,
      policy,
      limits: { queue, bytes: MOST_ACCEPTED_BYTES, admission, maxWaitMs, healthIntervalMs },
      clock: realClock,
      slotTable,
      sentBatches: options.sentBatches,
      maxMessageBytes,
      // a pool reports a change before it is complete
      events: watched(events, () => queueMicrotask(() => health?.refresh())),
      backendGeneration: () => tlsGeneration,
      openBackend: (server) =>
        openGrpcBackend(server, { model, tls: channelTls, maxMessageBytes, protocols, translate }),
    })
    pools.set(model, pool)
  }
  const setFleet = (servers: readonly FleetServer[]) => {
    // a fleet file may change while the router closes
    if (closed) return
    for (const [model, own] of serversByModel(servers, workloads)) pools.get(model)!.setServers(own)
    fleet = servers
  }
  const bufferedBytes = limitBufferedBytes(maxBufferedBytes, metrics.unread)
  const isServing = (model?: string) => {
    const asked = model === undefined ? [...pools.values()] : [pools.get(model)!]
    return !draining && asked.some((pool) => pool.up > 0)
  }
  try {
    setFleet(options.fleet)
    const services = ['', 'grpc.Scheduler', 'inference.GRPCInferenceService'].map(
      (name) => [name, () => isServing()] as const,
    )
    const models = Array.from(pools.keys(), (model) => [model, () => isServing(model)] as const)
    health = healthMethods(new Map([...services, ...models]))
    const { unknownModel } = metrics
    const front = { protocols, pools, translate, clock: realClock, draining: () => draining, unknownModel }
    const limits = { maxMessageBytes, bufferedBytes }
    const grpc = createGrpcServer({
      methods: new Map([...routerMethods(front), ...health.methods]),
      maxMessageBytes,
      maxStreams: MOST_STREAMS,
      idleMs: IDLE_MS,
      bufferedBytes,
      onOther: (stream, headers, counted) =>
        answerRest(front, http2Exchange(stream, headers, counted, limits)),
    })
    const http = createHttpServer({ keepAliveTimeout: IDLE_MS }, (request, response) => {
      answerRest(front, httpExchange(request, response, limits))
    })
    const clientPort = openPort({ grpc, http }, tls)
    const listening = await accept(clientPort, {
      host,
      port,
      maxConnections,
      useOf: bufferedBytes.useOf,
    })
    metrics.watch(() => pools.values(), {
      connections: () => listening.connections,
      heldBytes: () => bufferedBytes.heldBytes,
    })
    advising?.start(() => pools.get(workloads[0].model)!.servers())
    const notReady = () => whyNotReady([...pools.values()], draining)
    const admin = await serveAdmin(adminHost, adminPort, metrics.registry, notReady).catch(async (error) => {
      await listening.close(0)
      throw error
    })
    return {
      address: listening.address,
      adminAddress: admin.address,
      servers: () => [...pools.values()].flatMap((pool) => pool.servers()),
      metrics: () => metrics.registry.metrics(),
      setFleet,
      setTls(changed) {
        checkGiven(changed, CERTIFICATES)
        if ((changed.tls === undefined) !== (tls === undefined)) {
          const cure = 'TLS is turned on or off by a restart'
          throw new KairosError('BAD_USAGE', 'cannot be turned on or off', { field: 'tls' }, cure)
        }
        const isSame = sameTls(tlsOfServers, changed.serverTls)
        const next = isSame ? channelTls : channelTlsOf(changed.serverTls)
        if (changed.tls) clientPort.setTls(changed.tls)
        if (isSame) return
        tlsOfServers = changed.serverTls
        channelTls = next
        tlsGeneration++
        setFleet(fleet)
      },
      async close(timeoutMs = 0, lameDuckMs = 0) {
        draining = true
        advising?.stop()
        health?.refresh()
        if (lameDuckMs > 0) await new Promise((resolve) => setTimeout(resolve, lameDuckMs))
        const drained = Promise.all([...pools.values()].map((pool) => pool.drain()))
        await within(timeoutMs, drained)
        closed = true
        for (const pool of pools.values()) pool.close()
        await listening.close(Math.min(timeoutMs, LAST_ANSWERS_MS))
        bufferedBytes.end()
        await admin.close()
      },
    }
  } catch (error) {
    advising?.stop()
    for (const pool of pools.values()) pool.close()
    bufferedBytes.end()
    throw error
  }
}

/** @throws KairosError BAD_USAGE if a certificate cannot be used */
function channelTlsOf(tls: ClientTls | undefined): ChannelTls | undefined {
  return tls && { context: clientContext(tls), serverName: tls.serverName }
}

function sameTls(a: ClientTls | undefined, b: ClientTls | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  const same = (x?: Buffer, y?: Buffer) => (x && y ? x.equals(y) : x === y)
  return same(a.ca, b.ca) && same(a.cert, b.cert) && same(a.key, b.key) && a.serverName === b.serverName
}

/** Waits for work, `timeoutMs` at most. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([work, over])
  clearTimeout(timer)
}
