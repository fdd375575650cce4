import { Server } from '@grpc/grpc-js'
import { policyOf } from '../../dispatch/policies.ts'
import type { Policy } from '../../dispatch/policy.ts'
import { checkChoice, checkGiven, checkMs, checkWhole } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet.ts'
import { checkWorkload, type Workload } from '../../model/workload.ts'
import { limitBufferedBytes } from '../grpc/buffered-bytes.ts'
import type { ClientTls } from '../grpc/connect.ts'
import { addHealthService, type HealthService } from '../grpc/health-service.ts'
import { LAST_PORT, listen, type ServerTls } from '../grpc/listen.ts'
import { serveAdmin } from './admin.ts'
import { openGrpcBackend } from './backend.ts'
import type { PoolEvents } from './events.ts'
import { addRouterServices } from './front.ts'
import type { Clock } from './job.ts'
import type { ServerStatus } from './member.ts'
import { createMetrics } from './metrics.ts'
import { createPool, type Pool } from './pool.ts'
import { whyNotReady } from './readiness.ts'

/** Where a router logs: pino, or anything with its methods. Of a request it gets size and times only. */
export interface RouterLog {
  /** Called for single requests. */
  debug(fields: object, message: string): void
  /** Called for changes of the fleet. */
  info(fields: object, message: string): void
  /** Called for failures of servers. */
  warn(fields: object, message: string): void
}

/** What a router serves, where, and within which limits. */
export interface RouterOptions {
  /** What is served: latency table, target and percentile of each model. */
  readonly workload: Workload | readonly Workload[]
  /** The servers to begin with. One without a model serves that of the first workload. */
  readonly fleet: readonly FleetServer[]
  /** A policy or its name; `priced` unless given. */
  readonly policy?: Policy | string | undefined
  /** Where clients are listened to: 127.0.0.1 and a free port unless given. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** Where /metrics, /healthz and /readyz are, on the same host; a free port unless given. */
  readonly adminPort?: number | undefined
  /** Certificates for clients, and for servers. */
  readonly tls?: ServerTls | undefined
  readonly serverTls?: ClientTls | undefined
  /** Requests of a model that may wait; 1,000 unless given. */
  readonly queue?: number | undefined
  /** `target` (unless given): what is going to be late is refused once too many are; `all`: it is not. */
  readonly admission?: 'target' | 'all' | undefined
  /** Largest message, bytes; 16 MiB unless given. */
  readonly maxMessageBytes?: number | undefined
  /** Connections of clients; 1,024 unless given. */
  readonly maxConnections?: number | undefined
  /** Between health checks of a server, ms; 1,000 unless given. */
  readonly healthIntervalMs?: number | undefined
  readonly log?: RouterLog | undefined
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
  /** From now on these servers and no others. @throws KairosError BAD_MODEL for an unknown type or model */
  setFleet(servers: readonly FleetServer[]): void
  /** Takes no more requests, answers those that it has (for `timeoutMs` at most), and ends. */
  close(timeoutMs?: number): Promise<void>
}

const MAX_MESSAGE_BYTES = 16 * 2 ** 20

/** Bytes of the requests of a model that wait or run: whatever the queue, memory is bounded. */
const MOST_BYTES = 256 * 2 ** 20

/** Bytes that clients may keep here by not ending their requests, or not reading their answers. */
const MOST_HELD_BYTES = 256 * 2 ** 20

/** Requests at once on one connection. */
const MOST_STREAMS = 256

/** An idle connection is closed after this long, ms. */
const IDLE_MS = 300_000

