import { createServer as createHttp2, type ServerHttp2Stream, type Settings } from 'node:http2'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type CallResult, openChannel } from '../../../src/serve/grpc/channel.ts'
import { frameOf } from '../../../src/serve/grpc/frame.ts'
import type { Headers } from '../../../src/serve/grpc/headers.ts'
import { FLAG, frame, numberFrame, settingsFrame, TYPE } from '../../../src/serve/http2/frames.ts'
import { writeBlock } from '../../../src/serve/http2/hpack.ts'

async function addressOf(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Calls to a server, whose connections are closed after the test. */
function callsTo(address: string) {
  const channel = openChannel(address, { maxMessageBytes: 2 ** 22 })
  onTestFinished(() => channel.close())
  return (message = Buffer.alloc(1), headers: Headers = {}, timeoutMs = 10_000) =>
    new Promise<CallResult>((resolve) =>
      channel.call({ path: '/a.B/C', message, headers, timeoutMs }, resolve),
    )
}

/** A server of node:http2, which answers with what it gets. */
async function echoing(settings: Settings, answer?: (stream: ServerHttp2Stream, body: Buffer) => void) {
  const server = createHttp2({ settings })
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const body = Buffer.concat(chunks)
      if (answer) return answer(stream, body)
      const { 'x-sent': sent = '' } = headers
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'x-heard': sent },
        { waitForTrailers: true },
      )
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(body)
    })
  })
  return callsTo(await addressOf(server as unknown as Server))
}

describe('a server of node:http2', () => {
  test.each<[string, Settings]>([
    ['small windows', { initialWindowSize: 1_000 }],
    ['no table of headers', { headerTableSize: 0 }],
    ['large frames', { maxFrameSize: 2 ** 20 }],
  ])('with %s gets whole requests, and answers them', async (_what, settings) => {
    const ask = await echoing(settings)
    for (const bytes of [0, 900, 5_000, 2_000_000]) {
      const message = Buffer.alloc(bytes, 7)
      const result = await ask(message, { 'x-sent': 'text' })
      expect(result).toMatchObject({ kind: 'response', headers: { 'x-heard': 'text' } })
      // a comparison by the test library takes seconds
      expect(result.kind === 'response' && result.message.equals(message)).toBe(true)
    }
  })

  test('with one stream at a time gets calls one after the other', async () => {
    let open = 0
    let most = 0
    const ask = await echoing({ maxConcurrentStreams: 1 }, (stream) => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open--
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' },
          { endStream: true },
        )
      }, 5)
    })
    await ask()
    const results = await Promise.all(Array.from({ length: 5 }, () => ask()))
    expect(results.map((result) => result.kind === 'error' && result.code)).toEqual(
      new Array(5).fill(status.NOT_FOUND),
    )
    expect(most).toBe(1)
  })

  test('gets headers of any size as they are, and so does the client', async () => {
    const ask = await echoing({})
    const text = fc
      .array(fc.integer({ min: 33, max: 126 }), { minLength: 1, maxLength: 500 })
      .map((codes) => String.fromCharCode(...codes))
    await fc.assert(
      fc.asyncProperty(text, async (sent) => {
        expect(await ask(Buffer.alloc(3), { 'x-sent': sent })).toMatchObject({ headers: { 'x-heard': sent } })
      }),
      { numRuns: 50 },
    )
    const long = 'y'.repeat(40_000)
    expect(await ask(Buffer.alloc(3), { 'x-sent': long })).toMatchObject({ headers: { 'x-heard': long } })
  })
})

const HEAD = writeBlock({ ':status': '200', 'content-type': 'application/grpc' })
const TRAILERS = writeBlock({ 'grpc-status': '0' })
const SETTINGS = settingsFrame([])
const MESSAGE = frameOf(Buffer.from('hello'))
const whole = [
  frame(TYPE.headers, FLAG.endHeaders, 1, HEAD),
  frame(TYPE.data, 0, 1, MESSAGE),
  frame(TYPE.headers, FLAG.endHeaders | FLAG.endStream, 1, TRAILERS),
]

/** A server that says the same on every connection, once it has got a request. */
async function saying(...answer: readonly Buffer[]) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    let isAsked = false
    socket.on('data', (bytes) => {
      // its settings are acknowledged afterwards
      if (isAsked || !bytes.includes('/a.B/C')) return
      isAsked = true
      for (const part of answer) socket.write(part)
    })
  })
  return callsTo(await addressOf(server))
}

