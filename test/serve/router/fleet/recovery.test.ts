import { status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { policyOf } from '../../../../src/dispatch/policies.ts'
import { readWorkload } from '../../../../src/files/documents/workload.ts'
import { smallWorkload } from '../../../fixtures/small-workload.ts'
import { compare, fleetOf, recover, type Scenario } from '../disturbed.ts'
import { EVERY_WAY, scenario, workloadOf } from '../scenarios.ts'
import { code, createVirtualPool, freshServer, startPool } from '../virtual.ts'

/** Four servers of 15 ms, a target of 25 ms, 60 requests a second of 266. */
function fourServers(way: Pick<Scenario, 'policy' | 'admission'>, slower: number): Scenario {
  const workload = workloadOf(25, [15])
  const mix = { batchSizes: Float64Array.of(10), probabilities: Float64Array.of(1) }
  return {
    ...way,
    workload: { ...workload, mix },
    fleet: fleetOf(['type0'], [4]),
    rate: 60,
    seed: 1,
    atOnce: 0,
    disturbances: [{ fromMs: 2_000, forMs: 3_000, servers: [0, 1, 2, 3], mode: 'well', slower }],
  }
}

test.each(EVERY_WAY)(
  'after three slow seconds of all servers, no request is late five seconds later: $name',
  async (way) => {
    for (const slower of [1.67, 3, 10, 100]) {
      const { asked, inTime } = await recover(fourServers(way, slower))
      expect(asked).toBeGreaterThan(150)
      expect(inTime / asked, `${slower} times slower`).toBeGreaterThan(0.97)
    }
  },
)

test('priced recovers from a long disturbance before a short one', async () => {
  const way = { policy: policyOf('priced'), admission: 'target' as const }
  const before = fourServers(way, 100)
  const { asked, inTime } = await recover({
    ...before,
    disturbances: [{ ...before.disturbances[0], forMs: 20_000, slower: 8 }, ...before.disturbances],
  })
  expect(inTime / asked).toBeGreaterThan(0.98)
})

test.each(EVERY_WAY)('a cold start with all clients at once recovers: $name', async (way) => {
  const ncf = await readWorkload('ncf')
  const fleet = fleetOf(ncf.latency.types, [1, 0, 13, 0])
  const servers = Array.from(fleet.keys())
  for (const slower of [2, 10, 50]) {
    // connections and caches are cold
    const disturbances = [{ fromMs: 0, forMs: 300, servers, mode: 'well' as const, slower }]
    const { disturbed, undisturbed } = await compare({
      ...way,
      workload: ncf,
      fleet,
      rate: 100,
      seed: 1,
      atOnce: 200,
      disturbances,
    })
    expect(undisturbed.asked).toBeGreaterThan(250)
    expect(disturbed.inTime, `${slower} times slower`).toBeGreaterThan(0.97 * undisturbed.inTime)
  }
})

test('five seconds after random disturbances as many requests are in time as without any', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (it) => {
      const { disturbed, undisturbed } = await compare(it)
      for (const { outcomes } of disturbed.everything) {
        expect(outcomes.length).toBeLessThanOrEqual(1)
        expect(JSON.stringify(outcomes[0]?.outcome ?? '')).not.toContain('Infinity')
      }
      expect(disturbed.asked).toBe(undisturbed.asked)
      fc.pre(undisturbed.inTime >= SERVED * undisturbed.asked)
      expect(disturbed.accepted).toBeGreaterThanOrEqual(MOST * undisturbed.accepted - FEW)
      expect(disturbed.inTime).toBeGreaterThanOrEqual(MOST * undisturbed.inTime - FEW)
    }),
    // a scenario that fails takes long to be made smaller
    { numRuns: 60, endOnFailure: true },
  )
})

/** A scenario counts if this share of its requests is in time without disturbances. */
const SERVED = 0.9

/** With disturbances, at least this share of those without are accepted and in time, minus a few. */
const MOST = 0.97
const FEW = 5

