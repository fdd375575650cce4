import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startRequest } from '../../../../src/serve/grpc/client/start-request.ts'

async function openSession() {
  const server = createServer().on('stream', (stream) => {
    stream.respond({ ':status': 200 }, { endStream: true })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    session.destroy()
    server.close()
  })
  return session
}

test('a request is sent before its session is connected, and after it', async () => {
  const session = await openSession()
  expect(session.connecting).toBe(true)
  for (let i = 0; i < 2; i++) {
    const [headers] = await once(startRequest(session, { ':path': '/' }).resume(), 'response')
    expect(headers[':status']).toBe(200)
  }
  expect(session.connecting).toBe(false)
})

test('the events of a request belong to what has started it', async () => {
  const session = await openSession()
  const storage = new AsyncLocalStorage<string>()
  const heard = await Promise.all(
    ['first', 'second'].map((name) =>
      storage.run(name, async () => {
        const stream = startRequest(session, { ':path': '/' }).resume()
        return new Promise((resolve) => stream.on('response', () => resolve(storage.getStore())))
      }),
    ),
  )
  expect(heard).toEqual(['first', 'second'])
})

test('a request that is refused leaves AsyncResource as it was', async () => {
  const session = await openSession()
  expect(() => startRequest(session, { ':unknown': '/' })).toThrow(/pseudoheader/)
  const bound = new AsyncResource('test').bind(function own(this: unknown, a: number, b: number) {
    return [this, a, b]
  })
  expect(bound).toHaveLength(2)
  const asked = { bound }
  expect(asked.bound(1, 2)).toEqual([asked, 1, 2])
})