describe('frames', () => {
  test('may be cut anywhere', async () => {
    const all = Buffer.concat([SETTINGS, ...whole])
    for (const bytes of [1, 2, 7, 10]) {
      const server = createServer((socket) => {
        socket.setNoDelay(true).on('error', () => undefined)
        socket.once('data', async () => {
          for (let at = 0; at < all.length; at += bytes) {
            socket.write(all.subarray(at, at + bytes))
            await new Promise(setImmediate)
          }
        })
      })
      const ask = callsTo(await addressOf(server))
      expect(await ask()).toMatchObject({ kind: 'response', message: Buffer.from('hello') })
    }
  })

  test('may be padded, divided, preliminary, or of unknown types', async () => {
    const padded = (payload: Buffer) => Buffer.concat([Buffer.of(3), payload, Buffer.alloc(3)])
    const early = writeBlock({ ':status': '103' })
    const ask = await saying(
      SETTINGS,
      frame(99, 255, 7, Buffer.alloc(5)),
      frame(TYPE.headers, FLAG.endHeaders, 1, early),
      frame(
        TYPE.headers,
        FLAG.padded | FLAG.priority,
        1,
        padded(Buffer.concat([Buffer.alloc(5), HEAD.subarray(0, 4)])),
      ),
      frame(TYPE.continuation, FLAG.endHeaders, 1, HEAD.subarray(4)),
      frame(TYPE.ping, 0, 0, Buffer.alloc(8, 1)),
      frame(TYPE.data, FLAG.padded, 1, padded(MESSAGE.subarray(0, 6))),
      frame(TYPE.data, 0, 1, MESSAGE.subarray(6)),
      frame(TYPE.windowUpdate, 0, 0, Buffer.of(0, 0, 0, 1)),
      whole[2],
    )
    expect(await ask()).toMatchObject({ kind: 'response', message: Buffer.from('hello') })
  })

  test.each<[string, Buffer[], string]>([
    ['no settings', whole, 'no connection|does not speak'],
    ['a frame above the limit', [SETTINGS, Buffer.of(0, 64, 1, 0, 0, 0, 0, 0, 1)], 'a frame is too large'],
    ['a push', [SETTINGS, frame(TYPE.pushPromise, 4, 1, Buffer.alloc(4))], 'the server pushes'],
    ['a table of headers', [SETTINGS, frame(TYPE.headers, 4, 1, Buffer.of(0xbe))], 'refers to the entry 62'],
    [
      'a header block that is interrupted',
      [SETTINGS, frame(TYPE.headers, 0, 1, HEAD), SETTINGS],
      'a header block is cut',
    ],
    [
      'a header block without an end',
      [
        SETTINGS,
        frame(TYPE.headers, 0, 1, HEAD),
        ...new Array(9_000).fill(frame(TYPE.continuation, 0, 1, HEAD)),
      ],
      'a header block is too large',
    ],
    [
      'a window beyond the largest',
      [SETTINGS, numberFrame(TYPE.windowUpdate, 0, 2 ** 31 - 1)],
      'a window is too large',
    ],
    ['a window that stays', [SETTINGS, numberFrame(TYPE.windowUpdate, 0, 0)], 'a window does not grow'],
    ['settings that are cut', [SETTINGS, frame(TYPE.settings, 0, 0, Buffer.alloc(5))], 'another length'],
    ['a window of settings beyond the largest', [settingsFrame([[4, 2 ** 31]])], 'a window is too large'],
    ['data for no stream', [SETTINGS, frame(TYPE.data, 0, 9, MESSAGE)], 'a frame of data is invalid'],
    [
      'more padding than data',
      [SETTINGS, frame(TYPE.data, FLAG.padded, 1, Buffer.of(9, 1))],
      'a frame of data is invalid',
    ],
    [
      'that it goes away, and takes no call',
      [SETTINGS, frame(TYPE.goaway, 0, 0, Buffer.alloc(8))],
      'reset the stream with code 7',
    ],
  ])('that are wrong end the call: %s', async (_what, answer, details) => {
    const ask = await saying(...answer)
    for (const _ of [1, 2]) {
      expect(await ask()).toMatchObject({
        kind: 'error',
        code: status.UNAVAILABLE,
        details: expect.stringMatching(details),
        origin: 'connection',
      })
    }
  })

  test('of data before the head of a response end the call, not the connection', async () => {
    const ask = await saying(SETTINGS, whole[1])
    expect(await ask()).toMatchObject({ kind: 'error', code: status.INTERNAL, origin: 'invalid' })
  })

  test('that reset the stream end the call, not the connection', async () => {
    const ask = await saying(SETTINGS, numberFrame(TYPE.reset, 1, 7))
    expect(await ask()).toMatchObject({
      details: 'the server reset the stream with code 7',
      origin: 'connection',
    })
  })

  test('of random bytes end every call', async () => {
    const type = fc.integer({ min: 0, max: 10 })
    const payload = fc.uint8Array({ maxLength: 40 })
    const random = fc.tuple(type, fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 3), payload)
    await fc.assert(
      fc.asyncProperty(fc.array(random, { maxLength: 8 }), async (frames) => {
        const all = frames.map((parts) => frame(...parts))
        const ask = await saying(SETTINGS, ...all, frame(TYPE.goaway, 0, 0, Buffer.alloc(8)))
        expect(['response', 'error']).toContain((await ask(Buffer.alloc(1), {}, 500)).kind)
      }),
      { numRuns: 60 },
    )
  })
})
