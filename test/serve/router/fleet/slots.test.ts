import { status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDispatcher } from '../../../../src/dispatch/dispatcher.ts'
import { POLICIES, policyOf } from '../../../../src/dispatch/policies.ts'
import { generateTrace } from '../../../../src/model/trace/generate-trace.ts'
import type { Member } from '../../../../src/serve/router/fleet/attempt.ts'
import { createSlotTable } from '../../../../src/serve/router/fleet/shared-slots.ts'
import { createSlots } from '../../../../src/serve/router/fleet/slots.ts'
import { smallWorkload } from '../../../fixtures/small-workload.ts'
import {
  code,
  createSurroundings,
  createVirtualClock,
  createVirtualPool,
  latency as latencyOf,
  startPool,
} from '../virtual.ts'

const fcfs = policyOf('fcfs')
const WIDE = { address: 'a:1', type: 'fast', slots: 4 }

test('a server with four slots gets four requests at the same time, and no fifth', async () => {
  const { ask, asked, runUntil, servers, pool } = await startPool([WIDE], {}, fcfs)
  for (let i = 0; i < 6; i++) ask(100)
  expect([servers.get('a:1')!.begun, pool.waiting]).toEqual([4, 2])
  expect(pool.servers()[0].inFlight).toBe(4)
  await runUntil(100)
  expect(asked.map(code)).toEqual(new Array(6).fill(status.OK))
  // 10 ms each, two at a time after the first four
  expect(asked.map((one) => Math.round(latencyOf(one)))).toEqual([10, 10, 10, 10, 20, 20])
})

test('a server that is taken out gives up all its requests, and each is tried on another', async () => {
  const { ask, asked, runUntil, servers, log } = await startPool([WIDE, { ...WIDE, address: 'b:1' }])
  for (let i = 0; i < 4; i++) ask(100)
  const [first] = [...servers].filter(([, { begun }]) => begun > 0)
  first[1].mode = 'dead'
  await runUntil(1000)
  expect(asked.map(code)).toEqual(new Array(4).fill(status.OK))
  expect(log.filter((line) => line.startsWith('retried'))).not.toEqual([])
  expect(log.filter((line) => line.startsWith('ejected'))).toEqual([`ejected ${first[0]} unreachable`])
})

test('a server that stops answers what it has begun, and gets no more than its slots when it returns', async () => {
  const fleet = [WIDE, { ...WIDE, address: 'b:1', slots: 1 }]
  const { ask, asked, runUntil, servers, log } = await startPool(fleet, { healthIntervalMs: 100 }, fcfs)
  const server = servers.get('a:1')!
  server.slower = 40
  for (let i = 0; i < 2; i++) ask(100)
  server.mode = 'stopping'
  ask(100)
  await runUntil(100)
  expect(log.slice(2)).toEqual(['retried a:1', 'ejected a:1 unreachable', 'awaited a:1: no answer'])
  server.mode = 'well'
  await runUntil(350)
  expect(log.slice(5)).toEqual(['joined a:1'])
  for (let i = 0; i < 6; i++) ask(100)
  await runUntil(2000)
  expect(asked.map(code)).toEqual(new Array(9).fill(status.OK))
  expect(asked.slice(0, 2).map(latencyOf)).toEqual([400, 400])
  expect(server.mostServing).toBe(4)
})

test('a server that leaves answers the requests of all slots', async () => {
  const { ask, asked, runUntil, pool, log } = await startPool([WIDE])
  for (let i = 0; i < 3; i++) ask(100)
  pool.setServers([])
  expect(log).not.toContain('closed a:1')
  await runUntil(100)
  expect(asked.map(code)).toEqual(new Array(3).fill(status.OK))
  expect(log).toContain('closed a:1')
})

test.each([10, 20, 30])('through the router as many of %i a second are in time as directly', async (rate) => {
  // 100 ms for each in one of four slots, with a target of 350 ms
  const latency = { ...smallWorkload().latency, meanMs: new Float64Array(6).fill(100) }
  const workload = { ...smallWorkload(), latency, qosMs: 350 }
  const { arrivalMs } = generateTrace({
    ...{ arrivals: 'poisson', rate, queries: 3000, seed: 7, mix: workload.mix },
  })
  const freeMs = [0, 0, 0, 0]
  const direct = arrivalMs.filter((atMs) => {
    const slot = freeMs.indexOf(Math.min(...freeMs))
    freeMs[slot] = Math.max(atMs, freeMs[slot]) + 100
    return freeMs[slot] - atMs <= workload.qosMs
  }).length
  const { ask, asked, runUntil, pool } = createVirtualPool(workload, { admission: 'target' })
  pool.setServers([WIDE])
  await runUntil(1)
  for (const atMs of arrivalMs) {
    await runUntil(1 + atMs)
    ask(1)
  }
  await runUntil(1e6)
  const inTime = asked.filter((one) => code(one) === status.OK && latencyOf(one) <= workload.qosMs)
  expect(inTime.length).toBeGreaterThanOrEqual(0.99 * direct)
})

