import { once } from 'node:events'
import { constants, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { frameOf } from '../../../src/serve/grpc/frame.ts'
import { parseTimeout } from '../../../src/serve/grpc/timeout.ts'
import { answerCall, bareServer, channelTo } from './channels.ts'

test('a request that is sent again has the time that is left', async () => {
  const timeouts: number[] = []
  const address = await bareServer((stream, headers) => {
    timeouts.push(parseTimeout(headers['grpc-timeout'] as string)!)
    setTimeout(() => stream.close(constants.NGHTTP2_REFUSED_STREAM), 60)
  })
  const { ask } = channelTo(address)
  expect(await ask(undefined, {}, 1_000)).toMatchObject({ kind: 'error', isUnseen: true })
  expect(timeouts).toHaveLength(2)
  // the header is up to 1/16 longer
  expect(timeouts[1]).toBeLessThan(timeouts[0])
})

test.each([
  ['refuses a stream', (stream: ServerHttp2Stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM)],
  ['ends the connection', (stream: ServerHttp2Stream) => stream.session?.goaway(0, stream.id! - 2)],
])('a request of megabytes to a server that %s is sent again', async (_what, refuse) => {
  const sizes: number[] = []
  const server = createServer()
  let streams = 0
  server.on('stream', (stream) => {
    stream.on('error', () => undefined)
    // streams 1 and 5 are served
    if (++streams === 2) return refuse(stream)
    let bytes = 0
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    stream.on('end', () => {
      sizes.push(bytes)
      answerCall(stream, frameOf(Buffer.from('answer')))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { ask } = channelTo(`127.0.0.1:${(server.address() as AddressInfo).port}`, 2 ** 23)
  const message = Buffer.alloc(4_000_000)
  expect(await ask(message)).toMatchObject({ kind: 'response', message: Buffer.from('answer') })
  expect(await ask(message)).toMatchObject({ kind: 'response', message: Buffer.from('answer') })
  expect(sizes).toHaveLength(2)
  expect(sizes[1]).toBe(sizes[0])
})

test('calls that wait for a stream on a connection that ends are all answered on the next one, which takes as few', async () => {
  const server = createServer({ settings: { maxConcurrentStreams: 2 } })
  let streams = 0
  server.on('stream', (stream) => {
    stream.on('error', () => undefined)
    // the first connection ends while two calls are open
    if (++streams === 3) stream.session?.goaway()
    setTimeout(answerCall, streams === 1 ? 0 : 100, stream, frameOf(Buffer.from('answer')))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { ask } = channelTo(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  await ask()
  const results = await Promise.all(Array.from({ length: 6 }, () => ask()))
  expect(results.map(({ kind }) => kind)).toEqual(Array(6).fill('response'))
})
