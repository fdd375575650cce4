import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect as openSession } from 'node:http2'
import { expect, test } from 'vitest'
import { frameOf } from '../../../src/serve/grpc/frame.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { emulate, route, until } from './live.ts'

const { path, requestSerialize } = scheduler.Serve

/** Opens a connection of HTTP/2, and sends a request. */
function call(address: string) {
  const session = openSession(`http://${address}`)
  session.on('error', () => undefined)
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
  stream.on('error', () => undefined)
  stream.resume()
  stream.end(frameOf(requestSerialize({ batch: 100, qWait: 0 })))
  return { session, stream, closed: new Promise((resolve) => stream.once('close', resolve)) }
}

/** A router that serves a request of 400 ms. */
async function serving() {
  const { servers } = await emulate([0, 1])
  const { router } = await route({ fleet: servers })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  const isServing = () => router.servers().some(({ inFlight }) => inFlight > 0)
  const { session, stream } = call(router.address)
  const answered = once(stream, 'trailers').then(([trailers]) => trailers as unknown)
  answered.catch(() => undefined)
  await until(isServing)
  return { router, session, answered, isServing }
}

test('while it closes, clients are told to use another connection, and get their answers', async () => {
  const { router, session, answered, isServing } = await serving()
  const told = once(session, 'goaway').then(isServing)
  const closed = router.close(5000)
  expect(await told).toBe(true)
  expect(await answered).toMatchObject({ 'grpc-status': '0' })
  await closed
})

test('while it closes, clients that connect are told to call another router', async () => {
  const { router, session, isServing } = await serving()
  const closed = router.close(5000)
  const late = call(router.address)
  const [code, lastStream] = await once(late.session, 'goaway')
  expect([code, lastStream, isServing()]).toEqual([0, 0, true])
  await late.closed
  // NGHTTP2_REFUSED_STREAM: the request may be sent again
  expect(late.stream.rstCode).toBe(7)
  const asked = get(`http://${router.address}/v2/health/live`, { agent: new Agent({ keepAlive: true }) })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.resume()
  expect([response.headers.connection, isServing()]).toEqual(['close', true])
  session.destroy()
  await closed
})
