/** Requests that start together on a slot, in virtual time. */
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { triton } from '../../../../src/dispatch/triton.ts'
import type { FleetServer } from '../../../../src/model/fleet/fleet.ts'
import type { PoolLimits } from '../../../../src/serve/router/admission/admission.ts'
import { code, startPool } from '../virtual.ts'

const ONE: FleetServer[] = [{ address: 'a:1', type: 'fast' }]

/** A pool of one server, or of several, whose batches have up to 100 items. */
const start = (fleet = ONE, limits: Partial<PoolLimits> = {}) =>
  startPool(fleet, limits, triton, { maxBatch: 100 })

test('requests that wait start together, as many as fit, and the slot is busy until the last is answered', async () => {
  const { ask, runUntil, servers, asked } = await start()
  // 10 items take 2 ms, and the server takes one request after another
  for (let i = 0; i < 12; i++) ask(10)
  const server = servers.get('a:1')!
  expect(server.begun).toBe(1)
  await runUntil(3.5)
  // ten of ten items are a batch
  expect(server.begun).toBe(11)
  await runUntil(22.9)
  expect(server.begun).toBe(11)
  await runUntil(100)
  expect(server.begun).toBe(12)
  expect(asked.map(code)).toEqual(new Array(12).fill(status.OK))
})

test('a request that is cancelled while it waits is in no batch, one that runs leaves the others unharmed', async () => {
  const { ask, runUntil, servers, asked } = await start()
  ask(10)
  const [waiting, running, ...others] = [1, 2, 3, 4].map(() => ask(10))
  waiting.cancel()
  await runUntil(3.5)
  expect(servers.get('a:1')!.begun).toBe(4)
  running.cancel()
  await runUntil(100)
  expect([waiting.asked, running.asked].map(({ outcomes }) => outcomes)).toEqual([[], []])
  expect(others.map(({ asked: one }) => code(one))).toEqual([status.OK, status.OK])
  const next = ask(10)
  await runUntil(110)
  expect(code(next.asked)).toBe(status.OK)
  expect(asked).toHaveLength(6)
})

test('requests of a joined one that is refused are sent again with the time that is left of their deadlines', async () => {
  const { ask, runUntil, servers, asked } = await start([{ ...ONE[0], batching: 'merge' }])
  const server = servers.get('a:1')!
  server.mode = 'narrow'
  ask(10)
  ask(10, 20)
  ask(10, 15)
  await runUntil(10)
  expect(asked.map(code)).toEqual(new Array(3).fill(status.OK))
  const [, joined, second, third] = server.limitsMs
  // the refusal takes 0.1 ms
  expect([second, third].map((limitMs) => limitMs - joined)).toEqual(
    [-0.1, -5.1].map((ms) => expect.closeTo(ms)),
  )
})

test('a request that fails does not fail its neighbours', async () => {
  const { ask, runUntil, log } = await start([...ONE, { address: 'c:1', type: 'fast' }])
  const first = [ask(100), ask(100)]
  const bad = ask(10, Infinity, 'failing')
  const good = [ask(10), ask(10)]
  await runUntil(200)
  expect([...first, ...good].map(({ asked: one }) => code(one))).toEqual(new Array(4).fill(status.OK))
  // two servers say so
  expect(code(bad.asked)).toBe(status.INTERNAL)
  expect(log.filter((line) => line.startsWith('retried'))).toHaveLength(1)
  expect(log.filter((line) => line.startsWith('ejected'))).toEqual([])
})

test('a batch that takes far too long counts once, as one request does, however many requests it has', async () => {
  const { ask, runUntil, servers, asked, log } = await start([...ONE, { address: 'c:1', type: 'fast' }])
  const server = servers.get('a:1')!
  const first = [ask(100), ask(100)]
  // ten of them are a batch, for either server
  for (let i = 0; i < 20; i++) ask(10)
  server.slower = 8
  await runUntil(12)
  server.slower = 1
  expect(first.map(({ asked: one }) => code(one))).toEqual([status.OK, status.OK])
  expect(server.begun).toBe(11)
  await runUntil(1_000)
  expect(asked.map(code)).toEqual(new Array(22).fill(status.OK))
  expect(log.filter((line) => line.startsWith('ejected'))).toEqual([])
})

test('a server that goes loses its batch, whose requests are tried elsewhere', async () => {
  const { ask, runUntil, servers, pool: it } = await start()
  ask(100)
  const batch = [1, 2, 3].map(() => ask(10))
  await runUntil(11.5)
  expect(servers.get('a:1')!.begun).toBe(4)
  // the fleet changes in the middle of the batch
  it.setServers([{ address: 'c:1', type: 'fast' }])
  servers.get('a:1')!.mode = 'dead'
  await runUntil(500)
  expect(batch.map(({ asked: one }) => code(one))).toEqual(new Array(3).fill(status.OK))
  expect(servers.get('c:1')!.begun).toBe(3)
})

test('a batch on a server that is removed or drained is answered', async () => {
  const { ask, runUntil, log, pool: it } = await start()
  ask(100)
  const batch = [1, 2, 3].map(() => ask(10))
  await runUntil(11.5)
  it.setServers([])
  let drained = false
  it.drain().then(() => {
    drained = true
  })
  expect(log).not.toContain('closed a:1')
  await runUntil(100)
  expect(batch.map(({ asked: one }) => code(one))).toEqual(new Array(3).fill(status.OK))
  expect([drained, log.at(-1)]).toEqual([true, 'closed a:1'])
})

test('requests of a batch count as running, and a batch as one slot', async () => {
  const { ask, runUntil, pool: it } = await start([{ address: 'a:1', type: 'fast', slots: 2 }])
  ask(100)
  ask(100)
  for (let i = 0; i < 5; i++) ask(10)
  await runUntil(11.5)
  expect(it.servers()[0].inFlight).toBeGreaterThanOrEqual(5)
  expect(it.waiting).toBe(0)
  const late = ask(10)
  expect(code(late.asked)).toBe(undefined)
  await runUntil(200)
  expect(it.servers()[0].inFlight).toBe(0)
})

test('with batching more is accepted than one at a time would serve in time', async () => {
  // one item takes 1 ms alone, and up to 100 take 10 ms together
  const accepted = async (batching: boolean) => {
    const virtual = await startPool(
      ONE,
      { admission: 'target' },
      triton,
      batching ? { maxBatch: 100 } : undefined,
    )
    for (let i = 0; i < 300; i++) virtual.ask(1)
    return virtual.asked.filter((one) => code(one) === undefined).length
  }
  const [alone, together] = [await accepted(false), await accepted(true)]
  expect(together).toBeGreaterThan(1.5 * alone)
})
