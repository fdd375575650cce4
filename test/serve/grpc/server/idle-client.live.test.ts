import { once } from 'node:events'
import { createServer, connect as http2 } from 'node:http2'
import { type AddressInfo, connect as dial } from 'node:net'
import { queryObjects } from 'node:v8'
import { expect, onTestFinished, test } from 'vitest'
import { unaryBytes } from '../../../../src/serve/grpc/server/unary.ts'
import { requestRaw, serveMethods } from '../grpc-server.ts'
import { headersFrame, http2Frame, PREFACE } from '../http2-frames.ts'

const IDLE_MS = 300

/** Sessions in memory that node:http2 has opened for clients. */
async function sessionsInMemory(): Promise<() => number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const client = http2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => client.destroy())
  const [session] = await once(server, 'session')
  return () => Number(queryObjects(session.constructor, { format: 'count' }))
}

test.each([
  ['end', Buffer.alloc(0)],
  ['break the protocol', headersFrame(2, {})],
])('connections that %s leave nothing in memory', async (_what, last) => {
  const count = await sessionsInMemory()
  const { listening } = await serveMethods({})
  const before = count()
  for (let i = 0; i < 30; i++) {
    const socket = dial(listening.port, '127.0.0.1')
    socket.on('error', () => undefined).resume()
    socket.end(Buffer.concat([PREFACE, http2Frame('settings', 0), last]))
    await once(socket, 'close')
  }
  // a session is kept until the event loop has turned
  await expect.poll(() => count() - before, { timeout: 2_000 }).toBeLessThan(5)
})

test('a connection is closed when it is idle, not before, and after its calls', async () => {
  let answer = (): void => undefined
  const slow = unaryBytes((asked, request) => {
    answer = () => asked.finish(request)
  })
  const { session } = await serveMethods({ '/a/b': slow }, { idleMs: IDLE_MS })
  const closed = once(session, 'close')
  const goneAway = once(session, 'goaway')
  const startMs = performance.now()
  const asked = requestRaw(session, { ':path': '/a/b' }, [Buffer.from('0000000000', 'hex'), undefined])
  await goneAway
  expect(performance.now() - startMs).toBeGreaterThan(0.8 * IDLE_MS)
  // the call that is open is answered
  answer()
  expect((await asked).headers[':status']).toBe(200)
  await closed
})
