import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { checkMs } from '../../model/checks.ts'
import type { FleetServer } from '../../model/fleet/fleet.ts'
import { realClock } from '../clock.ts'
import { accept } from '../grpc/accept.ts'
import { limitBufferedBytes } from '../grpc/buffered-bytes.ts'
import { openPort } from '../grpc/port.ts'
import { createGrpcServer } from '../grpc/server/server.ts'
import { LARGER_LIMIT } from '../grpc/status.ts'
import { type ExchangeLimits, http2Exchange, httpExchange } from '../http/exchange.ts'
import { isRefusedByNode, requestFault } from '../http/request-fault.ts'
import { HEALTH_SERVICES } from '../protocols/health.ts'
import { type HealthMethods, healthMethods } from '../protocols/health-methods.ts'
import { serveAdmin, whyNotReady } from './admin.ts'
import { createAdvising } from './advice.ts'
import { createCertificateExpiry } from './certificates.ts'
import { drain } from './drain.ts'
import { createEventLog, guardedLog } from './events.ts'
import { createFailedHandshakes } from './failed-handshakes.ts'
import type { ServerStatus } from './fleet/server-status.ts'
import { type Front, isAnyReady, isReady, routerMethods } from './fronts/front.ts'
import { answerRest } from './fronts/rest-front.ts'
import { addGauges } from './gauges.ts'
import { createMetrics } from './metrics.ts'
import { createModelPools } from './model-pools.ts'
import { warnOfFewFiles } from './open-files.ts'
import { checkedOptions, checkTlsChange, type RouterOptions } from './router-options.ts'
import { createSpacedLines } from './spaced-lines.ts'

/** A running router. */
export interface Router {
  /** `host:port` for clients, and of the HTTP endpoints. */
  readonly address: string
  readonly adminAddress: string
  /** The state of each server. */
  servers(): ServerStatus[]
  /** The metrics, in Prometheus text. */
  metrics(): Promise<string>
  /** Replaces the servers. @throws KairosError BAD_USAGE for a bad server; BAD_MODEL for an unknown type or model */
  setFleet(servers: readonly FleetServer[]): void
  /**
   * Uses other certificates for new connections. Connections to servers are opened again if theirs have changed;
   * requests that run there are answered first. TLS stays on or off on each side: give `tls` if the router was made
   * with it, and `serverTls` likewise.
   *
   * @throws KairosError BAD_USAGE if a certificate cannot be used, or TLS would be turned on or off; nothing changes
   */
  setTls(changed: Pick<RouterOptions, 'tls' | 'serverTls'>): void
  /**
   * Says that it is not ready, still serves for `lameDuckMs` (0 unless given), so that load balancers learn of it, then
   * refuses connections, reads the requests that have arrived on those that clients have opened, accepts no more
   * requests, waits for those that it has, and stops. From the refusals on this takes `timeoutMs` at most (0 unless
   * given), and the time of the last answers.
   *
   * @throws KairosError BAD_USAGE for times that are not from 0 to 2^31 - 1 ms; the router goes on then
   */
  close(timeoutMs?: number, lameDuckMs?: number): Promise<void>
}

/** Concurrent requests of one connection. */
const MAX_STREAMS = 256

/** An idle connection is closed after this time, ms. */
const IDLE_MS = 300_000

/** The last answers have this long to be sent before connections are closed, ms. */
const LAST_ANSWERS_MS = 500

const UNANSWERED =
  'the time to drain is over: open requests end without an answer; a longer --drain-ms gives them time'

/** Time between two lines about connections that are closed for new ones, ms. */
const BETWEEN_LINES_MS = 60_000

const REPLACED =
  'connections of clients are closed for new ones, the least used first: raise --max-connections, or find the client that opens so many'

