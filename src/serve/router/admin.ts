import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { KairosError } from '../../model/errors.ts'

export interface Admin {
  readonly address: string
  close(): Promise<void>
}

/** Serves /metrics, /healthz (the process lives) and /readyz (requests can be served) over HTTP. */
export async function serveAdmin(
  host: string,
  port: number,
  registry: Registry,
  whyNotReady: () => string | undefined,
): Promise<Admin> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') reply(response, 405, 'GET is what there is')
    else if (path === '/healthz') reply(response, 200, 'ok')
    else if (path === '/readyz') {
      const reason = whyNotReady()
      reply(response, reason === undefined ? 200 : 503, reason ?? 'ready')
    } else if (path === '/metrics') {
      registry.metrics().then(
        (text) => reply(response, 200, text, registry.contentType),
        (error: Error) => reply(response, 500, error.message),
      )
    } else reply(response, 404, 'there is /metrics, /healthz and /readyz')
  })
  server.maxConnections = 64
  server.requestTimeout = 5_000
  server.headersTimeout = 5_000
  server.listen(port, host)
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
