/** Messages of a stream keep their order, although compressed ones take time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { frameOf } from '../../../../src/serve/grpc/frame.ts'
import type { ServerCall } from '../../../../src/serve/grpc/server/server-call.ts'
import { frameHex, requestRaw, serveMethods } from '../grpc-server.ts'

const path = '/a.B/C'
const PATH = { ':path': path }

test('messages behind a compressed one are all delivered, however many they are', async () => {
  let messages = 0
  let waiting = 0
  let deepest = 0
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 200
  onTestFinished(() => {
    Error.stackTraceLimit = stackTraceLimit
  })
  const counting = (asked: ServerCall) => ({
    message() {
      const { compressed } = asked as unknown as { compressed: unknown[] }
      if (messages === 0) setImmediate(() => asked.resume())
      if (messages++ === 1) waiting = compressed.length
      if (messages % 100 === 0) deepest = Math.max(deepest, new Error().stack!.split('\n').length)
    },
    ended: () => asked.end({ code: status.OK, details: '' }),
    cancelled: () => undefined,
  })
  const { session } = await serveMethods({ [path]: counting }, { maxMessageBytes: 2 ** 24 })
  const large = frameOf(gzipSync(Buffer.alloc(2 ** 23))).subarray(1)
  // the method resumes at the one before it, while it is decompressed
  const first = Buffer.concat([frameHex('00 00000000'), frameHex('01'), large])
  const others = Buffer.alloc(5 * 100_000)
  const asked = { ...PATH, 'grpc-encoding': 'gzip' }
  const { trailers } = await requestRaw(session, asked, [Buffer.concat([first, others]), undefined])
  expect(trailers).toMatchObject({ 'grpc-status': '0' })
  expect(messages).toBe(100_002)
  // no more than came with it, and none is delivered inside of another
  expect(waiting).toBeLessThan(5_000)
  expect(deepest).toBeLessThan(100)
})

test('a method that pauses at a compressed message gets the next one when it resumes', async () => {
  const heard: number[] = []
  let resume: (() => void) | undefined
  const pausing = (asked: ServerCall) => ({
    message(message: Buffer) {
      heard.push(message[0])
      asked.pause()
      resume = () => asked.resume()
    },
    ended: () => asked.end({ code: status.OK, details: '' }),
    cancelled: () => undefined,
  })
  const { session } = await serveMethods({ [path]: pausing })
  const asked = { ...PATH, ':method': 'POST', 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' }
  const stream = session.request(asked)
  stream.write(Buffer.concat([frameHex('01'), frameOf(gzipSync(Buffer.of(5))).subarray(1)]))
  await expect.poll(() => heard).toEqual([5])
  stream.write(frameHex('00 00000001 06'))
  await sleep(200)
  expect(heard).toEqual([5])
  resume?.()
  await expect.poll(() => heard).toEqual([5, 6])
  stream.close()
})

test('a request in an encoding that is not taken is answered with those that are', async () => {
  const { session } = await serveMethods({
    [path]: () => ({ message: () => undefined, ended: () => undefined, cancelled: () => undefined }),
  })
  const { headers } = await requestRaw(session, { ...PATH, 'grpc-encoding': 'br' }, [undefined])
  expect(headers).toMatchObject({
    'grpc-status': String(status.UNIMPLEMENTED),
    'grpc-accept-encoding': 'identity,deflate,gzip',
    'grpc-message': 'messages in the encoding "br" are not taken; use gzip, deflate or identity',
  })
})
