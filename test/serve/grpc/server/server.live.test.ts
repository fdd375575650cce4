import { once } from 'node:events'
import type { ClientHttp2Stream } from 'node:http2'
import { connect as dial } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Metadata, status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { frameOf } from '../../../../src/serve/grpc/frame.ts'
import type { ServerCall } from '../../../../src/serve/grpc/server/server-call.ts'
import { unaryBytes } from '../../../../src/serve/grpc/server/unary.ts'
import { scheduler } from '../../../../src/serve/protocols/scheduler.ts'
import { ask, call } from '../../grpc-js-client.ts'
import { raw } from '../../raw-method.ts'
import { frameHex, requestRaw, serveMethods } from '../grpc-server.ts'

const method = raw(scheduler.Serve)
const { path } = method
const PATH = { ':path': path }

/** Answers with the request. */
const echo = { [path]: unaryBytes((asked, request) => void asked.finish(request)) }

describe('a client of grpc-js', () => {
  test.each([0, 1, 5_000, 200_000])('gets the bytes that it has sent: %i', async (bytes) => {
    const { client } = await serveMethods(echo)
    const message = Buffer.alloc(bytes, 7)
    expect((await call(client, method, message)).equals(message)).toBe(true)
  })

  test('compresses its requests with gzip', async () => {
    const { client } = await serveMethods(echo)
    const metadata = new Metadata()
    metadata.set('grpc-internal-encoding-request', 'gzip')
    const message = Buffer.alloc(10_000, 7)
    expect((await call(client, method, message, { metadata })).equals(message)).toBe(true)
  })

  test.each(['zu groß: 100 % → 再试', ' bad input: ', ' '])(
    'gets the code and the details of a failure: "%s"',
    async (details) => {
      const failing = unaryBytes((asked) => void asked.end({ code: status.ABORTED, details }))
      const { client } = await serveMethods({ [path]: failing })
      await expect(call(client, method, Buffer.alloc(1))).rejects.toMatchObject({
        code: status.ABORTED,
        details,
      })
    },
  )

  test('gets the start of details that are too long for headers, on a connection that stays', async () => {
    const failing = unaryBytes(
      (asked) => void asked.end({ code: status.ABORTED, details: 'ü'.repeat(70_000) }),
    )
    const { client } = await serveMethods({ [path]: failing, [`${path}2`]: echo[path] })
    await expect(call(client, method, Buffer.alloc(1))).rejects.toMatchObject({
      code: status.ABORTED,
      details: `${'ü'.repeat(800)}...`,
    })
    const other = { ...method, path: `${path}2` }
    expect(await call(client, other, Buffer.of(7))).toEqual(Buffer.of(7))
  })

  test('exchanges headers and trailers, text and bytes', async () => {
    const answer = unaryBytes((asked, request) => {
      const { headers } = asked
      asked.finish(
        request,
        { 'x-heard': String(headers?.['x-text']) },
        { 'x-bytes-bin': String(headers?.['x-bytes-bin']) },
      )
    })
    const { client } = await serveMethods({ [path]: answer })
    const metadata = new Metadata()
    metadata.set('x-text', 'a, b')
    metadata.set('x-bytes-bin', Buffer.from([0, 254, 255]))
    const heard: Metadata[] = []
    await new Promise<void>((resolve) => {
      const asked = ask(client, method, Buffer.alloc(1), { metadata }, () => undefined)
      asked.on('metadata', (received) => heard.push(received))
      asked.on('status', (received) => {
        heard.push(received.metadata)
        resolve()
      })
    })
    expect(heard[0].get('x-heard')).toEqual(['a, b'])
    expect(heard[1].get('x-bytes-bin')).toEqual([Buffer.from([0, 254, 255])])
  })

  test('cancels, and its deadline passes: the method is told of both', async () => {
    let begun = 0
    let cancelled = 0
    const never = unaryBytes(() => {
      begun++
      return () => cancelled++
    })
    const { client } = await serveMethods({ [path]: never })
    const controller = new AbortController()
    const calls = [
      call(client, method, Buffer.alloc(1), { signal: controller.signal }),
      // time for a connection that is new, on a busy machine
      call(client, method, Buffer.alloc(1), { timeoutMs: 1000 }),
    ]
    await expect.poll(() => begun).toBe(2)
    controller.abort()
    const outcomes = await Promise.allSettled(calls)
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)).toEqual([
      status.CANCELLED,
      status.DEADLINE_EXCEEDED,
    ])
    await expect.poll(() => cancelled).toBe(2)
  })

  test('gets UNIMPLEMENTED for an unknown method', async () => {
    const { client } = await serveMethods({})
    await expect(call(client, method, Buffer.alloc(1))).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
      details: `the method ${path} is not known here`,
    })
  })
})