/** Starts a router. `createRouter` of src/serve.ts says how, and what is thrown. */
export async function createRouter(options: RouterOptions): Promise<Router> {
  const settings = checkedOptions(options)
  const { workloads, protocols, translate, advisor, tls } = settings
  const { host, port, adminHost, adminPort, maxConnections, maxMessageBytes } = settings
  const log = settings.log && guardedLog(settings.log)
  const eventLog = log && createEventLog(log, realClock)
  const metrics = createMetrics()
  let isDraining = false
  let health: HealthMethods | undefined
  const [{ model: advised }] = workloads
  const advising = advisor && createAdvising(advisor, advised, realClock, metrics.registry)
  // a pool reports a change before it is complete
  const refreshHealth = () => queueMicrotask(() => health?.refresh())
  const healthListener = { serverUp: refreshHealth, ejected: refreshHealth, serverRemoved: refreshHealth }
  const listenersOf = (model: string) => [
    metrics.listener(model),
    ...(advising !== undefined && model === advised ? [advising.listener] : []),
    ...(eventLog ? [eventLog.listener(model)] : []),
    healthListener,
  ]
  const pools = createModelPools(settings, listenersOf)
  const bufferedBytes = limitBufferedBytes(settings.maxBufferedBytes, metrics.unread, metrics.closedForBytes)
  const expiry = createCertificateExpiry(log)
  const handshakes = createFailedHandshakes(realClock, metrics.failedHandshake, log)
  const replaced = createSpacedLines<undefined>(realClock, BETWEEN_LINES_MS, (_, connections) => {
    log?.warn({ connections, maxConnections }, REPLACED)
  })
  /** Writes the lines that are due, and no more. */
  const endLines = () => {
    handshakes.stop()
    replaced.stop()
    eventLog?.stop()
  }
  try {
    pools.setFleet(settings.fleet)
    const { unknownModel, malformed } = metrics
    const draining = () => isDraining
    const front: Front = { protocols, pools: pools.byModel, translate, draining, unknownModel, malformed }
    health = healthOf(front)
    const limits = { maxMessageBytes, bufferedBytes, isDraining: draining }
    const clientPort = openPort(serversOf(front, health, limits), tls, handshakes.add)
    const { useOf } = bufferedBytes
    const onReplaced = () => {
      metrics.replacedConnection()
      replaced.add('', undefined)
    }
    const bounds = { maxConnections, useOf, onReplaced }
    const listening = await accept(clientPort, { host, port, ...bounds })
    addGauges(metrics.registry, settings.metricsBy, pools.all, {
      connections: () => listening.connections,
      heldBytes: () => bufferedBytes.heldBytes,
      expirySeconds: expiry.seconds,
    })
    expiry.set(settings)
    if (log) await warnOfFewFiles(metrics.registry, { maxConnections, servers: settings.fleet.length }, log)
    advising?.start(() => pools.byModel.get(advised)!.servers())
    const shown = {
      notReady: async () => whyNotReady(pools.all, isDraining),
      metrics: () => metrics.registry.metrics(),
    }
    const admin = await serveAdmin(adminHost, adminPort, shown).catch(async (error) => {
      await listening.close(0)
      throw error
    })
    return {
      address: listening.address,
      adminAddress: admin.address,
      servers: () => pools.all.flatMap((pool) => pool.servers()),
      metrics: shown.metrics,
      setFleet: pools.setFleet,
      setTls(changed) {
        checkTlsChange(settings, changed)
        const changeServers = pools.prepareTls(changed.serverTls)
        if (changed.tls) clientPort.setTls(changed.tls)
        changeServers()
        expiry.set(changed)
      },
      async close(timeoutMs = 0, lameDuckMs = 0) {
        checkMs('timeoutMs', timeoutMs, 0)
        checkMs('lameDuckMs', lameDuckMs, 0)
        isDraining = true
        advising?.stop()
        health?.refresh()
        if (lameDuckMs > 0) await new Promise((resolve) => setTimeout(resolve, lameDuckMs))
        await drain({ port: clientPort, listening, pools: pools.all }, timeoutMs)
        const requests = pools.close()
        if (requests > 0) log?.warn({ requests, timeoutMs }, UNANSWERED)
        endLines()
        await listening.close(Math.min(timeoutMs, LAST_ANSWERS_MS))
        bufferedBytes.end()
        await admin.close()
      },
    }
  } catch (error) {
    advising?.stop()
    pools.close()
    bufferedBytes.end()
    endLines()
    throw error
  }
}

/** The health of the router, of its protocols, and of each model. */
function healthOf(front: Front): HealthMethods {
  return healthMethods(
    new Map([
      ...HEALTH_SERVICES.map((name) => [name, () => isAnyReady(front)] as const),
      ...Array.from(front.pools, ([model, pool]) => [model, () => isReady(front, pool)] as const),
    ]),
    front.malformed,
  )
}

/** What answers the clients: over gRPC and HTTP/2, and over HTTP/1.1. */
function serversOf(front: Front, health: HealthMethods, limits: ExchangeLimits) {
  const { maxMessageBytes, bufferedBytes } = limits
  const grpc = createGrpcServer({
    methods: new Map([...routerMethods(front), ...health.methods]),
    maxMessageBytes,
    limitCure: LARGER_LIMIT,
    maxStreams: MAX_STREAMS,
    idleMs: IDLE_MS,
    bufferedBytes,
    onOther: (stream, headers, counted) => answerRest(front, http2Exchange(stream, headers, counted, limits)),
  })
  const answer: RequestListener = (request, response) => {
    if (isRefusedByNode(request)) return
    const exchange = httpExchange(request, response, limits)
    const fault = requestFault(request)
    if (fault === undefined) return answerRest(front, exchange)
    const headers = { 'content-type': 'application/json', connection: 'close' }
    exchange.respond(fault.status, headers, JSON.stringify({ error: fault.problem }))
  }
  const http = createHttpServer({ keepAliveTimeout: IDLE_MS }, answer)
  // by default Node drops headers beyond about 1,000 without a word; their size is bounded
  http.maxHeadersCount = 0
  // the exchange asks for the body, or refuses it by its length
  http.on('checkContinue', answer)
  return { grpc, http }
}
