import { once } from 'node:events'
import { createServer } from 'node:http'
import { type ClientHttp2Session, type IncomingHttpHeaders, connect as openSession } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { frameOf } from '../../../src/serve/grpc/frame.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import type { RouterLog } from '../../../src/serve/router/events.ts'
import { headersFrame, http2Frame, PREFACE } from '../grpc/http2-frames.ts'
import { route, serverOf, until } from './live.ts'

const { path, requestSerialize, requestDeserialize, responseSerialize } = scheduler.Serve

/** Opens a connection of HTTP/2. */
function open(address: string): ClientHttp2Session {
  return openSession(`http://${address}`).on('error', () => undefined)
}

/** Sends a request. @returns the headers or the trailers that have its status, empty if it has none */
function ask(session: ClientHttp2Session): Promise<IncomingHttpHeaders> {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
  stream.on('error', () => undefined)
  stream.resume()
  stream.end(frameOf(requestSerialize({ batch: 100, qWait: 0 })))
  return new Promise((resolve) => {
    // a failure has its status in the headers
    stream.on('response', (headers) => 'grpc-status' in headers && resolve(headers))
    stream.on('trailers', resolve)
    stream.on('close', () => resolve({}))
  })
}

/** A router whose server calls `serve` for each request, with what answers it. */
async function routing(serve: (answer: () => void) => void, log?: RouterLog) {
  const address = await serverOf({
    [path](request, done) {
      if (requestDeserialize(request).batch === 0)
        return done({ code: status.INVALID_ARGUMENT, details: 'a batch of 0' })
      serve(() => done(null, responseSerialize({ exeTime: 10, idx: 0, qWait: 0 })))
    },
  })
  const { router } = await route({ fleet: [{ address, type: 'slow' }], log })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  return router
}

/** A router that serves a request until `answer` is called: within 2.3 s, after which its server counts as hung. */
async function serving(log?: RouterLog) {
  let answer: (() => void) | undefined
  const router = await routing((answerIt) => {
    answer = answerIt
  }, log)
  const isServing = () => router.servers().some(({ inFlight }) => inFlight > 0)
  const session = open(router.address)
  const answered = ask(session)
  await until(() => answer !== undefined)
  return { router, session, answered, isServing, answer: () => answer?.() }
}

test('while it closes, clients are told to use another connection, and get their answers', async () => {
  const { router, session, answered, isServing, answer } = await serving()
  const told = once(session, 'goaway').then(isServing)
  const closed = router.close(5000)
  expect(await told).toBe(true)
  answer()
  expect(await answered).toMatchObject({ 'grpc-status': '0' })
  await closed
})

/** A log that keeps its warnings. */
function warningsOf() {
  const warnings: unknown[] = []
  const ignore = () => undefined
  const log = { debug: ignore, info: ignore, warn: (...line: unknown[]) => warnings.push(line) }
  return { warnings, log }
}

test('the log says how many requests had no answer when it closed', async () => {
  const { warnings, log } = warningsOf()
  const { router, answered } = await serving(log)
  await router.close(50)
  expect(await answered).toMatchObject({ 'grpc-status': String(status.UNAVAILABLE) })
  expect(warnings).toEqual([[{ requests: 1, timeoutMs: 50 }, expect.stringContaining('longer --drain-ms')]])
})

test('the log does not warn where all requests are answered', async () => {
  const { warnings, log } = warningsOf()
  const { router, answered, answer } = await serving(log)
  const closed = router.close(5000)
  answer()
  await answered
  await closed
  expect(warnings).toEqual([])
})

test('while it closes, it refuses connections, and tells silent ones that speak now to use another router', async () => {
  const { router, answered, isServing, answer } = await serving()
  const openTcp = async () => {
    const socket = connect(Number(router.address.split(':')[1]), '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  const silent = [await openTcp(), await openTcp()]
  const closed = router.close(5000)
  const tryToOpen = () =>
    openTcp().then(
      (socket) => socket.destroy(),
      ({ code }) => code as string,
    )
  await expect.poll(tryToOpen).toBe('ECONNREFUSED')
  const request = headersFrame(1, { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
  silent[0].write(Buffer.concat([PREFACE, http2Frame('settings', 0), request]))
  silent[1].write('GET /v2/health/live HTTP/1.1\r\nhost: router\r\n\r\n')
  const [frames, response] = await Promise.all(silent.map((socket) => buffer(socket)))
  // GOAWAY without an error: no request was seen, so that each may be sent again
  expect(frames.toString('hex')).toContain('000008070000000000' + '00000000' + '00000000')
  expect(response.toString()).toMatch(/^HTTP\/1.1 200 OK\r\nConnection: close\r\n/i)
  expect(isServing()).toBe(true)
  answer()
  await answered
  await closed
})

test('requests that have arrived when it closes are answered, although they are not read yet', async () => {
  const { router, answered, answer } = await serving()
  const [host, port] = router.address.split(':')
  const request = 'GET /v2/health/live HTTP/1.1\r\nhost: router\r\n\r\n'
  const kept = connect(Number(port), host)
  kept.write(request)
  await once(kept, 'data')
  // the system takes the bytes at once
  kept.write(request)
  const closed = router.close(5000)
  expect((await buffer(kept)).toString()).toMatch(/^HTTP\/1.1 200 OK\r\nConnection: close\r\n/i)
  answer()
  await answered
  await closed
})

test('a request of HTTP/2 that is sent as the router ends the connection is answered', async () => {
  const router = await routing((answer) => answer())
  const session = open(router.address)
  await ask(session)
  let last: Promise<IncomingHttpHeaders> | undefined
  session.once('ping', () => {
    last = ask(session)
  })
  await router.close(5000)
  expect(await last).toMatchObject({ 'grpc-status': '0' })
})

test('requests of HTTP/2 on connections that clients have opened when it closes are answered', async () => {
  const router = await routing((answer) => answer())
  const asked = Array.from({ length: 8 }, () => ask(open(router.address)))
  await router.close(5000)
  for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ 'grpc-status': '0' })
})

test('requests on connections that clients have opened when it closes are answered', async () => {
  const server = createServer((request, response) => {
    const outputs = [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [0] }]
    const isRequest = request.url!.endsWith('/infer')
    request.resume().on('end', () => response.end(JSON.stringify(isRequest ? { outputs } : { ready: true })))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const { router } = await route({ fleet: [{ address: `127.0.0.1:${port}`, type: 'fast' }] })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [0] }]
  const body = JSON.stringify({ inputs })
  const head = `POST /v2/models/small/infer HTTP/1.1\r\nhost: router\r\ncontent-length: ${body.length}\r\n\r\n`
  // the system has them, and none is accepted yet
  const clients = Array.from({ length: 8 }, () => connect(Number(router.address.split(':')[1]), '127.0.0.1'))
  for (const client of clients) client.write(head + body)
  const closed = router.close(5000)
  for (const answer of await Promise.all(clients.map((client) => buffer(client))))
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200 OK\r\n.*connection: close\r\n/is)
  await closed
})
