import { type ClientHttp2Session, constants, createServer, connect as openSession } from 'node:http2'
import type { Server } from 'node:net'
import {
  Server as GrpcServer,
  Metadata,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openChannel } from '../../../../src/serve/grpc/client/channel.ts'
import { frameOf } from '../../../../src/serve/grpc/frame.ts'
import { listenGrpcJs } from '../../grpc-js-server.ts'
import { addressOf, answerCall, bareServer, channelTo, method } from '../channels.ts'

const { path } = method

async function grpcServer(
  serve: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => void,
) {
  const server = new GrpcServer({ 'grpc.max_receive_message_length': -1 })
  server.addService({ Serve: method } as never, { Serve: serve } as never)
  const listening = await listenGrpcJs(server)
  onTestFinished(() => listening.close(0))
  return listening
}

describe('a server of grpc-js', () => {
  test.each([0, 5_000, 500_000])('answers with headers, %i bytes and trailers', async (bytes) => {
    const { address } = await grpcServer((call, answer) => {
      const trailers = new Metadata()
      trailers.set('x-bytes-bin', Buffer.from([1, 255]))
      const headers = new Metadata()
      headers.set('x-heard', String(call.metadata.get('x-text')))
      call.sendMetadata(headers)
      answer(null, call.request, trailers)
    })
    const { ask } = channelTo(address)
    const message = Buffer.alloc(bytes, 3)
    expect(await ask(message, { 'x-text': 'hello' })).toEqual({
      kind: 'response',
      message,
      headers: { 'x-heard': 'hello' },
      trailers: { 'x-bytes-bin': 'Af8=' },
    })
  })

  test('fails: code, details and origin are known', async () => {
    const { address } = await grpcServer((_call, answer) =>
      answer({ code: status.ABORTED, details: 'größer: 5 %' }),
    )
    expect(await channelTo(address).ask()).toMatchObject({
      kind: 'error',
      code: status.ABORTED,
      details: 'größer: 5 %',
      origin: 'server',
    })
  })

  test('sees the deadline, and that a call is cancelled', async () => {
    const ended: string[] = []
    const deadlines: number[] = []
    const { address } = await grpcServer((call) => {
      deadlines.push(Number(call.getDeadline()) - Date.now())
      call.on('cancelled', () => ended.push('cancelled'))
    })
    const { channel, ask } = channelTo(address)
    expect(await ask(Buffer.alloc(1), {}, 50)).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
      origin: 'deadline',
    })
    const call = channel.call({ path, message: Buffer.alloc(1), timeoutMs: Infinity }, () =>
      ended.push('answered'),
    )
    await expect.poll(() => deadlines.length).toBe(2)
    call.cancel()
    await expect.poll(() => ended.length).toBe(2)
    expect(ended).toEqual(['cancelled', 'cancelled'])
    expect(deadlines[0]).toBeLessThanOrEqual(64)
    expect(deadlines[1]).toBe(Infinity)
  })

  test('goes away and returns on its port: the channel connects again', async () => {
    const echo = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
      answer(null, call.request)
    const first = await grpcServer(echo)
    const { ask } = channelTo(first.address)
    expect((await ask()).kind).toBe('response')
    await first.close(0)
    expect(await ask()).toMatchObject({ code: status.UNAVAILABLE, origin: 'connection' })
    const server = new GrpcServer()
    server.addService({ Serve: method } as never, { Serve: echo } as never)
    const second = await listenGrpcJs(server, { port: first.port })
    onTestFinished(() => second.close(0))
    expect((await ask()).kind).toBe('response')
  })
})