/** Two pools whose models share servers. */
async function twoPools(servers: readonly (typeof WIDE)[], policy = fcfs) {
  const around = createSurroundings()
  const pools = [0, 1].map(() => createVirtualPool(smallWorkload(), {}, policy, around))
  for (const { pool } of pools) pool.setServers(servers)
  await around.time.runUntil(1)
  return { pools, ...around }
}

test('two models of one server share its slots, and a slot that one frees serves the other', async () => {
  const { pools, servers, time } = await twoPools([WIDE])
  for (let i = 0; i < 3; i++) pools[0].ask(100)
  for (let i = 0; i < 3; i++) pools[1].ask(100)
  expect(pools.map(({ pool }) => pool.waiting)).toEqual([0, 2])
  await time.runUntil(10.9)
  expect(pools.map(({ pool }) => pool.waiting)).toEqual([0, 2])
  await time.runUntil(11.1)
  expect(pools.map(({ pool }) => pool.waiting)).toEqual([0, 0])
  await time.runUntil(100)
  expect(pools.flatMap(({ asked }) => asked.map(code))).toEqual(new Array(6).fill(status.OK))
  expect(servers.get('a:1')!.mostServing).toBe(4)
})

test('a model that leaves a server leaves its slots to the others', async () => {
  const { pools, time } = await twoPools([WIDE])
  for (let i = 0; i < 4; i++) pools[0].ask(100)
  pools[1].ask(100)
  expect(pools[1].pool.waiting).toBe(1)
  await time.runUntil(2)
  pools[0].pool.close()
  await time.runUntil(3)
  expect(pools[1].pool.waiting).toBe(0)
})

test('a model that comes to a server gets no slot that a request of another occupies', async () => {
  const { pools, servers, time } = await twoPools([WIDE])
  pools[1].pool.setServers([])
  for (let i = 0; i < 4; i++) pools[0].ask(100)
  pools[1].pool.setServers([WIDE])
  await time.runUntil(2)
  expect(pools[1].pool.up).toBe(1)
  pools[1].ask(100)
  await time.runUntil(100)
  expect(pools[1].asked.map(code)).toEqual([status.OK])
  expect(servers.get('a:1')!.mostServing).toBe(4)
})

test('whatever two models ask for, a server never gets more requests than slots, and none is lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...POLICIES),
      fc.array(
        fc.record({
          pauseMs: fc.constantFrom(0, 0, 1, 7),
          which: fc.constantFrom(0, 1),
          batch: fc.constantFrom(1, 10, 100),
        }),
        { minLength: 1, maxLength: 60 },
      ),
      async (policy, requests) => {
        const both = [
          { ...WIDE, slots: 3 },
          { address: 'b:1', type: 'slow', slots: 2 },
        ]
        const { pools, servers, time } = await twoPools(both, policy)
        for (const { pauseMs, which, batch } of requests) {
          await time.runUntil(time.clock.now() + pauseMs)
          pools[which].ask(batch)
        }
        await time.runUntil(time.clock.now() + 60_000)
        for (const { asked } of pools) for (const one of asked) expect(code(one)).toBe(status.OK)
        expect(servers.get('a:1')!.mostServing).toBeLessThanOrEqual(3)
        expect(servers.get('b:1')!.mostServing).toBeLessThanOrEqual(2)
        for (const { pool } of pools) pool.close()
      },
    ),
    { numRuns: 100 },
  )
})

/** The slots of a server, each with a batch of 10 ms. */
function busySlots(count: number) {
  const workload = smallWorkload()
  const { clock } = createVirtualClock()
  const dispatcher = createDispatcher({ workload, types: ['fast'], policy: 'fcfs', learns: 'instances' })
  const slots = createSlots(dispatcher, workload, clock, () => undefined)
  const member = { server: { ...WIDE, slots: count }, type: 0, state: 'up' } as Member
  slots.create(
    member,
    createSlotTable().share(WIDE.address, () => undefined),
  )
  slots.join(member)
  for (let query = 0; query < count; query++) dispatcher.arrive(query, 0, 0)
  const [times, kind] = [
    { startMs: 0, stalledMs: 0, tableMs: 10, longestMs: 10 },
    { isWhole: true, isRepeated: false },
  ]
  for (const { instance } of dispatcher.decide(0)) {
    slots.begin({ member, slot: slots.at(instance), open: [], ...times, ...kind })
  }
  return { slots, of: slots.of(member) }
}

test('slots are not read again before one of them can be overdue', () => {
  const { slots, of } = busySlots(100)
  let reads = 0
  for (const slot of of) {
    const { overdueMs } = slot
    const get = () => {
      reads++
      return overdueMs
    }
    Object.defineProperty(slot, 'overdueMs', { get })
  }
  // twice 10 ms, or a fifth of the target later than that
  const overdueMs = Math.max(20, 10 + 0.2 * smallWorkload().qosMs)
  expect([slots.leaveOverdue(), slots.leaveOverdue()]).toEqual([overdueMs, overdueMs])
  expect(reads).toBe(0)
})
