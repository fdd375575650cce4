import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { listenOn } from '../grpc/accept.ts'
import { requestFault } from '../http/request-fault.ts'
import type { Pool } from './pool/pool.ts'

/** Why a router is not ready; undefined if it is. It is ready if it can serve one of its models. */
export function whyNotReady(
  pools: readonly Pick<Pool, 'up' | 'refusingMs'>[],
  draining: boolean,
): string | undefined {
  if (draining) return 'shutting down'
  const able = pools.filter(({ up }) => up > 0)
  if (able.length === 0) return 'no server can serve'
  if (able.some(({ refusingMs }) => refusingMs === 0)) return undefined
  const seconds = Math.floor(Math.min(...able.map(({ refusingMs }) => refusingMs)) / 1_000)
  return `all requests have been refused for ${seconds} s`
}

/** What the endpoints show. */
interface Shown {
  /** Why requests cannot be served; undefined if they can. */
  notReady(): Promise<string | undefined>
  /** In Prometheus text. */
  metrics(): Promise<string>
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Serves /metrics, /healthz (the process runs) and /readyz (requests can be served) over HTTP. */
export function serveAdmin(host: string, port: number, { notReady, metrics }: Shown) {
  const answer = async (path: string | undefined, response: ServerResponse) => {
    if (path === '/healthz') return reply(response, 200, 'ok')
    if (path === '/metrics') return reply(response, 200, await metrics(), METRICS_TYPE)
    if (path !== '/readyz') return reply(response, 404, 'not found: use /metrics, /healthz or /readyz')
    const reason = await notReady()
    return reply(response, reason === undefined ? 200 : 503, reason ?? 'ready')
  }
  return listenAdmin(host, port, ({ url }, response) => {
    answer(url?.split('?')[0], response).catch((error: Error) => reply(response, 500, error.message))
  })
}

/** A connection that is slower than this with its request is closed, ms. */
const SLOW_MS = 2_000

/** How often connections are checked for that, ms. */
const CHECK_MS = 500

/** Above this number of connections, a new one replaces the oldest without a request, or is closed if all have one. */
const MOST_CONNECTIONS = 64

/** The most requests of a connection whose answers are not sent yet: beyond it the connection is closed. */
const MOST_OPEN = 4

/** The options that give the address. */
export const ADMIN_ADDRESS = { host: 'adminHost', port: 'adminPort' }

/**
 * Opens a port for probes, which are GET or HEAD. Connections that send no request do not keep others out, and those
 * that send many and do not read the answers are closed.
 *
 * @throws KairosError BAD_USAGE if the address cannot be listened on
 */
export async function listenAdmin(host: string, port: number, handle: RequestListener) {
  /** Connections without a request, the oldest first. */
  const idle = new Set<Socket>()
  /** Requests whose answers are not sent yet, by connection. */
  const open = new WeakMap<Socket, number>()
  let connections = 0
  const timeouts = { requestTimeout: SLOW_MS, headersTimeout: SLOW_MS, connectionsCheckingInterval: CHECK_MS }
  const answer: RequestListener = (request, response) => {
    const { socket } = request
    const before = open.get(socket) ?? 0
    if (before === MOST_OPEN) return void socket.destroy()
    open.set(socket, before + 1)
    const fault = requestFault(request)
    // no body is asked for: what follows is a body or the next request
    if (fault !== undefined || request.headers.expect !== undefined) response.setHeader('connection', 'close')
    idle.delete(socket)
    response.on('close', () => {
      const left = open.get(socket)! - 1
      open.set(socket, left)
      if (left === 0 && !socket.destroyed) idle.add(socket)
    })
    if (fault !== undefined) reply(response, fault.status, fault.problem)
    else if (request.method === 'GET' || request.method === 'HEAD') handle(request, response)
    else reply(response, 405, 'only GET is allowed')
  }
  const server = createServer(timeouts, answer)
  // as for clients: a fault may stand behind headers that Node drops by default
  server.maxHeadersCount = 0
  server.on('checkContinue', answer)
  server.on('connection', (socket) => {
    const [oldest] = idle
    if (connections >= MOST_CONNECTIONS) (oldest ?? socket).destroy()
    connections++
    idle.add(socket)
    socket.on('close', () => {
      connections--
      idle.delete(socket)
    })
  })
  // each of several processes has its own
  const { address } = await listenOn(server, { host, port, exclusive: true }, ADMIN_ADDRESS)
  return {
    address,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Answers with a line of text, or with several that end in a line break. */
function reply(
  response: ServerResponse,
  code: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(code, { 'content-type': type }).end(text.endsWith('\n') ? text : `${text}\n`)
}
