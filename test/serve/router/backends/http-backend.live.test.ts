/** Which servers the checks find to speak HTTP. */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import {
  type AddressInfo,
  createServer as createTcpServer,
  connect as dial,
  type Server,
  type Socket,
} from 'node:net'
import { createServer as createBareTlsServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { clientContext } from '../../../../src/serve/grpc/tls.ts'
import { grpcProtocols } from '../../../../src/serve/protocols/registry.ts'
import { openServerBackend } from '../../../../src/serve/router/backends/backend.ts'
import { type Failure, mayBeOfRequest, type Reply } from '../../../../src/serve/router/job.ts'
import { emulate } from '../live.ts'

const pem = (name: string) => readFileSync(new URL(`../../../fixtures/tls/${name}`, import.meta.url))
const CERTIFICATE = { cert: pem('server.pem'), key: pem('server.key') }
const CA = { ca: pem('ca.pem') }
const CA_OF_ANOTHER = { ca: pem('brief.pem') }
const EXPIRED = { ca: pem('expired.pem') }

/** Says that it lives and that each model is ready, and knows no other path. */
function answer(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) {
  const isKnown = request.url === '/v2/health/live' || request.url === '/v2/models/small/ready'
  response.statusCode = isKnown ? 200 : 404
  response.setHeader('content-type', 'application/json')
  response.end('{}')
}

/** A server of HTTP/1.1 and HTTP/2 over TLS, which answers to HTTP/2 in one way. */
function dualServer(code: number, type: string) {
  return createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, (request, response) => {
    if (request.httpVersionMajor === 1) answer(request, response)
    else response.writeHead(code, { 'content-type': type }).end('{}')
  })
}

async function addressOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

function backendOf(address: string, tls?: Parameters<typeof clientContext>[0]) {
  const options = { model: 'small', maxMessageBytes: 2 ** 20, protocols: grpcProtocols(), translate: false }
  const context = tls && { context: clientContext(tls), serverName: tls.serverName }
  const backend = openServerBackend({ address }, { ...options, tls: context })
  onTestFinished(() => backend.close())
  return backend
}

/** What a check finds: why the server cannot serve, and whether it is spoken to over HTTP. */
async function checked(address: string, tls?: Parameters<typeof clientContext>[0]) {
  const backend = backendOf(address, tls)
  const problem = await backend.check(5_000)
  return { problem, isHttp: backend.rest() !== undefined }
}

test('a server of HTTP/1.1 over TLS that refuses connections for HTTP/2', async () => {
  const address = await addressOf(createTlsServer(CERTIFICATE, answer))
  expect(await checked(address, CA)).toEqual({ problem: undefined, isHttp: true })
  expect((await checked(address, {})).problem).toMatch(
    /UNAVAILABLE it does not speak gRPC \(HTTP\/2\): it may be an HTTP\/1.1 port; over HTTP: .*certificate/,
  )
})

test.each([
  [404, 'application/json'],
  [405, 'application/json'],
  [200, 'text/html'],
])('a server of HTTP/1.1 and HTTP/2 that answers to gRPC with %d and %s', async (code, type) => {
  expect(await checked(await addressOf(dualServer(code, type)), CA)).toEqual({
    problem: undefined,
    isHttp: true,
  })
})

test('a proxy that answers for a server of gRPC which is gone', async () => {
  expect(await checked(await addressOf(dualServer(502, 'text/html')), CA)).toEqual({
    problem: 'UNAVAILABLE the server answered with the HTTP status 502',
    isHttp: false,
  })
})

test.each([503, 404])('a server of HTTP/1.1 whose health check answers %d', async (code) => {
  const address = await addressOf(createServer((_request, response) => response.writeHead(code).end()))
  expect(await checked(address)).toEqual({
    problem: `UNAVAILABLE it speaks HTTP, and its health check /v2/health/live answers ${code}`,
    isHttp: false,
  })
})

test('a port whose 400 over HTTP may say that it requires TLS', async () => {
  const text = 'Client sent an HTTP request to an HTTPS server.'
  const address = await addressOf(createServer((_request, response) => response.writeHead(400).end(text)))
  const { problem } = await checked(address)
  expect(problem).toMatch(/ or a server that requires TLS; over HTTP: its health check .* answers 400$/)
})

test('a server without TLS where it is expected', async () => {
  const address = await addressOf(createServer(answer))
  expect(await checked(address, CA)).toEqual({
    problem: 'UNAVAILABLE no connection: the port does not speak TLS',
    isHttp: false,
  })
})

