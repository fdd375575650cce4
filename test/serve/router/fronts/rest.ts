/** Servers of HTTP, and a router in front of servers. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { route, until } from '../live.ts'

interface Received {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export type Answer = readonly [status: number, body: Buffer | string, headers?: Record<string, string>]

/** A server of the Open Inference Protocol over HTTP, which records what it gets. */
export async function restServer(answers: Record<string, Answer> = {}) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = request.url ?? ''
    const isCheck = url === '/v2/health/live' || (url.endsWith('/ready') && answers[url] === undefined)
    if (isCheck) {
      response.end('{}')
      return
    }
    received.push({ url, headers: request.headers, body: Buffer.concat(chunks) })
    const [code, body, headers] = answers[url] ?? [404, '{"error":"no such path"}']
    response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

export const INFER = '/v2/models/small/infer'
export const OUTPUT = '{"model_name":"small","outputs":[]}'
export const requestOf = (batch: number) =>
  `{"inputs":[{"name":"x","shape":[${batch},1],"datatype":"FP32","data":[0]}]}`

/** A router in front of servers, and requests to it over HTTP. */
export async function inFrontOf(servers: { address: string; model?: string }[], options = {}) {
  const fleet = servers.map((server) => ({ ...server, type: 'fast' }))
  const { router, client } = await route({ fleet, ...options })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  const send = (path: string, init?: RequestInit) => fetch(`http://${router.address}${path}`, init)
  const post = (body: string | Buffer, headers: Record<string, string> = {}, path = INFER) =>
    send(path, { method: 'POST', body, headers })
  return { router, client, send, post }
}
