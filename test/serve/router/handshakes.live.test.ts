/** Clients with which the port does not agree on TLS: each is counted by its reason, and the log says what is wrong. */
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { createRouter } from '../../../src/serve/router/router.ts'
import type { RouterOptions } from '../../../src/serve/router/router-options.ts'
import { workload } from './live.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url))
const TLS = { cert: pem('server.pem'), key: pem('server.key') }
const CLIENT = { cert: pem('client.pem'), key: pem('client.key') }

async function start(tls: RouterOptions['tls']) {
  const lines: [object, string][] = []
  const warn = (fields: object, message: string) => void lines.push([fields, message])
  const log = { debug: () => undefined, info: () => undefined, warn }
  const router = await createRouter({ workload, fleet: [], tls, log })
  onTestFinished(() => router.close())
  const counts = async () => {
    const found = (await router.metrics()).matchAll(
      /^kairos_failed_handshakes_total\{reason="(.*)"\} (\d+)$/gm,
    )
    return Object.fromEntries(
      Array.from(found, ([, reason, count]) => [reason, Number(count)]).filter(([, count]) => count !== 0),
    )
  }
  const [host, port] = router.address.split(':')
  return { router, lines, counts, at: { host, port: Number(port) } }
}

/** Opens a connection, sends what is given, and waits for its end. */
async function send(at: { host: string; port: number }, text: string | Buffer): Promise<void> {
  const socket = connectTcp(at)
  socket.on('error', () => undefined)
  socket.resume()
  if (text.length === 0) socket.end()
  else socket.write(text)
  await new Promise((resolve) => socket.on('close', resolve))
}

async function shakeHands(options: ConnectionOptions): Promise<void> {
  const socket = connectTls({ rejectUnauthorized: false, ...options })
  socket.on('error', () => undefined)
  socket.resume()
  await new Promise((resolve) => socket.on('close', resolve))
}

test('a client without a certificate, one with a foreign one, and one in plain text', async () => {
  // the authority has not signed the certificate of the client
  const { lines, counts, at } = await start({ ...TLS, clientCa: pem('server.pem') })
  await shakeHands(at)
  await shakeHands({ ...at, ...CLIENT })
  await shakeHands({ ...at, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })
  await send(at, 'GET /v2/health/live HTTP/1.1\r\nhost: router\r\n\r\n')
  await expect.poll(counts).toEqual({
    'no-certificate': 1,
    'client-certificate': 1,
    version: 1,
    'plain-text': 1,
  })
  expect(lines).toEqual([
    [
      { reason: 'no-certificate', clients: 1, details: 'peer did not return a certificate' },
      'a client has no certificate, and --tls-client-ca requires one',
    ],
    [
      { reason: 'client-certificate', clients: 1, details: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
      'the certificate of a client is not accepted',
    ],
    [
      { reason: 'version', clients: 1, details: 'unsupported protocol' },
      'a client has no version or cipher of TLS in common with this router',
    ],
    [
      { reason: 'plain-text', clients: 1, details: 'http request' },
      'a client speaks plain text, and the port TLS',
    ],
  ])
})

test('a client of Node that does not accept the certificate of the router', async () => {
  const { counts, at } = await start(TLS)
  await shakeHands({ ...at, rejectUnauthorized: true })
  await expect.poll(counts).toEqual({ closed: 1 })
})

test('a probe that opens a connection and closes it is no failure', async () => {
  const { lines, counts, at } = await start(TLS)
  await send(at, '')
  await send(at, '')
  await send(at, 'GET / HTTP/1.1\r\n\r\n')
  await expect.poll(counts).toEqual({ 'plain-text': 1 })
  expect(lines).toHaveLength(1)
})

test('a handshake that the router ends when it closes is no failure of the client, and leaves no timer of its log line', async () => {
  const { router, lines, counts, at } = await start(TLS)
  const socket = connectTcp(at)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  // the head of a record that does not come
  socket.on('error', () => undefined).write(Buffer.of(0x16, 3, 1, 2, 0))
  await send(at, 'GET / HTTP/1.1\r\n\r\n')
  await router.close()
  await closed
  await new Promise((resolve) => setImmediate(resolve))
  expect(await counts()).toEqual({ 'plain-text': 1 })
  expect(lines).toHaveLength(1)
})

test('a client that speaks TLS on a port without it', async () => {
  const { lines, counts, at } = await start(undefined)
  await shakeHands(at)
  await expect.poll(counts).toEqual({ tls: 1 })
  expect(lines[0][1]).toMatch(/^a client speaks TLS, and the port plain text: --tls-cert/)
})

test('a client that does not finish its handshake is cut off after ten seconds', async () => {
  const { counts, at } = await start(TLS)
  const begun = performance.now()
  // the header of a record without its content
  await send(at, Buffer.of(0x16, 3, 1, 2, 0))
  expect(performance.now() - begun).toBeGreaterThan(9_000)
  expect(await counts()).toEqual({ timeout: 1 })
})