/** A server of HTTP/1.1. @param http2 what it does with a connection for HTTP/2, once it has read its first bytes */
function serverWith(
  http2: (socket: Socket) => void,
  listen: (serve: (socket: Socket) => void) => Server = createTcpServer,
) {
  const http = createServer(answer)
  return listen((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (first) => {
      socket.unshift(first)
      if (first.toString('latin1').startsWith('PRI ')) http2(socket)
      else http.emit('connection', socket)
    })
  })
}

test.each<[string, (socket: Socket) => void]>([
  ['closes', (socket) => socket.end()],
  ['resets', (socket) => socket.resetAndDestroy()],
])('a server of HTTP/1.1 that %s connections for HTTP/2 without an answer', async (_what, close) => {
  expect(await checked(await addressOf(serverWith(close)))).toEqual({ problem: undefined, isHttp: true })
})

test('a server of HTTP/1.1 over TLS that knows no ALPN, and closes connections for HTTP/2 without an answer', async () => {
  const listen = (serve: (socket: Socket) => void) => createBareTlsServer(CERTIFICATE, serve)
  const address = await addressOf(serverWith((socket) => socket.end(), listen))
  expect(await checked(address, CA)).toEqual({ problem: undefined, isHttp: true })
})

/** A server of gRPC and HTTP. @param closed how many connections for HTTP/2 it closes at first without an answer */
async function bothAfter(closed: number): Promise<string> {
  const grpc = createHttp2Server((_, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc', 'grpc-status': '12' }).end()
  })
  const port = Number((await addressOf(grpc)).split(':')[1])
  let connections = 0
  const address = await addressOf(
    serverWith((socket) => {
      if (connections++ < closed) socket.end()
      else socket.pipe(dial(port, '127.0.0.1')).pipe(socket)
    }),
  )
  return address
}

test('a server of gRPC and HTTP that closes one connection without an answer', async () => {
  const backend = backendOf(await bothAfter(1))
  expect(await backend.check(5_000)).toMatch(/UNAVAILABLE the connection was closed without an answer/)
  expect(await backend.check(5_000)).toBeUndefined()
  expect(backend.rest()).toBeUndefined()
})

test('a server of gRPC and HTTP that closes two is spoken to over HTTP until it is asked again', async () => {
  const backend = backendOf(await bothAfter(2))
  for (let check = 1; check <= 10; check++) {
    expect(await backend.check(5_000)).toBeUndefined()
    expect(backend.rest()).toBeDefined()
  }
  expect(await backend.check(5_000)).toBeUndefined()
  expect(backend.rest()).toBeUndefined()
})

test('a server of HTTP is asked for gRPC less and less often: it may log each of these connections', async () => {
  let connections = 0
  const count = (socket: Socket) => {
    connections++
    socket.end()
  }
  const backend = backendOf(await addressOf(serverWith(count)))
  expect(await backend.check(5_000)).toBeUndefined()
  const atFirst = connections
  const askedAt: number[] = []
  for (let check = 1; check <= 100; check++) {
    const before = connections
    expect(await backend.check(5_000)).toBeUndefined()
    if (connections > before) askedAt.push(check)
  }
  expect(askedAt).toEqual([10, 20, 40, 80])
  expect(connections - atFirst).toBe(4)
})

test('a proxy that lives over HTTP, and knows the model over neither HTTP nor gRPC', async () => {
  const proxy = createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, (request, response) => {
    const isLive = request.httpVersionMajor === 1 && request.url === '/v2/health/live'
    response.writeHead(isLive ? 200 : request.httpVersionMajor === 1 ? 404 : 415).end()
  })
  expect(await checked(await addressOf(proxy), CA)).toEqual({
    problem:
      'the model "small" is not ready (HTTP 404); over gRPC: the server answered with the HTTP status 415',
    isHttp: false,
  })
})

test('a server of HTTP that is not ready does not leave: another program may have taken its address', async () => {
  let isReady = true
  const server = createServer((request, response) => {
    if (isReady || request.url === '/v2/health/live') answer(request, response)
    else response.writeHead(503).end()
  })
  const backend = backendOf(await addressOf(server))
  expect([await backend.check(5_000), backend.isLeaving]).toEqual([undefined, false])
  isReady = false
  const problem = 'the model "small" is not ready (HTTP 503)'
  expect([await backend.check(5_000), backend.isLeaving]).toEqual([problem, false])
})

