import { status } from '@grpc/grpc-js'
import { beforeAll, describe, expect, test } from 'vitest'
import { readWorkload } from '../../../../src/files/documents/workload.ts'
import { generateTrace } from '../../../../src/model/trace/generate-trace.ts'
import type { Workload } from '../../../../src/model/workload/workload.ts'
import type { Pool } from '../../../../src/serve/router/pool/pool.ts'
import { smallWorkload } from '../../../fixtures/small-workload.ts'
import {
  code,
  createSurroundings,
  createVirtualPool,
  FLEET,
  freshServer,
  latency,
  startPool as pool,
} from '../virtual.ts'

describe('requests', () => {
  test('are served one at a time on each server', async () => {
    const { ask, asked, runUntil, servers } = await pool()
    for (let i = 0; i < 6; i++) ask(10)
    await runUntil(100)
    expect(asked.map(code)).toEqual(new Array(6).fill(status.OK))
    expect(asked.every(({ outcomes }) => outcomes.length === 1)).toBe(true)
    expect(servers.get('a:1')!.begun + servers.get('b:1')!.begun).toBe(6)
    // the fast one takes 2 ms each
    expect(Math.max(...asked.map(latency))).toBeLessThanOrEqual(20)
  })

  test('are reported with the server that has answered, for the log', async () => {
    const { ask, answers, runUntil } = await pool()
    for (let i = 0; i < 6; i++) ask(10)
    await runUntil(100)
    const answered = answers.map(({ address, type }) => `${address} ${type}`)
    expect(new Set(answered)).toEqual(new Set(['a:1 fast', 'b:1 slow']))
  })

  test('without a bin are rejected', async () => {
    const { ask } = await pool()
    expect([0, 101, Number.NaN].map((batch) => code(ask(batch).asked))).toEqual(
      new Array(3).fill(status.INVALID_ARGUMENT),
    )
  })

  test('beyond the queue are rejected with the reason', async () => {
    const { ask, asked, runUntil } = await pool(FLEET, { queue: 2 })
    for (let i = 0; i < 10; i++) ask(100)
    const refused = asked.filter((one) => code(one) === status.RESOURCE_EXHAUSTED)
    expect(refused.length).toBeGreaterThanOrEqual(6)
    expect(refused[0].outcomes[0].outcome).toMatchObject({
      details: 'the queue is full: 2 requests wait; try again later, or give the router a larger --queue',
    })
    await runUntil(5000)
    expect(asked.every(({ outcomes }) => outcomes.length === 1)).toBe(true)
  })

  test('without any server are rejected', async () => {
    const { ask } = await pool([])
    const { asked } = ask(1)
    expect(asked.outcomes[0].outcome).toMatchObject({
      code: status.UNAVAILABLE,
      details:
        'no server of "small" can serve: there is none; list one in the fleet of the router, or divide the fleet into fewer parts',
    })
  })

  test('that a server rejects are not tried on another', async () => {
    const { ask, runUntil, servers, log } = await pool([FLEET[0]])
    servers.get('a:1')!.mode = 'refusing'
    const { asked } = ask(1)
    await runUntil(100)
    expect(asked.outcomes[0].outcome).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'no' })
    expect(log).toEqual(['joined a:1'])
  })

  test('that have been answered are not cancelled any more', async () => {
    const { ask, pool: it, moves, runUntil } = await pool()
    const { job, asked } = ask(10)
    await runUntil(100)
    it.cancel(job)
    expect(code(asked)).toBe(status.OK)
    expect([...moves.keys()]).toEqual(['arrived accept', 'waiting start', 'running answer'])
  })

  test('that are cancelled leave the queue at once, and the server when it is expected to be idle', async () => {
    const virtual = await pool([FLEET[0]])
    const { ask, runUntil, servers } = virtual
    const running = ask(100)
    const waiting = ask(10)
    const last = ask(1)
    virtual.pool.cancel(waiting.job)
    virtual.pool.cancel(running.job)
    await runUntil(10.9)
    expect(last.asked.outcomes).toEqual([])
    await runUntil(100)
    // 10 ms of the cancelled one, 1 ms of its own
    expect(latency(last.asked)).toBeGreaterThanOrEqual(10)
    expect(code(last.asked)).toBe(status.OK)
    expect(servers.get('a:1')!.begun).toBe(2)
    expect([running.asked.outcomes, waiting.asked.outcomes]).toEqual([[], []])
  })
})

