import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import type { CallError } from '../../../../src/serve/grpc/client/client-call.ts'
import { type HttpRequest, type HttpResult, openHttpClient } from '../../../../src/serve/http/client.ts'
import { AnswerLimit } from '../../../../src/serve/stalls.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** A server that answers "ok", and resets kept connections when their next request comes. */
async function forgetfulServer() {
  const sockets = new Set<Socket>()
  let isForgetful = false
  const server = createServer((socket) => {
    sockets.add(socket)
    let requests = 0
    socket.on('error', () => undefined)
    socket.on('data', () => {
      if (isForgetful && requests > 0) return void socket.resetAndDestroy()
      requests++
      // so that requests of one moment have a connection each
      setTimeout(() => socket.write(OK), 50)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as { port: number }
  return {
    address: `127.0.0.1:${port}`,
    connections: () => sockets.size,
    forget() {
      isForgetful = true
    },
  }
}

test('a client that is closed opens no connection', async () => {
  const server = await forgetfulServer()
  const client = openHttpClient(server.address, { maxMessageBytes: 1000 })
  client.close()
  const asked = { method: 'GET', path: '/', headers: {}, timeoutMs: 5_000 } as const
  const result = await new Promise<HttpResult>((resolve) => client.request(asked, resolve))
  expect(result).toMatchObject({ kind: 'error', code: status.UNAVAILABLE, origin: 'connection' })
  expect(server.connections()).toBe(0)
})

test('a request on a kept connection that was closed is sent again on a new one, not on another kept one', async () => {
  const server = await forgetfulServer()
  const client = openHttpClient(server.address, { maxMessageBytes: 1000 })
  onTestFinished(() => client.close())
  const ask = () =>
    new Promise<HttpResult>((resolve) => {
      client.request(
        { method: 'POST', path: '/', headers: {}, body: Buffer.from('x'), timeoutMs: 5_000 },
        resolve,
      )
    })
  const together = await Promise.all([ask(), ask(), ask()])
  expect(together.map(({ kind }) => kind)).toEqual(['response', 'response', 'response'])
  expect(server.connections()).toBe(3)
  server.forget()
  expect(await ask()).toMatchObject({ kind: 'response', status: 200 })
  expect(server.connections()).toBe(4)
})

test('a request that the end of its client cuts off is not sent again', async () => {
  const server = await forgetfulServer()
  const client = openHttpClient(server.address, { maxMessageBytes: 1000 })
  const ask = () =>
    new Promise<HttpResult>((resolve) => {
      const running = client.request({ method: 'GET', path: '/', timeoutMs: 1_000 }, resolve)
      onTestFinished(() => running.cancel())
    })
  expect(await ask()).toMatchObject({ kind: 'response' })
  const cutOff = ask()
  client.close()
  expect(await cutOff).toMatchObject({ kind: 'error', code: status.UNAVAILABLE, origin: 'connection' })
  expect(server.connections()).toBe(1)
})

/** Asks a server that does this with each connection. `heard` is called with each result. */
async function askerOf(serve: (socket: Socket, place: number) => void) {
  let connections = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    serve(socket, connections++)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = `127.0.0.1:${(server.address() as { port: number }).port}`
  const client = openHttpClient(address, { maxMessageBytes: 1000, limitCure: '; raise it' })
  onTestFinished(() => client.close())
  return (
    body: Buffer,
    limits: Partial<HttpRequest> = {},
    heard: (result: HttpResult) => void = () => undefined,
  ) =>
    new Promise<HttpResult>((resolve) => {
      const asked = { method: 'POST', path: '/', headers: {}, body, timeoutMs: 60_000 } as const
      client.request({ ...asked, ...limits }, (result) => {
        heard(result)
        resolve(result)
      })
    })
}

/** A server that answers the first request, and then does this with the second one. */
function askerOfSecond(second: (socket: Socket) => void, other: (socket: Socket) => void) {
  return askerOf((socket, place) => {
    if (place > 0) return void socket.once('data', () => other(socket))
    socket.once('data', () => {
      socket.write(OK)
      socket.once('data', () => second(socket))
    })
  })
}

test('a kept connection with an answer that nobody asked for is closed, and the next request gets a new connection', async () => {
  const sockets: Socket[] = []
  const ask = await askerOf((socket, place) => {
    sockets.push(socket)
    const body = `answer ${place}`
    socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`))
  })
  expect(await ask(Buffer.from('x'))).toMatchObject({ body: Buffer.from('answer 0') })
  expect(await ask(Buffer.from('x'))).toMatchObject({ body: Buffer.from('answer 0') })
  sockets[0].write(OK)
  await once(sockets[0], 'close', { signal: AbortSignal.timeout(2_000) })
  expect(await ask(Buffer.from('x'))).toMatchObject({ body: Buffer.from('answer 1') })
})

/** Waits by the clock of time limits, which stands while the event loop does: on a busy machine their order stays. */
function after(ms: number): Promise<void> {
  return new Promise((resolve) => new AnswerLimit(ms, { expire: resolve }))
}

test('a request that is sent again has the time that is left', async () => {
  const ask = await askerOfSecond(
    (socket) => void after(100).then(() => socket.resetAndDestroy()),
    () => undefined,
  )
  await ask(Buffer.alloc(1))
  const first = await Promise.race([ask(Buffer.alloc(1), { timeoutMs: 400 }), after(450)])
  expect(first).toMatchObject({ kind: 'error', code: status.DEADLINE_EXCEEDED, origin: 'deadline' })
})

test.each([
  ['that may have been computed', (socket: Socket) => void after(300).then(() => socket.resetAndDestroy())],
  [
    'of which the answer has begun',
    (socket: Socket) => void socket.write('HTTP/1.1 200', () => socket.end()),
  ],
])('a request %s is not sent again', async (_what, second) => {
  const ask = await askerOfSecond(second, (socket) => socket.write(OK))
  await ask(Buffer.alloc(1))
  expect(await ask(Buffer.alloc(1))).toMatchObject({ kind: 'error', origin: 'connection' })
})

const TOO_LARGE = 'HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig'

test.each([
  ['answers before it has read the request', TOO_LARGE],
  ['closes the connection', ''],
])(
  'a server that %s: its answer counts if it is read, and no error ends the process',
  async (_what, answer) => {
    const ask = await askerOf((socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write(answer, () => socket.destroy())
      })
    })
    const found = new Set<string>()
    for (let i = 0; i < 30; i++) {
      const result = await ask(Buffer.alloc(8_000_000))
      found.add(
        result.kind === 'response' ? `${result.status} ${result.body}` : `${result.code} ${result.origin}`,
      )
    }
    expect(
      [...found].filter((result) => result !== '413 big' && result !== `${status.UNAVAILABLE} unread`),
    ).toEqual([])
  },
)

test('a connection whose server answers early, and reads no more, is closed', async () => {
  const sockets: Socket[] = []
  const ask = await askerOf((socket) => {
    sockets.push(socket)
    socket.once('data', () => {
      socket.pause()
      socket.write(TOO_LARGE)
    })
  })
  const body = Buffer.alloc(20_000_000)
  expect(await ask(body)).toMatchObject({ kind: 'response', status: 413 })
  const [socket] = sockets
  // a socket that reads nothing does not notice
  const closed = once(socket, 'close')
  socket.resume()
  await closed
  expect(socket.bytesRead).toBeLessThan(body.length)
})

test.each([
  [
    'the limit of all messages is told of with its cure',
    undefined,
    /1000 bytes, which is the limit; raise it$/,
  ],
  ['a limit of its own has none', 500, /500 bytes, which is the limit$/],
])('of an answer that is too large %s', async (_what, maxAnswerBytes, details) => {
  const ask = await askerOf((socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n${'x'.repeat(2_000)}`)
    })
  })
  const answer = await ask(Buffer.alloc(1), { maxAnswerBytes })
  expect(answer).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    origin: 'limit',
    details: expect.stringMatching(details),
  })
})