test('a connection without a number for another call is replaced, and its calls are answered', async () => {
  const sessions = new Set<unknown>()
  const address = await bareServer((stream) => {
    sessions.add(stream.session)
    setTimeout(() => answerCall(stream, frameOf(Buffer.alloc(1))), 50)
  })
  const { ask } = channelTo(address)
  const other = openSession(`http://${address}`)
  const request = vi.spyOn(Object.getPrototypeOf(other) as ClientHttp2Session, 'request')
  onTestFinished(() => {
    request.mockRestore()
    other.destroy()
  })
  expect((await ask()).kind).toBe('response')
  const session = request.mock.contexts[0] as ClientHttp2Session & { setNextStreamID(id: number): void }
  // the numbers of streams end at 2³¹ - 1: two are left
  session.setNextStreamID(2 ** 31 - 3)
  const asked = await Promise.all([ask(), ask(), ask(), ask()])
  expect(asked.map(({ kind }) => kind)).toEqual(new Array(4).fill('response'))
  expect(sessions.size).toBe(2)
})

test('repeated headers stay values of their own: binary ones in both directions, text in trailers', async () => {
  const texts = ['a', 'b, c']
  const { address } = await grpcServer((call, answer) => {
    const trailers = new Metadata()
    for (const value of call.metadata.get('x-bytes-bin')) trailers.add('x-bytes-bin', value as Buffer)
    for (const value of texts) trailers.add('x-text', value)
    answer(null, call.request, trailers)
  })
  const values = ['AAH/', 'Ag==']
  const result = await channelTo(address).ask(undefined, { 'x-bytes-bin': values })
  expect(result).toMatchObject({ kind: 'response', trailers: { 'x-bytes-bin': values, 'x-text': texts } })
})

test('a stream that is refused, as by a connection that closes, is sent again once', async () => {
  let streams = 0
  const address = await bareServer((stream) => {
    if (streams++ === 0) return stream.close(constants.NGHTTP2_REFUSED_STREAM)
    answerCall(stream, frameOf(Buffer.from('answer')))
  })
  expect(await channelTo(address).ask()).toMatchObject({ kind: 'response', message: Buffer.from('answer') })
  expect(streams).toBe(2)
})

test.each([
  { lastSeen: 1, answers: ['response', 'response'], streams: 3 },
  { lastSeen: 3, answers: ['response', 'error'], streams: 2 },
])(
  'a stream is sent again if it is after the last one that a server that goes away has seen: $lastSeen',
  async (expected) => {
    let streams = 0
    const address = await bareServer((stream) => {
      if (++streams === 2) return stream.session?.goaway(constants.NGHTTP2_INTERNAL_ERROR, expected.lastSeen)
      answerCall(stream, frameOf(Buffer.from('answer')))
    })
    const { ask } = channelTo(address)
    const answers = [(await ask()).kind, (await ask()).kind]
    expect({ lastSeen: expected.lastSeen, answers, streams }).toEqual(expected)
  },
)

test('a server that takes few streams at a time is not watched, and serves its calls', async () => {
  const server = createServer({ settings: { maxConcurrentStreams: 1 } })
  const paths: unknown[] = []
  server.on('stream', (stream, headers) => {
    paths.push(headers[':path'])
    answerCall(stream, frameOf(Buffer.alloc(1)))
  })
  const { channel, ask } = channelTo(await addressOf(server as unknown as Server))
  expect((await ask()).kind).toBe('response')
  const ended = new Promise((resolve) => {
    channel.watch(
      { path: '/watched', message: Buffer.alloc(0) },
      { message: () => undefined, ended: resolve },
    )
  })
  expect(await ended).toBe(status.RESOURCE_EXHAUSTED)
  expect((await ask()).kind).toBe('response')
  expect(paths).toEqual([path, path])
})

test('a channel may be closed at any moment of its connection', async () => {
  const address = await bareServer((stream) => stream.respond({ ':status': 200 }, { endStream: true }))
  const ended: number[] = []
  await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const channel = openChannel(address, { maxMessageBytes: 100 })
      channel.call({ path, message: Buffer.alloc(1), timeoutMs: 1_000 }, () => ended.push(i))
      await new Promise((resolve) => setTimeout(resolve, i / 10))
      channel.close()
    }),
  )
  await expect.poll(() => ended.length).toBe(100)
  // an error that nobody handles fails the run
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(new Set(ended).size).toBe(100)
  expect(ended).toHaveLength(100)
})
