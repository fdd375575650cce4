import { createServer } from 'node:http'
import { type ClientHttp2Session, connect as http2, type IncomingHttpHeaders } from 'node:http2'
import { onTestFinished } from 'vitest'
import { accept } from '../../../src/serve/grpc/accept.ts'
import { limitBufferedBytes } from '../../../src/serve/grpc/buffered-bytes.ts'
import { openPort } from '../../../src/serve/grpc/port.ts'
import { createGrpcServer, type Method } from '../../../src/serve/grpc/server/server.ts'
import { LARGER_LIMIT } from '../../../src/serve/grpc/status.ts'
import type { ServerTls } from '../../../src/serve/grpc/tls.ts'
import { connect } from '../grpc-js-client.ts'

interface ServeOptions {
  readonly maxMessageBytes?: number
  readonly limitBytes?: number
  readonly idleMs?: number
  readonly quietMs?: number
  readonly tls?: ServerTls
}

/** A server of our own with methods by path, a client of grpc-js, and raw HTTP/2; gone after the test. */
export async function serveMethods(
  methods: Record<string, Method>,
  { maxMessageBytes = 2 ** 20, limitBytes = 2 ** 26, idleMs = 60_000, quietMs, tls }: ServeOptions = {},
) {
  const bufferedBytes = limitBufferedBytes(limitBytes)
  const grpc = createGrpcServer({
    methods: new Map(Object.entries(methods)),
    maxMessageBytes,
    limitCure: LARGER_LIMIT,
    maxStreams: 256,
    idleMs,
    quietMs,
    bufferedBytes,
  })
  const listening = await accept(openPort({ grpc, http: createServer() }, tls))
  const client = connect(listening.address)
  const scheme = tls ? 'https' : 'http'
  const session = http2(`${scheme}://${listening.address}`, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  onTestFinished(async () => {
    client.close()
    session.destroy()
    bufferedBytes.end()
    await listening.close(0)
  })
  return { grpc, listening, client, session, bufferedBytes }
}

interface RawResponse {
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders | undefined
  readonly body: Buffer
  readonly resetCode: number
}

/** Sends raw chunks as a request; an undefined chunk ends it. */
export function requestRaw(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  chunks: readonly (Buffer | undefined)[],
): Promise<RawResponse> {
  const stream = session.request({
    ':method': 'POST',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
  for (const chunk of chunks) chunk === undefined ? stream.end() : stream.write(chunk)
  return new Promise((resolve) => {
    let head: IncomingHttpHeaders = {}
    let trailers: IncomingHttpHeaders | undefined
    const body: Buffer[] = []
    stream.on('response', (received) => {
      head = received
    })
    stream.on('trailers', (received) => {
      trailers = received
    })
    stream.on('data', (chunk) => body.push(chunk))
    stream.on('error', () => undefined)
    stream.on('close', () => {
      resolve({ headers: head, trailers, body: Buffer.concat(body), resetCode: stream.rstCode ?? 0 })
    })
  })
}

export const frameHex = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
