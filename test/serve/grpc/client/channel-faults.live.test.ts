/** What a channel says of servers that misbehave, and of ports that are none of gRPC. */
import { createServer as createHttpServer } from 'node:http'
import { constants, createServer, type ServerHttp2Stream } from 'node:http2'
import { createServer as createTcpServer, type Server } from 'node:net'
import { gzipSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { frameOf } from '../../../../src/serve/grpc/frame.ts'
import { freePort } from '../../../free-port.ts'
import { addressOf, answerCall, bareServer, channelTo } from '../channels.ts'

test.each([
  ['a status of HTTP', { ':status': 413, 'content-type': 'text/html' }, status.UNKNOWN],
  ['a status of gRPC', { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '8' }, 8],
])(
  'a server that answers with %s before it has read the request, and closes the stream',
  async (_what, head, code) => {
    const server = createServer()
    server.on('stream', (stream) => {
      stream.on('error', () => undefined)
      stream.respond(head)
      stream.end(head[':status'] === 200 ? '' : '<html>', () => stream.close(constants.NGHTTP2_NO_ERROR))
    })
    const { ask } = channelTo(await addressOf(server as unknown as Server), 2 ** 23)
    const startMs = performance.now()
    for (let i = 0; i < 3; i++)
      expect(await ask(Buffer.alloc(2 ** 22), {}, 3_000)).toMatchObject({ code, origin: 'server' })
    expect(performance.now() - startMs).toBeLessThan(3_000)
  },
)

describe('a server that misbehaves', () => {
  const HEAD = { ':status': 200, 'content-type': 'application/grpc' }
  const cases: [string, (stream: ServerHttp2Stream) => void, object][] = [
    ['OK without a message', (s) => answerCall(s), { code: status.INTERNAL, origin: 'invalid' }],
    [
      'OK with half a message',
      (s) => answerCall(s, Buffer.from('0000000009ff', 'hex')),
      { code: status.INTERNAL, origin: 'invalid' },
    ],
    [
      'two messages',
      (s) => answerCall(s, Buffer.from('00000000000000000000', 'hex')),
      { code: status.INTERNAL, origin: 'invalid' },
    ],
    [
      'a status that gRPC does not have',
      (s) => s.respond({ ...HEAD, 'grpc-status': '99' }, { endStream: true }),
      { code: 99, origin: 'server' },
    ],
    [
      'a status that is no number',
      (s) => s.respond({ ...HEAD, 'grpc-status': '-1' }, { endStream: true }),
      { code: status.UNKNOWN, origin: 'server' },
    ],
    [
      'no status',
      (s) => answerCall(s, frameOf(Buffer.alloc(1)), { trailers: {} }),
      { code: status.INTERNAL, origin: 'invalid' },
    ],
    [
      'HTML',
      (s) => {
        s.respond({ ':status': 200, 'content-type': 'text/html' })
        s.end('<html>')
      },
      { code: status.UNKNOWN, details: 'the server answered with text/html', origin: 'invalid' },
    ],
    [
      'the HTTP status 503',
      (s) => s.respond({ ':status': 503 }, { endStream: true }),
      { code: status.UNAVAILABLE, origin: 'server' },
    ],
    ['a reset', (s) => s.close(2), { code: status.INTERNAL, origin: 'invalid' }],
    [
      'a refusal of the stream and of the next one',
      (s) => s.close(7),
      { code: status.UNAVAILABLE, origin: 'connection' },
    ],
    [
      'the end of its connection',
      // not while the session is read
      (s) => setImmediate(() => s.session?.destroy()),
      { code: status.UNAVAILABLE, origin: 'connection' },
    ],
    [
      'the end of its connection within a response',
      (s) => {
        s.respond(HEAD)
        s.write(Buffer.from('0000000009ff', 'hex'), () => setTimeout(() => s.session?.destroy(), 20))
      },
      { code: status.UNAVAILABLE, origin: 'invalid' },
    ],
    [
      'a message above the limit',
      (s) => answerCall(s, frameOf(Buffer.alloc(2 ** 21))),
      { origin: 'limit', details: expect.stringMatching(/limit is 1048576; raise it$/) },
    ],
    ...['__proto__', 'constructor', 'br'].map(
      (encoding): [string, (s: ServerHttp2Stream) => void, object] => [
        `a message in the unknown encoding ${encoding}`,
        (s) => answerCall(s, Buffer.from('010000000101', 'hex'), { head: { 'grpc-encoding': encoding } }),
        { code: status.INTERNAL, origin: 'invalid' },
      ],
    ),
  ]
  test.each(cases)('sends %s', async (_what, answer, error) => {
    const { ask } = channelTo(await bareServer(answer))
    expect(await ask()).toMatchObject({ kind: 'error', ...error })
  })

  test('compresses although it was told not to: the response is decompressed', async () => {
    const body = Buffer.concat([Buffer.from([1]), frameOf(gzipSync('hello')).subarray(1)])
    const { ask } = channelTo(
      await bareServer((s) => answerCall(s, body, { head: { 'grpc-encoding': 'gzip' } })),
    )
    expect(await ask()).toMatchObject({ kind: 'response', message: Buffer.from('hello') })
  })
})

test.each<[string, () => Promise<string>]>([
  ['speaks HTTP/1.1', () => addressOf(createHttpServer((_request, response) => response.end('hello')))],
  [
    'speaks something else',
    () =>
      addressOf(createTcpServer((socket) => socket.on('error', () => undefined).end('220 mail ready\r\n'))),
  ],
])('a port that %s is named as such', async (_what, serve) => {
  expect(await channelTo(await serve()).ask()).toMatchObject({
    code: status.UNAVAILABLE,
    details: 'it does not speak gRPC (HTTP/2): it may be an HTTP/1.1 port, or a server that requires TLS',
    origin: 'connection',
  })
})

test('a port that nothing listens on', async () => {
  const address = `127.0.0.1:${await freePort()}`
  expect(await channelTo(address).ask()).toMatchObject({
    code: status.UNAVAILABLE,
    details: `no connection: connect ECONNREFUSED ${address}`,
    origin: 'connection',
  })
})