describe('a request that is expected to be late is accepted', () => {
  const { qosMs } = smallWorkload()

  test('while the fleet is idle', async () => {
    const { ask, asked, runUntil } = await startPool([{ address: 'b:1', type: 'slow' }], {
      admission: 'target',
    })
    // 400 ms each, twenty times the target
    for (let i = 0; i < 30; i++) {
      ask(100)
      await runUntil(1_000 * (i + 1))
    }
    expect(asked.map(code)).toEqual(new Array(30).fill(status.OK))
  })

  test('as a probe, one of twenty refused in a row', async () => {
    const { ask, asked, runUntil } = await startPool([{ address: 'b:1', type: 'slow' }], {
      admission: 'target',
    })
    for (let i = 0; i < 100; i++) {
      ask(100)
      await runUntil(1 + 2 * i)
    }
    const accepted = asked.filter(
      (one) => code(one) !== status.RESOURCE_EXHAUSTED || one.outcomes[0].atMs > one.atMs,
    )
    const refused = asked.length - accepted.length
    expect(refused).toBeGreaterThan(70)
    // one for the idle server, five that may miss, and one of twenty
    expect(accepted.length).toBeGreaterThanOrEqual(5 + Math.floor(refused / 20))
    await runUntil(2_000 + 10 * qosMs)
  })

  test('while no server is up and one may return: it waits two seconds and is then refused', async () => {
    const virtual = createVirtualPool(smallWorkload(), { admission: 'target' })
    virtual.servers.set('a:1', { ...freshServer(), mode: 'dead' })
    virtual.pool.setServers([{ address: 'a:1', type: 'fast' }])
    for (let i = 0; i < 30; i++) {
      await virtual.runUntil(10 * i)
      virtual.ask(10)
    }
    await virtual.runUntil(1_900)
    expect(virtual.asked.flatMap(({ outcomes }) => outcomes)).toEqual([])
    await virtual.runUntil(2_100)
    expect(virtual.asked.map(code)).toEqual(new Array(30).fill(status.UNAVAILABLE))
  })
})

test('a pool reports for how long it has refused all requests, until no more arrive', async () => {
  const { ask, runUntil, servers, pool } = await startPool([{ address: 'a:1', type: 'fast' }], {
    admission: 'target',
  })
  servers.get('a:1')!.mode = 'dead'
  const told: number[] = []
  for (let at = 100; at <= 13_000; at += 100) {
    await runUntil(at)
    ask(10)
    if (at % 1_000 === 0) told.push(Math.floor(pool.refusingMs / 1_000))
  }
  // those of the first two seconds wait
  expect(told.slice(0, 7)).toEqual(new Array(7).fill(0))
  expect(told[told.length - 1]).toBeGreaterThanOrEqual(9)
  await runUntil(18_500)
  expect(pool.refusingMs).toBe(0)
  servers.get('a:1')!.mode = 'well'
  await runUntil(19_500)
  ask(10)
  expect(pool.refusingMs).toBe(0)
})

test.each([
  ['answered', 'well'],
  ['answered with an error, which may be right', 'narrow'],
] as const)(
  'a pool whose servers pass their checks and answer nothing reports that it refuses all requests, until one is %s',
  async (_, answering) => {
    const virtual = createVirtualPool(smallWorkload(), { admission: 'target' })
    const { ask, runUntil, servers, pool } = virtual
    const addresses = ['a:1', 'a:2', 'a:3']
    for (const address of addresses) servers.set(address, freshServer())
    pool.setServers(addresses.map((address) => ({ address, type: 'fast' })))
    await runUntil(50)
    const setAll = (mode: 'stuck' | typeof answering) => {
      for (const server of servers.values()) server.mode = mode
    }
    setAll('stuck')
    for (let at = 100; at <= 12_000; at += 10) {
      await runUntil(at)
      ask(10)
    }
    expect(pool.up).toBeGreaterThan(0)
    expect(pool.refusingMs).toBeGreaterThan(9_000)
    setAll(answering)
    for (let at = 12_010; at <= 20_000; at += 100) {
      await runUntil(at)
      // now and then too many at once, so that there is no pause without a refusal
      const requests = at % 2_000 === 10 ? 500 : 1
      for (let i = 0; i < requests; i++) ask(100)
    }
    expect(pool.refusingMs).toBe(0)
  },
)

test('a server that stays too slow gets hardly any requests while the others suffice', async () => {
  const virtual = createVirtualPool(smallWorkload(), { admission: 'target' }, policyOf('priced'))
  const { ask, asked, runUntil, servers } = virtual
  virtual.pool.setServers(fleetOf(['fast'], [4]))
  await runUntil(1)
  servers.get('fast-1:1')!.slower = 30
  for (let i = 0; i < 6_000; i++) {
    ask(10)
    // two at once
    if (i % 2 === 1) await runUntil(10 * (i + 1))
  }
  expect(asked.every((one) => code(one) === status.OK)).toBe(true)
  expect(servers.get('fast-1:1')!.begun).toBeLessThan(15)
})
