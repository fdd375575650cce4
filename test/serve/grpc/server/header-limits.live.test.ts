import { once } from 'node:events'
import { constants } from 'node:http2'
import { connect as dial } from 'node:net'
import { Metadata, status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { frameOf } from '../../../../src/serve/grpc/frame.ts'
import { unaryBytes } from '../../../../src/serve/grpc/server/unary.ts'
import { scheduler } from '../../../../src/serve/protocols/scheduler.ts'
import { call } from '../../grpc-js-client.ts'
import { raw } from '../../raw-method.ts'
import { serveMethods } from '../grpc-server.ts'
import { END_STREAM, headersFrame, http2Frame, PREFACE, readFrames } from '../http2-frames.ts'

const method = raw(scheduler.Serve)
const echo = { [method.path]: unaryBytes((asked, request) => void asked.finish(request)) }

/** So many headers of so many bytes each. */
function headers(count: number, bytes: number): Metadata {
  const metadata = new Metadata()
  for (let i = 0; i < count; i++) metadata.set(`x-${i}`, 'a'.repeat(bytes))
  return metadata
}

test.each([
  ['one of 15,000 bytes', 1, 15_000],
  ['50 of 200 bytes', 50, 200],
])('a call with more headers is served: %s', async (_what, count, bytes) => {
  const { client } = await serveMethods(echo)
  const answer = await call(client, method, Buffer.of(7), { metadata: headers(count, bytes) })
  expect(answer).toEqual(Buffer.of(7))
})

test.each([
  ['one of 16,384 bytes', 1, 16_384],
  ['20 of 1,000 bytes', 20, 1_000],
  ['65 of one byte', 65, 1],
])('a call with too many headers ends, others of its connection do not: %s', async (_what, count, bytes) => {
  const { client } = await serveMethods(echo)
  const served = call(client, method, Buffer.of(7))
  const refused = call(client, method, Buffer.of(7), { metadata: headers(count, bytes) })
  await expect(refused).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED })
  expect([await served, await call(client, method, Buffer.of(8))]).toEqual([Buffer.of(7), Buffer.of(8)])
})

// until then node:http2 has no limit of their bytes
test('too many headers end a call of a client that has not acknowledged the limit', async () => {
  const { listening } = await serveMethods(echo)
  const socket = dial({ host: '127.0.0.1', port: listening.port })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  const own = Array.from({ length: 58 }, (_, i) => [`x-${i}`.padEnd(126, 'a'), 'a'.repeat(126)])
  const headers = headersFrame(1, {
    ...{ ':method': 'POST', ':scheme': 'http', ':path': method.path, ':authority': 'a' },
    ...{ 'content-type': 'application/grpc', ...Object.fromEntries(own) },
  })
  const message = http2Frame('data', 1, frameOf(Buffer.of(7)), END_STREAM)
  socket.write(Buffer.concat([PREFACE, http2Frame('settings', 0), headers, message]))
  for await (const { type, payload } of readFrames(socket)) {
    expect(type).not.toBe('headers')
    if (type !== 'reset') continue
    expect(payload.readUInt32BE()).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    return
  }
  expect.unreachable('the connection was closed')
})
