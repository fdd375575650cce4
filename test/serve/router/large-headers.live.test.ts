/** Headers that are larger than node:http2 sends, or than a server takes, are no fault of a server. */
import { connect, constants, type IncomingHttpHeaders } from 'node:http2'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { frameOf } from '../../../src/serve/grpc/frame.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { answerCall, bareServer, channelTo } from '../grpc/channels.ts'
import { emulate, route, until } from './live.ts'

/** Many values of one header, each of which is a header of its own to a server. */
const MANY = ','.repeat(5000)

test('a call with headers that cannot be sent ends at once, and others go on', async () => {
  const address = await bareServer((stream) => {
    answerCall(stream, frameOf(Buffer.from('answer')))
  })
  const { ask } = channelTo(address)
  expect(await ask(undefined, { 'x-bytes-bin': MANY.split(',') })).toMatchObject({
    kind: 'error',
    code: status.RESOURCE_EXHAUSTED,
    details: 'the headers of the request are larger than can be sent',
    origin: 'limit',
  })
  expect(await ask()).toMatchObject({ kind: 'response' })
})

test('a server that takes fewer headers has answered', async () => {
  const address = await bareServer((stream) => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM))
  expect(await channelTo(address).ask()).toMatchObject({ code: status.RESOURCE_EXHAUSTED, origin: 'server' })
})

test('an answer with hundreds of headers and trailers is read with all of them', async () => {
  const many = (name: string) =>
    Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`${name}-${i}`, 'x']))
  const address = await bareServer((stream) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', ...many('x-head') },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0, ...many('x-trail') }))
    stream.end(frameOf(Buffer.from('answer')))
  })
  expect(await channelTo(address).ask()).toMatchObject({
    kind: 'response',
    headers: many('x-head'),
    trailers: many('x-trail'),
  })
})

test('a request whose headers cannot be passed on takes no server out', async () => {
  const { servers } = await emulate([1, 1])
  const { router } = await route({ fleet: servers })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  const session = connect(`http://${router.address}`)
  onTestFinished(() => session.destroy())
  const stream = session.request({
    ':method': 'POST',
    ':path': scheduler.Serve.path,
    'content-type': 'application/grpc',
    te: 'trailers',
    'x-bytes-bin': MANY,
  })
  const ended = new Promise<IncomingHttpHeaders>((resolve) => {
    stream.on('response', (head) => head['grpc-status'] && resolve(head))
    stream.on('trailers', resolve)
  })
  stream.resume()
  stream.end(frameOf(scheduler.Serve.requestSerialize({ batch: 1, qWait: 0 })))
  expect(await ended).toMatchObject({ 'grpc-status': String(status.RESOURCE_EXHAUSTED) })
  expect(router.servers().map(({ state }) => state)).toEqual(['up', 'up'])
})