const realClock: Clock = {
  now: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

/**
 * Starts a router: clients speak the published protocol or the Open Inference Protocol to it; it queues,
 * decides with the dispatcher, passes on and answers. Servers are checked, taken out and put in again; a request
 * on a server that fails is tried elsewhere; what the latency table says is corrected by what is measured.
 *
 * @throws KairosError BAD_MODEL for a server whose type or model no workload has; BAD_USAGE for an address that
 *   cannot be listened on, a certificate that cannot be used or a policy that does not exist
 */
export async function createRouter(options: RouterOptions): Promise<Router> {
  checkGiven(options)
  const { host = '127.0.0.1', port, adminPort = 0, tls, serverTls, log, queue = 1_000 } = options
  const workloads = Array.isArray(options.workload) ? options.workload : [options.workload as Workload]
  const { maxMessageBytes = MAX_MESSAGE_BYTES, admission = 'target', healthIntervalMs = 1_000 } = options
  const policy = policyOf(options.policy)
  checkWhole('adminPort', adminPort, 0, LAST_PORT)
  checkWhole('queue', queue, 1)
  checkWhole('maxMessageBytes', maxMessageBytes, 1, 2 ** 31 - 1)
  checkMs('healthIntervalMs', healthIntervalMs, 1)
  checkChoice('admission', admission, ['target', 'all'])
  workloads.forEach(checkWorkload)
  if (!Array.isArray(options.fleet)) {
    const cure = 'a list of servers is expected; it may be empty'
    throw new KairosError('BAD_USAGE', `is ${options.fleet}`, { field: 'fleet' }, cure)
  }
  const metrics = createMetrics()
  const pools = new Map<string, Pool>()
  let draining = false
  let closed = false
  let health: HealthService | undefined

  for (const workload of workloads) {
    const { model } = workload
    if (pools.has(model))
      throw new KairosError('BAD_USAGE', `"${model}" is there twice`, { field: 'workload' })
    const events = logged(metrics.events(model), model, log)
    const pool = createPool({
      workload,
      policy,
      limits: { queue, bytes: MOST_BYTES, admission, healthIntervalMs },
      clock: realClock,
      events: watched(events, () => queueMicrotask(() => health?.refresh())),
      openBackend: (server) => openGrpcBackend(server, { model, tls: serverTls, maxMessageBytes }),
    })
    pools.set(model, pool)
  }
  const setFleet = (servers: readonly FleetServer[]) => {
    // a fleet file may change while the last requests are answered
    if (closed) return
    for (const [model, own] of byModel(servers, workloads)) pools.get(model)!.setServers(own)
  }
  const bufferedBytes = limitBufferedBytes(MOST_HELD_BYTES)
  const server = new Server({
    interceptors: [bufferedBytes.interceptor],
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': MOST_STREAMS,
    'grpc.max_connection_idle_ms': IDLE_MS,
  })
  const ready = () => !draining && [...pools.values()].some((pool) => pool.up > 0)
  try {
    setFleet(options.fleet)
    health = addHealthService(server, pools.keys(), (model) => {
      return model === undefined ? ready() : !draining && pools.get(model)!.up > 0
    })
    addRouterServices(server, {
      pools,
      clock: realClock,
      draining: () => draining,
      unknownModel: metrics.unknownModel,
    })
    const { maxConnections } = options
    const listening = await listen(server, {
      host,
      port,
      tls,
      maxConnections,
      onConnection: bufferedBytes.watch,
    })
    metrics.watch(
      () => pools.values(),
      () => listening.connections,
    )
    const admin = await serveAdmin(host, adminPort, metrics.registry, () =>
      whyNotReady([...pools.values()], draining),
    ).catch(async (error) => {
      await listening.close(0)
      throw error
    })
    return {
      address: listening.address,
      adminAddress: admin.address,
      servers: () => [...pools.values()].flatMap((pool) => pool.servers()),
      metrics: () => metrics.registry.metrics(),
      setFleet,
      async close(timeoutMs = 0) {
        draining = true
        health?.refresh()
        const empty = Promise.all([...pools.values()].map((pool) => pool.drain()))
        await within(timeoutMs, empty)
        closed = true
        for (const pool of pools.values()) pool.close()
        // the last answers are on their way
        await listening.close(Math.min(timeoutMs, 500))
        bufferedBytes.end()
        await admin.close()
      },
    }
  } catch (error) {
    for (const pool of pools.values()) pool.close()
    bufferedBytes.end()
    throw error
  }
}

/** The servers of each model. */
function byModel(
  servers: readonly FleetServer[],
  workloads: readonly Workload[],
): Map<string, FleetServer[]> {
  const own = new Map<string, FleetServer[]>(workloads.map(({ model }) => [model, []]))
  for (const server of servers) {
    // with one workload, every server serves it, whatever it calls it
    const model = workloads.length === 1 ? workloads[0].model : (server.model ?? workloads[0].model)
    const found = own.get(model)
    if (!found) {
      const problem = `${server.address} serves "${model}", of which there is no workload`
      throw new KairosError(
        'BAD_MODEL',
        problem,
        { field: 'model' },
        `there is ${[...own.keys()].join(', ')}`,
      )
    }
    found.push(server)
  }
  for (const workload of workloads) {
    for (const { address, type } of own.get(workload.model)!) {
      if (workload.latency.types.includes(type)) continue
      const problem = `${address} is of type "${type}", which the table of ${workload.model} lacks`
      throw new KairosError(
        'BAD_MODEL',
        problem,
        { field: 'type' },
        `it has ${workload.latency.types.join(', ')}`,
      )
    }
  }
  return own
}

/** Tells when it may have changed whether a pool can serve. */
function watched(events: PoolEvents, changed: () => void): PoolEvents {
  return {
    ...events,
    joined(address, type) {
      events.joined(address, type)
      changed()
    },
    ejected(address, reason, details) {
      events.ejected(address, reason, details)
      changed()
    },
    left(address) {
      events.left(address)
      changed()
    },
  }
}

function logged(events: PoolEvents, model: string, log: RouterLog | undefined): PoolEvents {
  if (!log) return events
  return {
    ...events,
    answered(figures) {
      events.answered(figures)
      log.debug({ model, ...figures }, 'answered')
    },
    refused(reason) {
      events.refused(reason)
      log.debug({ model, reason }, 'refused')
    },
    retried(address, code) {
      events.retried(address, code)
      log.warn({ model, address, code }, 'a request is tried elsewhere')
    },
    joined(address, type) {
      events.joined(address, type)
      log.info({ model, address, type }, 'a server can serve')
    },
    ejected(address, reason, details) {
      events.ejected(address, reason, details)
      log.warn({ model, address, reason, details }, 'a server is taken out')
    },
    awaited(address, details) {
      events.awaited(address, details)
      log.warn({ model, address, details }, 'a server cannot serve yet')
    },
    left(address) {
      events.left(address)
      log.info({ model, address }, 'a server has left the fleet')
    },
  }
}

/** Waits for work, but not for longer than that. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([work, over])
  clearTimeout(timer)
}