test('a server of HTTP that is replaced by one of gRPC at its address', async () => {
  const first = createServer(answer)
  const address = await addressOf(first)
  const backend = backendOf(address)
  expect(await backend.check(5_000)).toBeUndefined()
  expect(backend.rest()).toBeDefined()
  first.closeAllConnections()
  await new Promise((resolve) => first.close(resolve))
  await emulate([1, 0], { port: Number(address.split(':')[1]) })
  expect(await backend.check(5_000)).toBeDefined()
  expect(await backend.check(5_000)).toBeUndefined()
  expect(backend.rest()).toBeUndefined()
})

test('a server that refuses the client certificate, and one whose certificate has another name, are named as such', async () => {
  const { servers } = await emulate([1, 0], { tls: { ...CERTIFICATE, clientCa: CA.ca } })
  const refusing = createBareTlsServer({ ...CERTIFICATE, ALPNProtocols: ['h2'] }, (socket) =>
    socket.destroy(),
  )
  expect((await checked(await addressOf(refusing), CA)).problem).toMatch(
    /it may be an HTTP\/1.1 port, a server that refuses the client certificate, or/,
  )
  const { servers: named } = await emulate([1, 0], { tls: CERTIFICATE })
  expect((await checked(servers[0].address, CA)).problem).toMatch(
    /^UNAVAILABLE no connection: the server refuses the client certificate \(tlsv13 alert certificate/,
  )
  expect((await checked(named[0].address, { ...CA, serverName: 'other.test' })).problem).toMatch(
    /other.test.* \(--tls-server-name is another name\)/,
  )
  // another name of 127.0.0.1, which is not in the certificate
  const unnamed = named[0].address.replace('127.0.0.1', '127.1')
  expect((await checked(unnamed, CA)).problem).toMatch(/127\.1.* \(give --tls-server-name\)/)
})

test.each([
  [
    'that no authority has signed',
    'server',
    CA_OF_ANOTHER,
    /unable to .* \(--tls-ca lacks the authority of the server, or/,
  ],
  [
    'that has expired',
    'expired',
    EXPIRED,
    /certificate has expired \(that of the server, or of its authority\)/,
  ],
])(
  'a certificate %s is told with what to change, over gRPC and over HTTP',
  async (_what, name, tls, problem) => {
    const own = { cert: pem(`${name}.pem`), key: pem(`${name}.key`) }
    const { servers } = await emulate([1, 0], { tls: own })
    expect((await checked(servers[0].address, tls)).problem).toMatch(problem)
    const http = await addressOf(createTlsServer(own, answer))
    expect((await checked(http, tls)).problem).toMatch(problem)
  },
)

test.each<[string, number, Failure['origin'], (response: ServerResponse) => void]>([
  ['with an error', 1, 'server', (response) => response.writeHead(500).end('{"error":"no"}')],
  ['with more than is taken', 1, 'limit', (response) => response.end(Buffer.alloc(2 ** 21))],
  ['with nothing, and reads no request', 2 ** 26, 'unread', ({ req }) => req.socket.resetAndDestroy()],
])(
  'a server of HTTP that answers %s is told from the others, and another one is asked',
  async (_what, bytes, origin, infer) => {
    const server = createServer((request, response) => {
      if (request.method === 'POST') infer(response)
      else answer(request, response)
    })
    const backend = backendOf(await addressOf(server))
    expect(await backend.check(5_000)).toBeUndefined()
    const payload = { protocol: 'rest', request: Buffer.alloc(bytes), batch: 1 } as const
    const reply = await new Promise<Reply>((resolve) => backend.send(payload, 0, 5_000, resolve))
    expect(reply).toMatchObject({ kind: 'failure', origin })
    expect(mayBeOfRequest(reply as Failure)).toBe(true)
  },
)

test.each([
  ['a page', 'text/html', '<html></html>', 'the server sent an invalid response of 13 bytes, as text/html'],
  ['nothing', 'application/json', '', 'the server sent an invalid response of 0 bytes, as application/json'],
  [
    'JSON that is cut',
    'application/json',
    '{"outputs":[{"name":"y',
    'the server sent an invalid response of 22 bytes, as application/json',
  ],
])(
  'a server of HTTP that answers with 200 and %s has failed, and what it sent is told',
  async (_what, type, body, details) => {
    const server = createServer((request, response) => {
      if (request.method === 'POST') response.writeHead(200, { 'content-type': type }).end(body)
      else answer(request, response)
    })
    const backend = backendOf(await addressOf(server))
    expect(await backend.check(5_000)).toBeUndefined()
    const payload = { protocol: 'rest', request: Buffer.from('{}'), batch: 1 } as const
    const reply = await new Promise<Reply>((resolve) => backend.send(payload, 0, 5_000, resolve))
    expect(reply).toMatchObject({ kind: 'failure', origin: 'invalid', details })
  },
)
