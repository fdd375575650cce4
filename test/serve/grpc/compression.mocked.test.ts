import { constants } from 'node:http2'
import { status } from '@grpc/grpc-js'
import { beforeEach, expect, test, vi } from 'vitest'
import { decompress } from '../../../src/serve/grpc/compression.ts'
import { unaryBytes } from '../../../src/serve/grpc/server/unary.ts'
import { answerCall, bareServer, channelTo, method } from './channels.ts'
import { frameHex, serveMethods } from './grpc-server.ts'

type Done = (error: Error | null, result: Buffer) => void

const running = vi.hoisted((): Done[] => [])
vi.mock('node:zlib', async (original) => ({
  ...(await original<object>()),
  gunzip: (_message: Buffer, _options: object, done: Done) => running.push(done),
  inflate: undefined,
}))

beforeEach(() => {
  running.length = 0
})

test('four messages are decompressed at a time, the others in their order', () => {
  const done: unknown[] = []
  for (let i = 0; i < 6; i++) decompress(Buffer.alloc(1), 'gzip', 100, (result) => done.push([i, result]))
  expect(running).toHaveLength(4)
  const result = Buffer.alloc(9)
  running[2](null, result)
  expect(running).toHaveLength(5)
  // one that fails makes room too
  running[0](new Error('no gzip'), result)
  expect(running).toHaveLength(6)
  for (const i of [4, 5]) running[i](null, result)
  running[1](null, result)
  running[3](null, result)
  expect(done).toEqual([
    [2, result],
    [0, undefined],
    [4, result],
    [5, result],
    [1, result],
    [3, result],
  ])
})

test('a message whose call has ended is not decompressed, and not kept until its turn', () => {
  running.length = 0
  const results: number[] = []
  const forget = Array.from({ length: 6 }, (_, i) =>
    decompress(Buffer.alloc(1), 'gzip', 100, () => results.push(i)),
  )
  for (const i of [0, 4]) forget[i]()
  running[1](null, Buffer.alloc(1))
  for (const i of [0, 2, 3, 4]) running[i](null, Buffer.alloc(1))
  expect(running).toHaveLength(5)
  expect(results).toEqual([1, 0, 2, 3, 5])
})

test('nor is that of a call that the client has cancelled', async () => {
  running.length = 0
  const { session } = await serveMethods({
    '/a.B/C': unaryBytes((asked, request) => void asked.finish(request)),
  })
  const roundTrip = () => new Promise((resolve) => session.ping(resolve))
  const streams = Array.from({ length: 6 }, () => {
    const headers = { ':method': 'POST', ':path': '/a.B/C', 'content-type': 'application/grpc' }
    const stream = session.request({ ...headers, 'grpc-encoding': 'gzip' })
    stream.on('error', () => undefined)
    stream.write(frameHex('01 00000001 00'))
    return stream
  })
  await expect.poll(() => running.length).toBe(4)
  await roundTrip()
  streams[4].close(constants.NGHTTP2_CANCEL)
  await roundTrip()
  for (const done of running.splice(0)) done(null, Buffer.alloc(1))
  await expect.poll(() => running.length).toBe(1)
})

/** A server whose responses are compressed. */
const compressing = () =>
  bareServer((stream) =>
    answerCall(stream, Buffer.from([1, 0, 0, 0, 1, 7]), { head: { 'grpc-encoding': 'gzip' } }),
  )

test('the time limit of a call includes the decompression of its response', async () => {
  const { channel } = channelTo(await compressing())
  const done = vi.fn()
  channel.call({ path: method.path, message: Buffer.alloc(1), timeoutMs: 200 }, done)
  await expect.poll(() => running.length).toBe(1)
  await expect
    .poll(() => done.mock.calls, { timeout: 5_000 })
    .toMatchObject([[{ code: status.DEADLINE_EXCEEDED }]])
  running.pop()?.(null, Buffer.alloc(1))
  expect(done).toHaveBeenCalledOnce()
})

test('a call that is cancelled while its response is decompressed has no result', async () => {
  const { channel } = channelTo(await compressing())
  const done = vi.fn()
  const call = channel.call({ path: method.path, message: Buffer.alloc(1), timeoutMs: 5_000 }, done)
  await expect.poll(() => running.length).toBe(1)
  call.cancel()
  running.pop()?.(null, Buffer.alloc(1))
  expect(done).not.toHaveBeenCalled()
})