describe('a changing fleet', () => {
  const many = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ address: `${name}${i}:1`, type: 'fast' }))

  test('a server that leaves still answers its request', async () => {
    const { ask, runUntil, log, pool: it } = await pool([FLEET[0]])
    const first = ask(100)
    it.setServers([{ address: 'c:1', type: 'fast' }])
    await runUntil(2)
    const second = ask(10)
    await runUntil(100)
    expect([code(first.asked), code(second.asked)]).toEqual([status.OK, status.OK])
    expect(second.asked.outcomes[0].outcome).toMatchObject({ response: Buffer.from('c:1') })
    expect(log).toEqual(['joined a:1', 'left a:1', 'joined c:1', 'closed a:1'])
  })

  test('requests that wait for a large fleet are served as soon as it is up, and by servers that join it', async () => {
    const virtual = createVirtualPool(smallWorkload())
    virtual.pool.setServers(many('s', 70))
    for (let i = 0; i < 200; i++) virtual.ask(100)
    await virtual.runUntil(45)
    expect(virtual.asked.map(code)).toEqual(new Array(200).fill(status.OK))
    // 10 ms each: 70 servers would take 150 ms for these
    for (let i = 0; i < 1_050; i++) virtual.ask(100)
    virtual.pool.setServers(many('s', 140))
    await virtual.runUntil(45 + 100)
    expect(virtual.asked.map(code)).toEqual(new Array(1_250).fill(status.OK))
    expect(virtual.servers.get('s139:1')!.begun).toBeGreaterThan(5)
  })

  test('a server that joins a large fleet takes a request that waits, although nothing else happens', async () => {
    const virtual = createVirtualPool(smallWorkload())
    for (let i = 0; i < 65; i++) virtual.servers.set(`s${i}:1`, { ...freshServer(), slower: 20 })
    virtual.pool.setServers(many('s', 65))
    await virtual.runUntil(45)
    for (let i = 0; i < 66; i++) virtual.ask(100)
    virtual.pool.setServers(many('s', 66))
    // the others take 200 ms
    await virtual.runUntil(45 + 20)
    expect(virtual.asked.map(code).filter((one) => one === status.OK)).toHaveLength(1)
    expect(virtual.servers.get('s65:1')!.begun).toBe(1)
  })

  const namesOf = (it: Pool) => it.servers().map(({ address }) => address)

  test('many servers change in steps, and between them all that are there are served', async () => {
    const virtual = await pool(many('a', 120))
    const { ask, asked, pool: it, runUntil, log } = virtual
    await runUntil(10)
    it.setServers(many('b', 120))
    expect(namesOf(it)).toEqual(
      many('a', 120)
        .slice(50)
        .map(({ address }) => address),
    )
    expect(it.up).toBe(70)
    for (let i = 0; i < 70; i++) ask(1)
    // each has a server of its own
    await runUntil(11.5)
    expect(asked.map(code)).toEqual(new Array(70).fill(status.OK))
    expect(namesOf(it)).toEqual(many('b', 120).map(({ address }) => address))
    expect(it.up).toBe(120)
    expect(log.filter((line) => line.startsWith('closed'))).toHaveLength(120)
  })

  test('another change takes the place of what is left of one', async () => {
    const { pool: it, runUntil } = await pool(many('a', 120))
    await runUntil(10)
    it.setServers([])
    it.setServers(many('a', 60))
    await runUntil(20)
    expect(namesOf(it).sort()).toEqual(
      many('a', 60)
        .map(({ address }) => address)
        .sort(),
    )
    expect(it.up).toBe(60)
  })

  test('a pool that closes while servers change has none afterwards', async () => {
    const { pool: it, runUntil } = await pool(many('a', 60))
    it.setServers(many('b', 60))
    it.close()
    await runUntil(100)
    expect(namesOf(it)).toEqual([])
  })

  test.each([
    ['a server works on a request that was given up', 'well', true],
    ['a server works on a request', 'well', false],
    ['a request waits for a server', 'dead', false],
  ] as const)('a pool that closes leaves no timer, although %s', async (_what, mode, isGivenUp) => {
    const surroundings = createSurroundings()
    const { time, servers } = surroundings
    servers.set('a:1', { ...freshServer(), mode })
    const it = createVirtualPool(smallWorkload(), {}, undefined, surroundings)
    it.pool.setServers([{ address: 'a:1', type: 'fast' }])
    await time.runUntil(1)
    const { cancel } = it.ask(100)
    if (isGivenUp) cancel()
    it.pool.close()
    expect(time.timers).toBe(0)
  })

  test('a pool that closes leaves no timer, although servers of a large fleet have just returned', async () => {
    const surroundings = createSurroundings()
    const { time } = surroundings
    const it = createVirtualPool(smallWorkload(), {}, undefined, surroundings)
    it.pool.setServers([
      { address: 'a:1', type: 'fast', slots: 65 },
      { address: 'b:1', type: 'fast' },
    ])
    await time.runUntil(1)
    expect(it.pool.up).toBe(2)
    it.pool.close()
    expect(time.timers).toBe(0)
  })

  test('requests wait while the servers are replaced', async () => {
    const { ask, runUntil, servers, pool: it } = await pool([FLEET[0]])
    servers.set('c:1', { ...freshServer(), mode: 'dead' })
    it.setServers([{ address: 'c:1', type: 'fast' }])
    const between = ask(10)
    await runUntil(1000)
    expect(between.asked.outcomes).toEqual([])
    servers.get('c:1')!.mode = 'well'
    await runUntil(2500)
    expect(code(between.asked)).toBe(status.OK)
  })

  test('requests that wait for the last servers wait as long for new ones', async () => {
    const { ask, runUntil, servers, pool: it } = await pool([])
    for (const address of ['c:1', 'd:1']) servers.set(address, { ...freshServer(), mode: 'dead' })
    it.setServers([{ address: 'c:1', type: 'fast' }])
    const { asked } = ask(10)
    await runUntil(1500)
    it.setServers([{ address: 'd:1', type: 'fast' }])
    await runUntil(3000)
    expect(asked.outcomes).toEqual([])
    servers.get('d:1')!.mode = 'well'
    await runUntil(3450)
    expect(code(asked)).toBe(status.OK)
  })

  test('a request that waits for its turn once a server is up is not refused for want of one', async () => {
    const { ask, asked, runUntil, servers, pool: it } = await pool([])
    servers.set('c:1', { ...freshServer(), mode: 'dead', slower: 30 })
    it.setServers([{ address: 'c:1', type: 'fast' }])
    for (let i = 0; i < 2; i++) ask(100)
    await runUntil(1700)
    servers.get('c:1')!.mode = 'well'
    // each takes 300 ms, and two seconds end between
    await runUntil(2500)
    expect(asked.map(code)).toEqual([status.OK, status.OK])
  })

  test('a type that the table lacks is rejected, and nothing changes', async () => {
    const { pool: it } = await pool()
    expect(() => it.setServers([{ address: 'x:1', type: 'other' }])).toThrow(/no instance type "other"/)
    expect(it.up).toBe(2)
  })

  test('while it drains, accepted requests are answered and new ones rejected', async () => {
    const { ask, runUntil, pool: it } = await pool()
    const first = ask(100)
    let empty = false
    it.drain().then(() => {
      empty = true
    })
    const second = ask(1)
    expect(second.asked.outcomes[0].outcome).toMatchObject({ code: status.UNAVAILABLE })
    expect(empty).toBe(false)
    await runUntil(100)
    expect([empty, code(first.asked)]).toEqual([true, status.OK])
  })

  test('close refuses all requests and closes the connections', async () => {
    const { ask, pool: it, log } = await pool()
    const jobs = [ask(100), ask(100), ask(100), ask(100)]
    it.close()
    expect(jobs.map(({ asked }) => code(asked))).toEqual(new Array(4).fill(status.UNAVAILABLE))
    expect(log.filter((line) => line.startsWith('closed'))).toEqual(['closed a:1', 'closed b:1'])
    // they are listed still
    expect(log.filter((line) => line.startsWith('left'))).toEqual([])
  })
})