test.each<[string, string, CallError['origin'], Partial<HttpRequest>]>([
  ['is too large', 'x'.repeat(1_500), 'limit', {}],
  ['comes too late', 'x', 'deadline', { timeoutMs: 50 }],
])(
  'an answer that %s fails its request once, and its connection is closed',
  async (_what, part, origin, limits) => {
    const sockets: Socket[] = []
    const results: HttpResult[] = []
    const ask = await askerOf((socket) => {
      sockets.push(socket)
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n')
        // a part after the limit is reached
        socket.write(part, () => setImmediate(() => socket.write(part)))
      })
    })
    await ask(Buffer.alloc(1), limits, (result) => results.push(result))
    const [socket] = sockets
    if (!socket.closed) await once(socket, 'close')
    await after(20)
    expect(results).toMatchObject([{ kind: 'error', origin }])
  },
)

test('an answer that changes the protocol is invalid', async () => {
  const ask = await askerOf((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n')
    })
  })
  expect(await ask(Buffer.alloc(1))).toMatchObject({
    kind: 'error',
    code: status.INTERNAL,
    origin: 'invalid',
  })
})

test.each([
  [
    'gzip',
    gzipSync('{"error":"full"}'),
    { kind: 'response', status: 503, body: Buffer.from('{"error":"full"}') },
  ],
  ['X-GZIP', gzipSync('full'), { kind: 'response', status: 503, body: Buffer.from('full') }],
  ['deflate', deflateSync('full'), { kind: 'response', status: 503, body: Buffer.from('full') }],
  ['gzip', Buffer.alloc(0), { kind: 'response', status: 503, body: Buffer.alloc(0) }],
  ['gzip', gzipSync(Buffer.alloc(1_001)), { origin: 'limit', details: expect.stringMatching(/; raise it$/) }],
  // servers that mean something else by it
  ['utf-8', Buffer.from('as it is'), { kind: 'response', status: 503, body: Buffer.from('as it is') }],
  [
    'br',
    Buffer.from('x'),
    { origin: 'invalid', details: expect.stringMatching(/its content-encoding br; have the/) },
  ],
  [
    'gzip',
    Buffer.from('x'),
    { origin: 'invalid', details: expect.stringMatching(/its content-encoding gzip; /) },
  ],
])(
  'an answer in the encoding %s, which was not asked for, is decompressed (%#)',
  async (encoding, body, expected) => {
    let asked = ''
    const ask = await askerOf((socket) => {
      socket.once('data', (bytes) => {
        asked = String(bytes)
        const length = `content-encoding: ${encoding}\r\ncontent-length: ${body.length}`
        socket.write(`HTTP/1.1 503 Full\r\n${length}\r\n\r\n`)
        socket.write(body)
      })
    })
    expect(await ask(Buffer.alloc(1))).toMatchObject(expected)
    expect(asked).toMatch(/^accept-encoding: identity\r$/m)
  },
)

test.each([
  ['no answer', '', 'the server closed the connection before it had answered'],
  [
    'a part of it',
    'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok',
    'the response is cut off or is not HTTP',
  ],
  [
    'an invalid chunk',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz',
    'the response is cut off or is not HTTP',
  ],
])('of a connection that ends with %s it is said what happened', async (_what, answer, details) => {
  const ask = await askerOf((socket) => {
    socket.once('data', () => socket.end(answer))
  })
  expect(await ask(Buffer.alloc(1))).toMatchObject({ kind: 'error', details })
})
