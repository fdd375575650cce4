import { createServer, type ServerHttp2Session } from 'node:http2'
import type { Server } from 'node:net'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { frameOf } from '../../../../src/serve/grpc/frame.ts'
import { until } from '../../router/live.ts'
import { addressOf, answerCall, bareServer, channelTo, method } from '../channels.ts'

const { path } = method

test('a server that goes away need not wait for its watch to end', async () => {
  let hasGone = false
  const address = await bareServer((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
    stream.session?.close(() => {
      hasGone = true
    })
  })
  const { channel } = channelTo(address)
  const code = await new Promise((ended) => {
    channel.watch({ path, message: Buffer.alloc(0) }, { message: () => undefined, ended })
  })
  expect(code).toBe(status.UNAVAILABLE)
  await until(() => hasGone)
})

test('a call with more headers than the server has said that it takes is not sent', async () => {
  const server = createServer({ settings: { maxHeaderListSize: 1_000 } })
  let streams = 0
  const sessions: ServerHttp2Session[] = []
  server.on('session', (session) => sessions.push(session))
  server.on('stream', (stream) => {
    streams++
    answerCall(stream, frameOf(Buffer.alloc(1)))
  })
  const { ask } = channelTo(await addressOf(server as unknown as Server))
  expect((await ask(undefined, { 'x-some': ['v'.repeat(50), 'w'] })).kind).toBe('response')
  const tooLarge = {
    code: status.RESOURCE_EXHAUSTED,
    details: expect.stringMatching(
      /^the headers of the request have 1\d\d\d bytes, and the server takes 1000$/,
    ),
    origin: 'limit',
  }
  const askTooMany = () => ask(undefined, { 'x-many': new Array(20).fill('v') })
  expect(await askTooMany()).toMatchObject(tooLarge)
  // on a new connection too, before the server says it again
  await new Promise<void>((closed) => sessions[0].close(closed))
  do expect(await askTooMany()).toMatchObject(tooLarge)
  while (sessions.length < 2)
  expect(streams).toBe(1)
})