describe('overload', () => {
  let rm2: Workload
  beforeAll(async () => {
    rm2 = await readWorkload('rm2')
  })

  test('of three times the capacity: a third is served in time, the rest refused, and the router recovers', async () => {
    const virtual = createVirtualPool(rm2, { admission: 'target' })
    const types = ['g4dn.xlarge', 'g4dn.xlarge', ...new Array(9).fill('r5n.large')]
    virtual.pool.setServers(types.map((type, i) => ({ address: `${i}:1`, type })))
    await virtual.runUntil(1)
    const drive = async (rate: number, seconds: number, fromMs: number) => {
      const trace = generateTrace({
        arrivals: 'poisson',
        rate,
        queries: Math.round(rate * seconds),
        seed: 3,
        mix: rm2.mix,
      })
      const asked: ReturnType<typeof virtual.ask>['asked'][] = []
      let deepest = 0
      for (let i = 0; i < trace.arrivalMs.length; i++) {
        await virtual.runUntil(fromMs + trace.arrivalMs[i])
        asked.push(virtual.ask(trace.batchSize[i]).asked)
        deepest = Math.max(deepest, virtual.pool.waiting)
      }
      return { asked, deepest }
    }
    const normal = await drive(80, 10, 100)
    const over = await drive(285, 30, 15_000)
    const after = await drive(80, 10, 47_000)
    await virtual.runUntil(80_000)
    const inTime = (asked: (typeof over)['asked']) => {
      const answered = asked.filter((one) => code(one) === status.OK)
      return {
        answered: answered.length / asked.length,
        inside: answered.filter((one) => latency(one) <= rm2.qosMs).length / answered.length,
      }
    }
    expect(inTime(normal.asked).answered).toBeGreaterThan(0.99)
    expect(inTime(over.asked).inside).toBeGreaterThan(0.95)
    // about a third can be served
    expect(inTime(over.asked).answered).toBeGreaterThan(0.28)
    expect(over.deepest).toBeLessThan(100)
    expect(over.asked.every((one) => [status.OK, status.RESOURCE_EXHAUSTED].includes(code(one)!))).toBe(true)
    // no request starves
    expect(Math.max(...over.asked.map(latency))).toBeLessThan(3 * rm2.qosMs)
    expect(inTime(after.asked).answered).toBeGreaterThan(0.98)
    expect(inTime(after.asked).inside).toBeGreaterThan(0.98)
  })
})
