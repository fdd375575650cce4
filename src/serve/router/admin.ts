import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { KairosError } from '../../model/errors.ts'
import type { Pool } from './pool.ts'

export interface Admin {
  readonly address: string
  close(): Promise<void>
}

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

/** Serves /metrics, /healthz (the process runs) and /readyz (requests can be served) over HTTP. */
export async function serveAdmin(
  host: string,
  port: number,
  registry: Registry,
  notReady: () => string | undefined,
): Promise<Admin> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') reply(response, 405, 'only GET is allowed')
    else if (path === '/healthz') reply(response, 200, 'ok')
    else if (path === '/readyz') {
      const reason = notReady()
      reply(response, reason === undefined ? 200 : 503, reason ?? 'ready')
    } else if (path === '/metrics') {
      registry.metrics().then(
        (text) => reply(response, 200, text, registry.contentType),
        (error: Error) => reply(response, 500, error.message),
      )
    } else reply(response, 404, 'not found: use /metrics, /healthz or /readyz')
  })
  server.maxConnections = 64
  server.requestTimeout = 5_000
  server.headersTimeout = 5_000
  // each of several processes has its own
  server.listen({ port, host, exclusive: true })
  await once(server, 'listening').catch((error: Error) => {
    const problem = `cannot listen on ${host}:${port}: ${error.message}`
    throw new KairosError('BAD_USAGE', problem, { field: 'adminPort' }, 'choose another port', {
      cause: error,
    })
  })
  const { port: chosen } = server.address() as AddressInfo
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${chosen}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function reply(
  response: ServerResponse,
  code: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(code, { 'content-type': type }).end(text.endsWith('\n') ? text : `${text}\n`)
}
