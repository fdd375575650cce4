/** A server of files on loopback, as shared storage. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface TraceServer {
  /** Ends with a slash. */
  readonly url: string
  /** The paths that were asked for. */
  readonly asked: string[]
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** @param answer by path; a text is the content of a file. Other paths are not there */
export async function serveTraces(answers: Record<string, Answer | string>): Promise<TraceServer> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    asked.push(path)
    const answer = answers[path]
    if (typeof answer === 'function') return answer(request, response)
    response.statusCode = answer === undefined ? 404 : 200
    response.end(answer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, asked }
}
