/** Clients over TLS that Node does not see rightly: those that are gone, and those that have not agreed on HTTP/2. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test, vi } from 'vitest'
import { until } from '../../router/live.ts'
import { requestRaw, serveMethods } from '../grpc-server.ts'
import { headersFrame, http2Frame, PREFACE } from '../http2-frames.ts'

const pem = (name: string) => readFileSync(new URL(`../../../fixtures/tls/${name}`, import.meta.url))
const tls = { cert: pem('server.pem'), key: pem('server.key') }

const HEADERS = {
  ':method': 'POST',
  ':scheme': 'https',
  ':authority': 'a',
  ':path': '/a/b',
  'content-type': 'application/grpc',
}

/** The head of a message of 1,000 bytes, and its first byte. */
const BEGIN = Buffer.from([0, 0, 0, 3, 232, 7])

const silent = { message: () => undefined, ended: () => undefined, cancelled: () => undefined }

test('a client over TLS that is silent in the middle of a request, and does not answer a ping, is let go', async () => {
  const { listening, bufferedBytes } = await serveMethods({ '/a/b': () => silent }, { tls, quietMs: 200 })
  const socket = connectTls({ port: listening.port, rejectUnauthorized: false, ALPNProtocols: ['h2'] })
  onTestFinished(() => void socket.destroy())
  const closed = once(socket, 'close')
  await once(socket, 'secureConnect')
  socket.write(
    Buffer.concat([
      PREFACE,
      http2Frame('settings', 0),
      headersFrame(1, HEADERS),
      http2Frame('data', 1, BEGIN),
    ]),
  )
  socket.on('error', () => undefined)
  socket.resume()
  await until(() => bufferedBytes.heldBytes === 1_000)
  await closed
  await expect.poll(() => bufferedBytes.heldBytes).toBe(0)
})

test('a client over TLS that answers pings may be silent in the middle of a request, one without a request too', async () => {
  const { session, bufferedBytes } = await serveMethods({ '/a/b': () => silent }, { tls, quietMs: 100 })
  let pings = 0
  session.on('ping', () => pings++)
  await once(session, 'connect')
  await sleep(500)
  expect(pings).toBe(0)
  void requestRaw(session, { ':path': '/a/b' }, [BEGIN])
  await until(() => bufferedBytes.heldBytes === 1_000)
  // longer than the first ping may take to be answered
  await until(() => pings > 2)
  expect(session.destroyed).toBe(false)
  expect(bufferedBytes.heldBytes).toBe(1_000)
})

test('clients over TLS that begin HTTP/2 without agreeing on it leave nothing for the next one', async () => {
  const { listening, session, bufferedBytes } = await serveMethods({ '/a/b': () => silent }, { tls })
  await once(session, 'remoteSettings')
  const opened = vi.spyOn(bufferedBytes, 'open')
  for (let i = 0; i < 3; i++) {
    const socket = connectTls({ port: listening.port, rejectUnauthorized: false })
    socket.on('error', () => undefined).resume()
    await once(socket, 'secureConnect')
    const closed = once(socket, 'close')
    socket.end(PREFACE)
    await closed
  }
  const next = connectHttp2(`https://${listening.address}`, { rejectUnauthorized: false })
  onTestFinished(() => next.destroy())
  await once(next, 'remoteSettings')
  expect(opened).toHaveBeenCalledTimes(1)
})
