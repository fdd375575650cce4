import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { type ClientHttp2Session, constants, connect as http2 } from 'node:http2'
import { type AddressInfo, connect as dial } from 'node:net'
import { gzipSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { accept } from '../../../src/serve/grpc/accept.ts'
import { limitBufferedBytes, remoteOf } from '../../../src/serve/grpc/buffered-bytes.ts'
import { openPort } from '../../../src/serve/grpc/port.ts'
import { createGrpcServer, type Method } from '../../../src/serve/grpc/server/server.ts'
import { unaryBytes } from '../../../src/serve/grpc/server/unary.ts'
import { httpExchange } from '../../../src/serve/http/exchange.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { call, connect } from '../grpc-js-client.ts'
import { raw } from '../raw-method.ts'
import { headersFrame, http2Frame, PREFACE } from './http2-frames.ts'

const MOST = 2 ** 20
const method = raw(scheduler.Serve)

/** A method that answers each message of a stream with the number of its bytes. */
const LENGTHS = '/x.Y/Lengths'
const lengths: Method = (asked) => ({
  message(message) {
    asked.send(asking(message.length))
    asked.release(message)
  },
  ended: () => asked.end(),
  cancelled: () => undefined,
})

/** A server that answers with as many bytes as it is asked for, and a client of it. */
async function serve(limitBytes = MOST) {
  const refused: string[] = []
  let ended = 0
  const bufferedBytes = limitBufferedBytes(
    limitBytes,
    (reason) => refused.push(reason),
    () => ended++,
  )
  const answer = unaryBytes((asked, request) => void asked.finish(Buffer.alloc(request.readUInt32LE())))
  const grpc = createGrpcServer({
    methods: new Map([
      [method.path, answer],
      [LENGTHS, lengths],
    ]),
    maxMessageBytes: 2 ** 24,
    maxStreams: 256,
    idleMs: 60_000,
    bufferedBytes,
  })
  const listening = await accept(openPort({ grpc, http: createServer() }, undefined))
  const client = connect(listening.address)
  onTestFinished(async () => {
    client.close()
    bufferedBytes.end()
    await listening.close(0)
  })
  const ask = (bytes: number) => call(client, method, asking(bytes))
  return { listening, client, ask, refused, bufferedBytes, ended: () => ended }
}

test('a connection of HTTP/1.1 that has served a request is not an unused one, and is forgotten once it is closed', async () => {
  const bufferedBytes = limitBufferedBytes(MOST)
  const uses: string[] = []
  let remote = ''
  const http = createServer((request, response) => {
    remote = remoteOf(request.socket)
    const exchange = httpExchange(request, response, { maxMessageBytes: 1000, bufferedBytes })
    exchange.readBody(() => {
      uses.push(bufferedBytes.useOf(remote))
      exchange.respond(200, {}, 'done')
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => {
    agent.destroy()
    bufferedBytes.end()
    http.close()
  })
  const { port } = http.address() as AddressInfo
  for (let i = 0; i < 2; i++) {
    const asked = request({ port, method: 'POST', agent }).end('hello')
    const [response] = await once(asked, 'response')
    await once(response.resume(), 'end')
    await expect.poll(() => bufferedBytes.useOf(remote)).toBe('served')
  }
  expect(uses).toEqual(['serving', 'serving'])
  expect(bufferedBytes.heldBytes).toBe(0)
  agent.destroy()
  await expect.poll(() => bufferedBytes.useOf(remote)).toBe('unused')
})

test('pipelined requests whose connection is lost are cancelled, and their bytes released', async () => {
  const bufferedBytes = limitBufferedBytes(MOST)
  let began = 0
  let cancelled = 0
  const http = createServer((asked, response) => {
    const exchange = httpExchange(asked, response, { maxMessageBytes: 1000, bufferedBytes })
    exchange.onCancel(() => cancelled++)
    exchange.readBody(() => began++)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    bufferedBytes.end()
    http.close()
  })
  const socket = dial((http.address() as AddressInfo).port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello'.repeat(3))
  await expect.poll(() => began).toBe(3)
  expect(bufferedBytes.heldBytes).toBe(15)
  socket.destroy()
  await expect.poll(() => cancelled).toBe(3)
  expect(bufferedBytes.heldBytes).toBe(0)
})

describe('an answered request no longer counts while its client does not read the answer', () => {
  test('over gRPC', async () => {
    const { listening, bufferedBytes } = await serve(4 * MOST)
    const { session } = open(listening.address, { initialWindowSize: 0 })
    for (let i = 0; i < 4; i++) begin(session).end(frame(MOST / 2, asking(MOST / 4, MOST / 2 - 4)))
    await expect.poll(() => bufferedBytes.heldBytes).toBe(MOST)
  })

  test('over HTTP, and its connection is one that serves', async () => {
    const bufferedBytes = limitBufferedBytes(2 ** 26)
    const answer = Buffer.alloc(2 ** 25)
    let remote = ''
    const http = createServer((asked, response) => {
      remote = remoteOf(asked.socket)
      const exchange = httpExchange(asked, response, { maxMessageBytes: 1000, bufferedBytes })
      exchange.readBody(() => exchange.respond(200, {}, answer))
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const socket = dial((http.address() as AddressInfo).port, '127.0.0.1')
    onTestFinished(() => {
      socket.destroy()
      bufferedBytes.end()
      http.close()
    })
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello')
    await expect.poll(() => bufferedBytes.heldBytes).toBe(answer.length)
    expect(bufferedBytes.useOf(remote)).toBe('serving')
  })
})

function asking(bytes: number, padding = 0): Buffer {
  const request = Buffer.alloc(4 + padding)
  request.writeUInt32LE(bytes)
  return request
}

/** A frame of gRPC: a length, and as much of a message as there is. */
function frame(length: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, bytes])
}

function open(address: string, settings = {}): { session: ClientHttp2Session; closed: Promise<void> } {
  const session = http2(`http://${address}`, { settings })
  session.on('error', () => undefined)
  onTestFinished(() => session.destroy())
  return { session, closed: new Promise((resolve) => session.once('close', () => resolve())) }
}

function begin(session: ClientHttp2Session, more: Record<string, string> = {}) {
  const stream = session.request({
    ':method': 'POST',
    ':path': method.path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...more,
  })
  stream.on('error', () => undefined)
  return stream
}

describe('the connection that holds most is closed, and others are served', () => {
  test('when it begins requests and does not end them', async () => {
    const { listening, ask } = await serve()
    const { session, closed } = open(listening.address)
    for (let i = 0; i < 8; i++) begin(session).write(frame(2 ** 20, Buffer.alloc(2 ** 18)))
    await closed
    expect((await ask(10)).length).toBe(10)
  })

  test('when it does not read its responses', async () => {
    const { listening, ask, ended } = await serve()
    const { session, closed } = open(listening.address, { initialWindowSize: 0 })
    const streams = Array.from({ length: 8 }, () => begin(session).end(frame(4, asking(2 ** 18))))
    await closed
    expect(new Set(streams.map(({ rstCode }) => rstCode))).toEqual(
      new Set([constants.NGHTTP2_ENHANCE_YOUR_CALM]),
    )
    expect(ended()).toBe(1)
    expect((await ask(10)).length).toBe(10)
  })

  test('when it reads nothing, so that what is being sent to it never ends', async () => {
    const { listening, ask } = await serve()
    const socket = dial(listening.port, '127.0.0.1').on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    const initialWindow = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff])
    const more = Buffer.from([0x7f, 0, 0, 0])
    const head = { ':method': 'POST', ':scheme': 'http', ':authority': 'a', ':path': method.path }
    const requests = [1, 3, 5, 7].flatMap((stream) => {
      const data = http2Frame('data', stream, frame(4, asking(2 ** 23)))
      // it ends its stream
      data[4] = 1
      return [headersFrame(stream, { ...head, 'content-type': 'application/grpc' }), data]
    })
    const settings = [http2Frame('settings', 0, initialWindow), http2Frame('window', 0, more)]
    socket.write(Buffer.concat([PREFACE, ...settings, ...requests]))
    await expect.poll(() => listening.connections).toBe(1)
    await expect.poll(() => listening.connections).toBe(0)
    expect((await ask(10)).length).toBe(10)
  })
})

test('requests that do not fit are refused with the reason, at once', async () => {
  const { client } = await serve()
  const asked = Array.from({ length: 8 }, () => call(client, method, asking(1, 2 ** 19 - 4)))
  const outcomes = await Promise.allSettled(asked)
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.length).toBeLessThan(8)
  for (const { code, details } of refused) {
    expect(code).toBe(status.RESOURCE_EXHAUSTED)
    expect(details).toMatch(
      /holds too many bytes of requests to take 0.5 MiB more; .* larger --max-buffered-mb$/,
    )
  }
  expect((await call(client, method, asking(5))).length).toBe(5)
})

test('cancelled requests no longer count', async () => {
  const { listening } = await serve()
  const { session } = open(listening.address, { initialWindowSize: 0 })
  let closed = false
  session.once('close', () => {
    closed = true
  })
  for (let i = 0; i < 8; i++) {
    const streams = [begin(session), begin(session)]
    streams[0].end(frame(4, asking(2 ** 18)))
    streams[1].write(frame(2 ** 19, Buffer.alloc(2 ** 18)))
    await new Promise((resolve) => setTimeout(resolve, 40))
    for (const stream of streams) stream.close(8)
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
  expect(closed).toBe(false)
})

test('a client that ends its requests and reads its responses is never dropped, however large they are', async () => {
  const { client, ask } = await serve(4 * MOST)
  const waves = async (bytes: number, padding: number) => {
    for (let wave = 0; wave < 6; wave++) {
      await Promise.all(Array.from({ length: 4 }, () => call(client, method, asking(bytes, padding))))
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
  }
  await waves(2 ** 18, 0)
  await waves(1, 2 ** 18)
  const given = call(client, method, asking(1), { timeoutMs: 0 })
  await expect(given).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED })
  await waves(2 ** 18, 2 ** 18)
  expect((await ask(7)).length).toBe(7)
})

describe('compressed messages of a stream', () => {
  const GZIP = { ':path': LENGTHS, 'grpc-encoding': 'gzip' }
  const compressed = (message: Buffer) => {
    const bytes = gzipSync(message)
    return Buffer.concat([Buffer.from([1]), frame(bytes.length, bytes).subarray(1)])
  }

  test('count until they are worked off, however long the stream is', async () => {
    const { listening, bufferedBytes } = await serve()
    const { session } = open(listening.address)
    const stream = begin(session, GZIP)
    const message = compressed(randomBytes(MOST / 4))
    for (let i = 0; i < 20; i++) {
      stream.write(message)
      const [answer] = await once(stream, 'data')
      expect(answer.readUInt32LE(5)).toBe(MOST / 4)
    }
    await expect.poll(() => bufferedBytes.heldBytes).toBe(0)
  })

  test.each([1, 10, 1000, MOST / 2])(
    'no longer count after the stream is cut off in a message of %i bytes that follows',
    async (bytes) => {
      const { listening, ask, bufferedBytes } = await serve()
      const { session, closed } = open(listening.address)
      const stream = begin(session, GZIP)
      stream.write(Buffer.concat([compressed(Buffer.from('first')), frame(bytes, Buffer.alloc(0))]))
      await once(stream, 'data')
      expect(bufferedBytes.heldBytes).toBe(bytes)
      session.destroy()
      await closed
      await expect.poll(() => bufferedBytes.heldBytes).toBe(0)
      expect((await ask(10)).length).toBe(10)
    },
  )
})

test('requests that are refused before they are read are counted by their reason', async () => {
  const { client, refused, bufferedBytes } = await serve()
  const codes = [2 ** 21, 2 ** 25].map((padding) => call(client, method, asking(1, padding)))
  await Promise.allSettled(codes)
  expect(refused.toSorted()).toEqual(['memory', 'message_size'])
  await expect.poll(() => bufferedBytes.heldBytes).toBe(0)
})
