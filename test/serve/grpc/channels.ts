/** Channels of a test, and servers of bare HTTP/2 or TCP for them. */
import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Server, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { openChannel } from '../../../src/serve/grpc/client/channel.ts'
import type { CallResult } from '../../../src/serve/grpc/client/client-call.ts'
import type { Headers } from '../../../src/serve/grpc/headers.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { raw } from '../raw-method.ts'

export const method = raw(scheduler.Serve)
const { path } = method

/** A channel, closed after the test, and its calls. */
export function channelTo(address: string, maxMessageBytes = 2 ** 20) {
  const channel = openChannel(address, { maxMessageBytes, limitCure: '; raise it' })
  onTestFinished(() => channel.close())
  const ask = (message = Buffer.alloc(1), headers: Headers = {}, timeoutMs = 5_000) =>
    new Promise<CallResult>((resolve) => channel.call({ path, message, headers, timeoutMs }, resolve))
  return { channel, ask }
}

/** A server of bare HTTP/2. */
export async function bareServer(answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void) {
  const server = createServer()
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    stream.resume()
    answer(stream, headers)
  })
  return addressOf(server as unknown as Server)
}

interface Answer {
  readonly head?: OutgoingHttpHeaders
  /** The status OK unless given. */
  readonly trailers?: OutgoingHttpHeaders
}

/**
 * Answers a call of gRPC.
 *
 * @param body the frames of the messages
 */
export function answerCall(
  stream: ServerHttp2Stream,
  body?: Buffer,
  { head, trailers = { 'grpc-status': '0' } }: Answer = {},
): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...head }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  stream.end(body)
}

export async function addressOf(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
