import { createServer, request } from 'node:http'
import { constants } from 'node:http2'
import { connect } from 'node:net'
import { Server, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { inference } from '../../../../src/serve/protocols/inference.ts'
import { addressOf } from '../../grpc/channels.ts'
import { headersFrame, http2Frame, PREFACE, resetFrame } from '../../grpc/http2-frames.ts'
import { listenGrpcJs } from '../../grpc-js-server.ts'
import { rawMethod } from '../../raw-method.ts'
import { route, until } from '../live.ts'

/** The router gives up a question after 10 s by itself. */
const BEFORE_LIMIT = { timeout: 5_000 }

const same = (bytes: Buffer) => bytes

async function inFrontOf(address: string) {
  const it = await route({ fleet: [{ address, type: 'fast' }] })
  await until(() => it.router.servers().every(({ state }) => state === 'up'))
  return it
}

test('a question over gRPC that a client cancels is cancelled at the server', async () => {
  const heard: string[] = []
  const server = new Server()
  const { ServerLive } = inference
  const add = (
    path: string,
    handle: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => void,
  ) => server.register(path, handle, same, same, 'unary')
  add(ServerLive.path, (_, done) => done(null, Buffer.alloc(0)))
  const config = rawMethod('/inference.GRPCInferenceService/ModelConfig')
  add(config.path, (call) => {
    heard.push('asked')
    call.on('cancelled', () => heard.push('cancelled'))
  })
  const listening = await listenGrpcJs(server, { port: 0 })
  onTestFinished(() => listening.close(0))
  const { client } = await inFrontOf(listening.address)
  const small = Buffer.from('0a05736d616c6c', 'hex')
  const asked = client.makeUnaryRequest(config.path, same, same, small, () => undefined)
  await expect.poll(() => heard).toEqual(['asked'])
  asked.cancel()
  await expect.poll(() => heard, BEFORE_LIMIT).toEqual(['asked', 'cancelled'])
})

test.each(['/v2', '/v2/models/small/config'])('a question over HTTP, %s, likewise', async (path) => {
  const heard: string[] = []
  const server = createServer((question, response) => {
    if (question.url !== path) return void response.end('{}')
    heard.push('asked')
    response.on('close', () => heard.push('cancelled'))
  })
  const { router } = await inFrontOf(await addressOf(server))
  const asked = request(`http://${router.address}${path}`).on('error', () => undefined)
  asked.end()
  await expect.poll(() => heard).toEqual(['asked'])
  asked.destroy()
  await expect.poll(() => heard, BEFORE_LIMIT).toEqual(['asked', 'cancelled'])
})

test('questions over HTTP/2 that are reset at once open no connections to the server', async () => {
  const heard: string[] = []
  const server = createServer((question, response) => {
    heard.push(String(question.url))
    response.end('{}')
  })
  const { router } = await inFrontOf(await addressOf(server))
  let connections = 0
  server.on('connection', () => connections++)
  const question = (stream: number, path: string) => {
    const frame = headersFrame(stream, {
      ':method': 'GET',
      ':scheme': 'http',
      ':path': path,
      ':authority': 'a',
    })
    frame[4] |= constants.NGHTTP2_FLAG_END_STREAM
    return frame
  }
  const reset = Array.from({ length: 900 }, (_, i) => [
    question(2 * i + 1, '/v2/models/small/config'),
    resetFrame(2 * i + 1, constants.NGHTTP2_CANCEL),
  ])
  const socket = connect(Number(router.address.split(':')[1]), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write(
    Buffer.concat([
      PREFACE,
      http2Frame('settings', 0),
      ...reset.flat(),
      question(2001, '/v2/models/small/stats'),
    ]),
  )
  await expect.poll(() => heard).toContain('/v2/models/small/stats')
  // that of the last question, those of checks, and where a reset is read later than its question
  expect(connections).toBeLessThan(20)
})