test('a connection that does not say its protocol is closed, and one that does so late is served', async () => {
  const { listening } = await serveMethods(echo)
  const [host, port] = listening.address.split(':')
  const [silent, late] = [0, 1].map(() => dial(Number(port), host))
  const started = performance.now()
  for (const socket of [silent, late]) socket.write('P')
  setTimeout(() => late.write('RI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 2000)
  const [settings] = await once(late, 'data')
  expect(settings.length).toBeGreaterThan(8)
  await once(silent.resume(), 'close')
  const elapsed = performance.now() - started
  expect(elapsed).toBeGreaterThan(4500)
  expect(elapsed).toBeLessThan(9000)
  expect(late.closed).toBe(false)
  late.destroy()
})

describe('on the wire', () => {
  test('a response has its status in the trailers, and an error without a message in the headers', async () => {
    const { session } = await serveMethods({
      ...echo,
      '/x.Y/Fail': unaryBytes((asked) => void asked.end({ code: status.NOT_FOUND, details: 'ü%' })),
    })
    const answered = await requestRaw(session, PATH, [frameHex('00 00000002 0801'), undefined])
    expect(answered.headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc' })
    expect(answered.headers['grpc-status']).toBeUndefined()
    expect(answered.trailers).toMatchObject({ 'grpc-status': '0' })
    expect(answered.body).toEqual(frameHex('00 00000002 0801'))
    const failed = await requestRaw(session, { ':path': '/x.Y/Fail' }, [frameHex('00 00000000'), undefined])
    expect(failed.headers).toMatchObject({ 'grpc-status': '5', 'grpc-message': '%C3%BC%25' })
    expect(failed.trailers).toBeUndefined()
  })

  test('frames may be cut anywhere', async () => {
    const { session } = await serveMethods(echo)
    const frame = frameOf(Buffer.from('hello, world'))
    const bytes = Array.from(frame, (byte) => Buffer.from([byte]))
    expect((await requestRaw(session, PATH, [...bytes, undefined])).body).toEqual(frame)
  })

  test.each<[string, Record<string, string>, (Buffer | undefined)[], status]>([
    ['a flag that gRPC does not have', {}, [frameHex('02 00000000'), undefined], status.INTERNAL],
    ['a message that is cut off', {}, [frameHex('00 00000009 01'), undefined], status.INTERNAL],
    ['no message', {}, [undefined], status.UNIMPLEMENTED],
    ['another method of HTTP', { ':method': 'PUT' }, [frameHex('00 00000000'), undefined], status.INTERNAL],
    ['two messages', {}, [frameHex('00 00000000 00 00000000'), undefined], status.UNIMPLEMENTED],
    ['a length above the limit', {}, [frameHex('00 7fffffff 01')], status.RESOURCE_EXHAUSTED],
    [
      'a timeout without a unit',
      { 'grpc-timeout': '5' },
      [frameHex('00 00000000'), undefined],
      status.INTERNAL,
    ],
    ...['br', '__proto__', 'constructor', 'toString'].map(
      (encoding): [string, Record<string, string>, (Buffer | undefined)[], status] => [
        `the unknown encoding ${encoding}`,
        { 'grpc-encoding': encoding },
        [frameHex('01 00000001 00'), undefined],
        status.UNIMPLEMENTED,
      ],
    ),
    ['compression without an encoding', {}, [frameHex('01 00000001 00'), undefined], status.INTERNAL],
    [
      'bytes that are not gzip',
      { 'grpc-encoding': 'gzip' },
      [frameHex('01 00000001 00'), undefined],
      status.INTERNAL,
    ],
    [
      'a bomb',
      { 'grpc-encoding': 'gzip' },
      [Buffer.concat([frameHex('01'), frameOf(gzipSync(Buffer.alloc(2 ** 24))).subarray(1)]), undefined],
      status.RESOURCE_EXHAUSTED,
    ],
  ])('%s: the call ends with the reason, others go on', async (_what, more, chunks, code) => {
    const { session } = await serveMethods(echo)
    const { headers, trailers } = await requestRaw(session, { ...PATH, ...more }, chunks)
    const end = { ...headers, ...trailers }
    expect(end).toMatchObject({ ':status': 200, 'grpc-status': String(code) })
    expect(String(end['grpc-message']).endsWith('larger --max-message-mb')).toBe(
      code === status.RESOURCE_EXHAUSTED,
    )
    const after = await requestRaw(session, PATH, [frameHex('00 00000001 05'), undefined])
    expect(after.trailers).toMatchObject({ 'grpc-status': '0' })
  })

  test('a method gets no message behind the one at which it ends the call', async () => {
    const heard: number[] = []
    const ending = (asked: ServerCall) => ({
      message(message: Buffer) {
        heard.push(message[0])
        asked.end({ code: status.INVALID_ARGUMENT, details: '' })
      },
      ended: () => heard.push(-1),
      cancelled: () => heard.push(-2),
    })
    const { session } = await serveMethods({ [path]: ending })
    const both = Buffer.concat([frameHex('00 00000001 05'), frameHex('00 00000001 06')])
    const { headers, trailers } = await requestRaw(session, PATH, [both, undefined])
    expect({ ...headers, ...trailers }).toMatchObject({ 'grpc-status': String(status.INVALID_ARGUMENT) })
    expect(heard).toEqual([5])
  })

  test('a client that still sends gets the status of a call that ends after a response', async () => {
    const responses = [Buffer.of(5), Buffer.of(6)]
    const answering = (asked: ServerCall) => ({
      message(message: Buffer) {
        if (message[0] === 7) asked.end({ code: status.ABORTED, details: 'no sevens' })
        else asked.send(message)
      },
      ended: () => undefined,
      cancelled: () => undefined,
    })
    const { session } = await serveMethods({ [path]: answering })
    const sent = [...responses, Buffer.of(7)].map((message) => frameOf(message))
    const { trailers, body, resetCode } = await requestRaw(session, PATH, sent)
    expect(trailers).toMatchObject({ 'grpc-status': String(status.ABORTED), 'grpc-message': 'no sevens' })
    expect(body).toEqual(Buffer.concat(responses.map((message) => frameOf(message))))
    expect(resetCode).toBe(0)
  })

  test.each([
    ['bytes that are no message', '02 00000000'],
    ['a message that is cut off', '00 00000005 07'],
    ['a message in no encoding', '01 00000001 07'],
  ])('the method is told of %s behind a message', async (_what, hex) => {
    const heard: string[] = []
    const noting = () => ({
      message: () => heard.push('message'),
      ended: () => heard.push('ended'),
      cancelled: () => heard.push('cancelled'),
    })
    const { session } = await serveMethods({ [path]: noting })
    const { trailers, headers } = await requestRaw(session, PATH, [
      frameHex('00 00000001 05'),
      frameHex(hex),
      undefined,
    ])
    expect({ ...headers, ...trailers }).toMatchObject({ 'grpc-status': String(status.INTERNAL) })
    expect(heard).toEqual(['message', 'cancelled'])
  })

  test.each(['application/grpc+proto', 'application/grpc;charset=utf-8', 'Application/GRPC'])(
    'the content-type may be %s',
    async (type) => {
      const { session } = await serveMethods(echo)
      const { trailers } = await requestRaw(session, { ...PATH, 'content-type': type }, [
        frameHex('00 00000000'),
        undefined,
      ])
      expect(trailers).toMatchObject({ 'grpc-status': '0' })
    },
  )

  test.each(['application/grpc-web', 'text/html'])('a request of the type %s gets 415', async (type) => {
    const { session } = await serveMethods(echo)
    const { headers } = await requestRaw(session, { ...PATH, 'content-type': type }, [undefined])
    expect(headers[':status']).toBe(415)
  })
})

test.each([
  ['its deadline passes', () => undefined],
  ['its client closes it without an error', (stream: ClientHttp2Stream) => stream.close()],
])('a call whose stream is paused holds nothing after %s', async (_what, end) => {
  const { session, bufferedBytes } = await serveMethods({
    [path]: (asked) => ({
      message: () => asked.pause(),
      ended: () => undefined,
      cancelled: () => undefined,
    }),
  })
  const stream = session.request({
    ...{ ':method': 'POST', ':path': path, te: 'trailers' },
    ...{ 'content-type': 'application/grpc', 'grpc-timeout': '200m' },
  })
  stream.on('error', () => undefined)
  for (let i = 0; i < 20; i++) stream.write(frameOf(Buffer.alloc(20_000)))
  await expect.poll(() => bufferedBytes.heldBytes).toBeGreaterThan(0)
  end(stream)
  await expect.poll(() => bufferedBytes.heldBytes).toBe(0)
})
