/** Certificates are replaced while the router runs: on its port over HTTP/2 and HTTP/1.1, and towards its servers. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { createRouter } from '../../../src/serve/router/router.ts'
import { call, connect } from '../grpc-js-client.ts'
import { codeOf, emulate, nameAt, until, workload } from './live.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url))
const FIRST = { cert: pem('server.pem'), key: pem('server.key') }
const SECOND = { cert: pem('client.pem'), key: pem('client.key') }

test('new connections over HTTP/2 and HTTP/1.1 get the new certificate, open ones go on', async () => {
  const { servers } = await emulate([1, 0])
  const fleet = servers.map(({ address, type }) => ({ address, type }))
  const router = await createRouter({ workload, fleet, tls: FIRST, admission: 'all' })
  const open = connect(router.address, { tls: { ca: pem('ca.pem') } })
  onTestFinished(async () => {
    open.close()
    await router.close()
  })
  await until(() => router.servers()[0].state === 'up')
  const ask = () => codeOf(call(open, scheduler.Serve, { batch: 1, qWait: 0 }))
  expect(await ask()).toBe(status.OK)
  const before = await nameAt(router.address, 'h2')
  router.setTls({ tls: SECOND })
  const after = await nameAt(router.address, 'h2')
  expect(after).not.toBe(before)
  expect(await nameAt(router.address, 'http/1.1')).toBe(after)
  expect(await ask()).toBe(status.OK)
  // a key of another certificate changes nothing
  expect(() => router.setTls({ tls: { ...FIRST, key: SECOND.key } })).toThrow(
    /^tls: the certificate cannot be used: /,
  )
  // clients would not be asked for theirs
  expect(() => router.setTls({ tls: { ...FIRST, clientCa: pem('ca.pem') } })).toThrow(/tls: .* clientCa/)
  expect(await nameAt(router.address, 'h2')).toBe(after)
})

test('connections to servers are opened again with the new certificate', async () => {
  const { servers } = await emulate([1, 0], { tls: { ...FIRST, clientCa: pem('ca.pem') } })
  const fleet = servers.map(({ address, type }) => ({ address, type }))
  const ca = pem('ca.pem')
  // the servers want a certificate, and the router has none
  const router = await createRouter({
    ...{ workload, fleet, admission: 'all' as const, healthIntervalMs: 50 },
    serverTls: { ca },
  })
  const client = connect(router.address)
  onTestFinished(async () => {
    client.close()
    await router.close()
  })
  const ask = () => codeOf(call(client, scheduler.Serve, { batch: 1, qWait: 0 }))
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(router.servers()[0].state).toBe('starting')
  router.setTls({ serverTls: { ca, ...SECOND } })
  await until(() => router.servers()[0].state === 'up')
  expect(await ask()).toBe(status.OK)
  // the same bytes, read again, change nothing
  router.setTls({ serverTls: { ca: Buffer.from(ca), ...SECOND } })
  expect(router.servers()[0].state).toBe('up')
  // a request that runs is answered on the connection that it has
  const running = codeOf(call(client, scheduler.Serve, { batch: 100, qWait: 0 }))
  await until(() => router.servers()[0].inFlight === 1)
  router.setTls({ serverTls: { ca } })
  expect(await running).toBe(status.OK)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(router.servers()[0].state).toBe('starting')
})

test('the metrics say when the certificates expire that are in use', async () => {
  const serverTls = (name: string) => ({ serverTls: { ca: pem(name) } })
  const router = await createRouter({ workload, fleet: [], ...serverTls('ca.pem') })
  onTestFinished(() => router.close())
  const expiry = async () =>
    Number(/^kairos_certificate_expiry\w+\{certificate="tls-ca"\} (\S+)$/m.exec(await router.metrics())?.[1])
  const expiryOf = (name: string) => Date.parse(new X509Certificate(pem(name)).validTo) / 1000
  expect(await expiry()).toBe(expiryOf('ca.pem'))
  router.setTls(serverTls('brief.pem'))
  expect(await expiry()).toBe(expiryOf('brief.pem'))
})

test('TLS is turned neither on nor off, on either side', async () => {
  const router = await createRouter({ workload, fleet: [], serverTls: { ca: pem('ca.pem') } })
  onTestFinished(() => router.close())
  expect(() => router.setTls({})).toThrow(/^serverTls: cannot be turned on or off; give both/)
  const serverTls = { ca: pem('ca.pem') }
  expect(() => router.setTls({ tls: FIRST, serverTls })).toThrow(
    /^tls: cannot be turned on or off; give both/,
  )
  router.setTls({ serverTls })
  const plain = await createRouter({ workload, fleet: [] })
  onTestFinished(() => plain.close())
  expect(() => plain.setTls({ serverTls })).toThrow(/^serverTls: cannot be turned on or off; give both/)
})

test('of a large fleet every connection gets the new certificate', async () => {
  const { servers } = await emulate([60, 0], { tls: { ...FIRST, clientCa: pem('ca.pem') } })
  const fleet = servers.map(({ address, type }) => ({ address, type }))
  const ca = pem('ca.pem')
  const router = await createRouter({ workload, fleet, healthIntervalMs: 50, serverTls: { ca } })
  onTestFinished(() => router.close())
  await until(() => router.servers().length === 60)
  router.setTls({ serverTls: { ca, ...SECOND } })
  router.setFleet(fleet)
  const states = () => router.servers().map(({ state }) => state)
  await expect.poll(states).toEqual(new Array(60).fill('up'))
})
