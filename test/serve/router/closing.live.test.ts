import { connect as openSession } from 'node:http2'
import { expect, test } from 'vitest'
import { frameOf } from '../../../src/serve/grpc/frame.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { emulate, route, until } from './live.ts'

test('while it closes, clients are told to use another connection, and get their answers', async () => {
  const { servers } = await emulate([1, 1])
  const { router } = await route({ fleet: servers })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  const session = openSession(`http://${router.address}`)
  const { path, requestSerialize } = scheduler.Serve
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
  const serving = () => router.servers().some(({ inFlight }) => inFlight > 0)
  const told = new Promise((resolve) => session.once('goaway', () => resolve(serving())))
  const answered = new Promise((resolve) => stream.once('trailers', resolve))
  stream.resume()
  stream.end(frameOf(requestSerialize({ batch: 100, qWait: 0 })))
  await until(serving)
  const closed = router.close(5000)
  expect(await told).toBe(true)
  expect(await answered).toMatchObject({ 'grpc-status': '0' })
  await closed
})
