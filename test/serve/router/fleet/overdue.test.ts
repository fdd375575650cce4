import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { kairos } from '../../../../src/dispatch/kairos.ts'
import { POLICIES, policyOf } from '../../../../src/dispatch/policies.ts'
import { generateTrace } from '../../../../src/model/trace/generate-trace.ts'
import type { Slot } from '../../../../src/serve/router/fleet/attempt.ts'
import { createOverdue } from '../../../../src/serve/router/fleet/overdue.ts'
import { fleetOf } from '../disturbed.ts'
import { workloadOf } from '../scenarios.ts'
import { code, createSurroundings, createVirtualClock, createVirtualPool, latency } from '../virtual.ts'

/** 70 and 126 ms for a request of 10 items, and a target of 350 ms: the fast server is overdue after 140 ms. */
const workload = workloadOf(350, [70, 126])
const FLEET = [
  { address: 'fast:1', type: 'type0' },
  { address: 'slow:1', type: 'type1' },
]

/** A busy slot that is overdue then. */
const busy = (overdueMs: number) => ({ batch: {}, overdueMs }) as Slot

test('a busy slot is overdue after twice its time, a fifth of the target or the longest time, without stalls', async () => {
  const { clock, noteStall, runUntil } = createVirtualClock()
  const overdue = createOverdue(clock, 100)
  const times = [overdue.expect(30, 0), overdue.expect(10, 0), overdue.expect(30, 90)]
  expect(times).toEqual([60, 30, 90])
  const slots = times.map(busy)
  const left: Slot[] = []
  const leave = (slot: Slot) => left.push(slot)
  expect([overdue.forEach(slots, leave), left]).toEqual([30, []])
  await runUntil(70)
  noteStall(20)
  expect([overdue.forEach(slots, leave), left]).toEqual([0, [slots[1]]])
  expect([overdue.forEach([slots[0], slots[2]], leave), left.length]).toEqual([10, 1])
  const idle = { ...slots[0], batch: undefined }
  await runUntil(1_000)
  expect([overdue.forEach([idle], leave), left.length]).toEqual([Infinity, 1])
})

/** A pool whose servers are up, after 10 ms. */
async function startedPool(policy = kairos, around = createSurroundings()) {
  const virtual = createVirtualPool(workload, { admission: 'target' }, policy, around)
  virtual.pool.setServers(FLEET)
  await virtual.runUntil(10)
  return virtual
}

test.each(POLICIES)(
  'no request waits for a server that hangs while another one is idle: $name',
  async (policy) => {
    const { servers, ask, runUntil } = await startedPool(policy)
    servers.get('fast:1')!.mode = 'stuck'
    ask(10)
    expect(servers.get('fast:1')!.begun).toBe(1)
    await runUntil(100)
    const before = ask(10).asked
    await runUntil(300)
    const after = ask(10).asked
    await runUntil(5_000)
    expect([before, after].map(code)).toEqual([status.OK, status.OK])
    expect(latency(before)).toBeLessThanOrEqual(10 + 140 - 100 + 126)
    expect(latency(after)).toBe(126)
  },
)

test('a request that avoids the idle server while the other one hangs does not keep others from it', async () => {
  const { servers, ask, runUntil } = await startedPool(policyOf('fcfs'))
  servers.get('fast:1')!.mode = 'stuck'
  ask(10)
  const failing = ask(10, Infinity, 'failing').asked
  await runUntil(20)
  const next = ask(10).asked
  await runUntil(5_000)
  expect([failing, next].map(code)).toEqual([status.INTERNAL, status.OK])
  // it waits for the server that hangs for twice the target, and gets the error of the first
  expect(latency(failing)).toBeLessThanOrEqual(2 * 350 + 2)
  // the idle server is expected to serve the failed request for 126 ms
  expect(latency(next)).toBeLessThanOrEqual(2 * 126)
})

test('no request waits for a server on which a request of another model hangs while another one is idle', async () => {
  const around = createSurroundings()
  const [other, own] = [await startedPool(kairos, around), await startedPool(kairos, around)]
  around.servers.get('fast:1')!.mode = 'stuck'
  other.ask(10)
  await own.runUntil(100)
  const { asked } = own.ask(10)
  await own.runUntil(5_000)
  expect(code(asked)).toBe(status.OK)
  expect(latency(asked)).toBeLessThanOrEqual(10 + 140 - 100 + 126)
  // the server serves both again
  around.servers.get('fast:1')!.mode = 'well'
  await own.runUntil(10_000)
  const again = [other.ask(10).asked, own.ask(10).asked]
  await own.runUntil(11_000)
  expect(again.map(latency)).toEqual([70, 126])
})

test('a server that answers although it was overdue gets requests again, and its slowdown is learned', async () => {
  const { servers, ask, runUntil, pool } = await startedPool()
  servers.get('fast:1')!.slower = 3
  const first = ask(10).asked
  await runUntil(100)
  const second = ask(10).asked
  await runUntil(500)
  expect([latency(first), latency(second)]).toEqual([210, 10 + 140 - 100 + 126])
  expect(pool.servers()[0]).toMatchObject({ state: 'up', inFlight: 0 })
  // 70 ms after twelve queries of 52.5 ms
  expect(pool.servers()[0].slowdown).toBeCloseTo(1 + (2 * 70) / (12 * 52.5 + 70))
  ask(10)
  ask(10)
  expect(servers.get('fast:1')!.begun).toBe(2)
})

test('a router that stands still makes no server overdue', async () => {
  const { servers, ask, runUntil, noteStall } = await startedPool()
  servers.get('fast:1')!.slower = 3
  ask(10)
  await runUntil(100)
  const { asked } = ask(10)
  noteStall(100)
  servers.get('fast:1')!.slower = 1
  await runUntil(500)
  // it waits for the answer after 210 ms
  expect(latency(asked)).toBe(10 + 210 - 100 + 70)
})

test('small requests that take a few ms besides their table do not keep large ones from a server', async () => {
  const { latency: table, ...rest } = workloadOf(250, [100, 150])
  const means = [1, 100, 1.5, 150]
  const meanMs = Float64Array.from(means)
  const knotsMs = Float64Array.from(means.flatMap((ms) => [0.8 * ms, ms, 1.2 * ms]))
  const virtual = createVirtualPool(
    { ...rest, latency: { ...table, meanMs, knotsMs } },
    { admission: 'target' },
  )
  const { pool, servers, ask, asked, runUntil } = virtual
  pool.setServers(fleetOf(table.types, [2, 2]))
  await runUntil(1)
  for (const server of servers.values()) server.overheadMs = 3
  // half of what the servers can serve
  const trace = generateTrace({ arrivals: 'poisson', rate: 31, queries: 600, seed: 1, mix: rest.mix })
  for (const [i, atMs] of trace.arrivalMs.entries()) {
    await runUntil(1 + atMs)
    ask(trace.batchSize[i])
  }
  expect(Math.max(...pool.servers().map(({ slowdown }) => slowdown))).toBeLessThan(1.5)
  await runUntil(1e6)
  const inTime = asked.filter((one) => code(one) === status.OK && latency(one) <= 250)
  expect(inTime.length).toBeGreaterThanOrEqual(0.99 * asked.length)
})
