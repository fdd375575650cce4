import { status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { readWorkload } from '../../../src/files/workload.ts'
import { generateTrace } from '../../../src/model/generate-trace.ts'
import type { Workload } from '../../../src/model/workload.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { type Asked, code, createVirtualPool, latency, type Mode } from './virtual.ts'

const workload = smallWorkload()
const FLEET = [
  { address: 'a:1', type: 'fast' },
  { address: 'b:1', type: 'slow' },
]

async function pool(fleet = FLEET, limits = {}) {
  const virtual = createVirtualPool(workload, limits)
  virtual.pool.setServers(fleet)
  await virtual.runUntil(1)
  return virtual
}

describe('requests', () => {
  test('are answered by a server, one at a time on each', async () => {
    const { ask, asked, runUntil, servers } = await pool()
    for (let i = 0; i < 6; i++) ask(10)
    await runUntil(100)
    expect(asked.map(code)).toEqual(new Array(6).fill(status.OK))
    expect(asked.every(({ outcomes }) => outcomes.length === 1)).toBe(true)
    expect(servers.get('a:1')!.begun + servers.get('b:1')!.begun).toBe(6)
    // the fast one takes 2 ms each
    expect(Math.max(...asked.map(latency))).toBeLessThanOrEqual(20)
  })

  test('of no bin are refused', async () => {
    const { ask } = await pool()
    expect([0, 101, Number.NaN].map((batch) => code(ask(batch).asked))).toEqual(
      new Array(3).fill(status.INVALID_ARGUMENT),
    )
  })

  test('beyond the queue are refused with the reason', async () => {
    const { ask, asked, runUntil } = await pool(FLEET, { queue: 2 })
    for (let i = 0; i < 10; i++) ask(100)
    const refused = asked.filter((one) => code(one) === status.RESOURCE_EXHAUSTED)
    expect(refused.length).toBeGreaterThanOrEqual(6)
    expect(refused[0].outcomes[0].outcome).toMatchObject({ details: 'the queue is full: 2 requests wait' })
    await runUntil(5000)
    expect(asked.every(({ outcomes }) => outcomes.length === 1)).toBe(true)
  })

  test('and beyond the bytes', async () => {
    const { ask, asked } = await pool(FLEET, { bytes: 250 })
    for (let i = 0; i < 3; i++) ask(100)
    expect(asked.map(code)).toEqual([undefined, undefined, status.RESOURCE_EXHAUSTED])
  })

  test('without a server are refused', async () => {
    const { ask } = await pool([])
    const { asked } = ask(1)
    expect(asked.outcomes[0].outcome).toMatchObject({
      code: status.UNAVAILABLE,
      details: 'no server of "small" can serve: there is none',
    })
  })

  test('that a server refuses are not tried elsewhere', async () => {
    const { ask, runUntil, servers, log } = await pool([FLEET[0]])
    servers.get('a:1')!.mode = 'refusing'
    const { asked } = ask(1)
    await runUntil(100)
    expect(asked.outcomes[0].outcome).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'no' })
    expect(log).toEqual(['joined a:1'])
  })

  test('whose client goes away free the queue at once, the server when it is likely to be done', async () => {
    const virtual = await pool([FLEET[0]])
    const { ask, runUntil, servers } = virtual
    const running = ask(100)
    const waiting = ask(10)
    const last = ask(1)
    virtual.pool.abandon(waiting.job)
    virtual.pool.abandon(running.job)
    await runUntil(10.9)
    expect(last.asked.outcomes).toEqual([])
    await runUntil(100)
    // 10 ms of the one that was given up, 1 ms of its own
    expect(latency(last.asked)).toBeGreaterThanOrEqual(10)
    expect(code(last.asked)).toBe(status.OK)
    expect(servers.get('a:1')!.begun).toBe(2)
    expect([running.asked.outcomes, waiting.asked.outcomes]).toEqual([[], []])
  })
})

describe('servers that fail', () => {
  test.each<[Mode, string]>([
    ['dead', 'ejected a:1 unreachable'],
    ['hung', 'ejected a:1 hung'],
    ['garbage', 'retried a:1'],
  ])('%s: what they had is answered elsewhere, once', async (mode, event) => {
    const { ask, asked, runUntil, servers, log } = await pool([FLEET[0], { address: 'c:1', type: 'fast' }])
    for (let i = 0; i < 4; i++) ask(10)
    servers.get('a:1')!.mode = mode
    for (let i = 0; i < 4; i++) ask(10)
    await runUntil(5000)
    expect(asked.map(code)).toEqual(new Array(8).fill(status.OK))
    expect(asked.every(({ outcomes }) => outcomes.length === 1)).toBe(true)
    expect(log).toContain(event)
  })

  test('that hang cost a request time, and not its answer, whatever may be late', async () => {
    const fleet = [FLEET[0], { address: 'c:1', type: 'fast' }]
    const { ask, asked, runUntil, servers, log } = await pool(fleet, { admission: 'target' })
    servers.get('a:1')!.mode = 'hung'
    ask(10)
    ask(10)
    await runUntil(5000)
    expect(log).toContain('retried a:1')
    expect(Math.max(...asked.map(latency))).toBeGreaterThan(2 * workload.qosMs)
    expect(asked.map(code)).toEqual([status.OK, status.OK])
  })

  test('all of them, for a while: what they had is answered when one returns, whatever may be late', async () => {
    const { ask, asked, runUntil, servers } = await pool([FLEET[0]], { admission: 'target' })
    servers.get('a:1')!.mode = 'dead'
    ask(10)
    await runUntil(2 * workload.qosMs + 500)
    servers.get('a:1')!.mode = 'well'
    await runUntil(5000)
    expect(asked.map(code)).toEqual([status.OK])
  })

  test('that were never there are told of once, with the reason', async () => {
    const virtual = createVirtualPool(workload, {})
    virtual.servers.set('a:1', { mode: 'dead', slower: 1, begun: 0 })
    virtual.pool.setServers(FLEET)
    await virtual.runUntil(5000)
    expect(virtual.log).toEqual(['awaited a:1: no answer', 'joined b:1'])
  })

  test('return when they are well again', async () => {
    const { ask, runUntil, servers, log, pool: it } = await pool()
    servers.get('a:1')!.mode = 'dead'
    ask(10)
    await runUntil(500)
    expect(it.up).toBe(1)
    expect(it.servers()[0]).toMatchObject({ address: 'a:1', state: 'ejected' })
    servers.get('a:1')!.mode = 'well'
    await runUntil(1500)
    expect(it.up).toBe(2)
    expect(log.filter((line) => line.includes('a:1'))).toEqual([
      'joined a:1',
      'ejected a:1 unreachable',
      'retried a:1',
      'joined a:1',
    ])
  })

  test('that hang without work are found out by their checks', async () => {
    const { runUntil, servers, log } = await pool()
    servers.get('b:1')!.mode = 'hung'
    await runUntil(4000)
    expect(log).toContain('ejected b:1 unhealthy')
  })

  test('all of them: requests wait for one to return, and are refused when none does', async () => {
    const { ask, runUntil, servers } = await pool([FLEET[0]])
    servers.get('a:1')!.mode = 'dead'
    const first = ask(10)
    await runUntil(100)
    const second = ask(10)
    await runUntil(1900)
    expect([first.asked.outcomes, second.asked.outcomes]).toEqual([[], []])
    await runUntil(2200)
    expect([code(first.asked), code(second.asked)]).toEqual([status.UNAVAILABLE, status.UNAVAILABLE])
    // who comes now has nothing to hope for
    expect(code(ask(10).asked)).toBe(status.UNAVAILABLE)
    await runUntil(3000)
    servers.get('a:1')!.mode = 'well'
    await runUntil(5000)
    expect((await later(ask(10), runUntil, 5100))()).toBe(status.OK)
  })

  test('always: the last error is told after three tries', async () => {
    const fleet = ['a:1', 'b:1', 'c:1', 'd:1'].map((address) => ({ address, type: 'fast' }))
    const { ask, runUntil, servers } = await pool(fleet)
    for (const server of servers.values()) server.mode = 'garbage'
    const { asked } = ask(10)
    await runUntil(1000)
    expect(asked.outcomes).toMatchObject([
      { outcome: { code: status.INTERNAL, details: '3 servers failed; the last time: garbage' } },
    ])
  })

  test('are not those that a request is too much for: it fails, and they serve the others', async () => {
    const fleet = ['a:1', 'b:1', 'c:1'].map((address) => ({ address, type: 'fast' }))
    for (const fate of ['declining', 'failing', 'hung', 'garbage'] as const) {
      const virtual = await pool(fleet)
      const poison: Asked[] = []
      const others: Asked[] = []
      for (let at = 100; at < 20_000; at += 100) {
        await virtual.runUntil(at)
        if (at % 2000 === 0) poison.push(virtual.ask(10, Infinity, fate).asked)
        for (let i = 0; i < 3; i++) others.push(virtual.ask(10).asked)
      }
      await virtual.runUntil(30_000)
      expect(new Set(others.map(code)), fate).toEqual(new Set([status.OK]))
      const expected =
        { declining: status.UNAVAILABLE, hung: status.UNAVAILABLE }[fate as 'hung'] ?? status.INTERNAL
      expect(new Set(poison.map(code)), fate).toEqual(new Set([expected]))
      const taken = virtual.log.filter((line) => line.startsWith('ejected')).length
      // one that hangs may be the server's fault, until it answers again
      expect(taken, fate).toBeLessThanOrEqual(fate === 'hung' ? poison.length : 0)
    }
  })

  test('with an error of their own are taken out, once others have shown that it is theirs', async () => {
    const fleet = ['a:1', 'b:1', 'c:1'].map((address) => ({ address, type: 'fast' }))
    const { ask, asked, runUntil, servers, log } = await pool(fleet)
    servers.get('b:1')!.mode = 'failing'
    for (let at = 2; at < 400; at += 4) {
      ask(10)
      ask(10)
      await runUntil(at)
    }
    await runUntil(1000)
    expect(new Set(asked.map(code))).toEqual(new Set([status.OK]))
    expect(log).toContain('ejected b:1 failing')
  })

  test('with an error in their own words: those are told', async () => {
    const { ask, runUntil } = await pool()
    const { asked } = ask(10, Infinity, 'failing')
    await runUntil(1000)
    expect(asked.outcomes).toMatchObject([{ outcome: { code: status.INTERNAL, details: 'out of memory' } }])
  })

  test('ten times too slow: found out, and hardly asked any more', async () => {
    const fleet = ['a:1', 'b:1', 'c:1'].map((address) => ({ address, type: 'fast' }))
    const virtual = await pool(fleet)
    const { ask, runUntil, servers } = virtual
    servers.get('b:1')!.slower = 10
    let at = 1
    for (let i = 0; i < 200; i++) {
      ask(100)
      at += 5
      await runUntil(at)
    }
    await runUntil(at + 200)
    expect(servers.get('b:1')!.begun).toBeLessThan(10)
    expect(virtual.asked.map(code)).toEqual(new Array(200).fill(status.OK))
    expect(virtual.asked.filter((one) => latency(one) > workload.qosMs).length).toBeLessThan(10)
  })

  test('far too slow, but in time: taken out, and never more than half of them', async () => {
    const fleet = ['a:1', 'b:1', 'c:1'].map((address) => ({ address, type: 'fast' }))
    const virtual = await pool(fleet)
    const { ask, runUntil, servers, log } = virtual
    servers.get('b:1')!.slower = 6
    let at = 1
    const drive = async () => {
      for (let i = 0; i < 300; i++) {
        ask(1)
        at += 0.4
        await runUntil(at)
      }
    }
    await drive()
    expect(log.filter((line) => line.startsWith('ejected'))).toEqual(['ejected b:1 slow'])
    servers.get('a:1')!.slower = 30
    await drive()
    expect(virtual.pool.up).toBe(2)
  })

  test('half as fast: seen within 200 queries, without being taken out', async () => {
    const fleet = ['a:1', 'b:1', 'c:1'].map((address) => ({ address, type: 'fast' }))
    const virtual = await pool(fleet)
    const { ask, runUntil, servers, log } = virtual
    servers.get('b:1')!.slower = 2
    let at = 1
    for (let i = 0; i < 200; i++) {
      ask(100)
      at += 5
      await runUntil(at)
    }
    const factors = new Map(virtual.pool.servers().map(({ address, factor }) => [address, factor]))
    expect(factors.get('b:1')).toBeGreaterThan(1.8)
    expect(factors.get('a:1')).toBeLessThan(1.1)
    expect(log.join()).not.toContain('ejected')
  })
})

async function later(
  { asked }: { asked: Parameters<typeof code>[0] },
  runUntil: (ms: number) => Promise<void>,
  ms: number,
) {
  await runUntil(ms)
  return () => code(asked)
}

describe('the fleet changes', () => {
  test('servers join and leave, what they have is answered first', async () => {
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

  test('from one to another: what comes between waits for the new ones', async () => {
    const { ask, runUntil, servers, pool: it } = await pool([FLEET[0]])
    servers.set('c:1', { mode: 'dead', slower: 1, begun: 0 })
    it.setServers([{ address: 'c:1', type: 'fast' }])
    const between = ask(10)
    await runUntil(1000)
    expect(between.asked.outcomes).toEqual([])
    servers.get('c:1')!.mode = 'well'
    await runUntil(2500)
    expect(code(between.asked)).toBe(status.OK)
  })

  test('a type that the table lacks is refused, and nothing changes', async () => {
    const { pool: it } = await pool()
    expect(() => it.setServers([{ address: 'x:1', type: 'other' }])).toThrow(/no instance type "other"/)
    expect(it.up).toBe(2)
  })

  test('at the end what is there is answered, what comes is refused', async () => {
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

  test('or refused, when there is no time', async () => {
    const { ask, pool: it, log } = await pool()
    const jobs = [ask(100), ask(100), ask(100), ask(100)]
    it.close()
    expect(jobs.map(({ asked }) => code(asked))).toEqual(new Array(4).fill(status.UNAVAILABLE))
    expect(log.filter((line) => line.startsWith('closed'))).toEqual(['closed a:1', 'closed b:1'])
  })
})

test('whatever fails, every request gets one outcome, and the pool is empty in the end', async () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 300 }),
    server: fc.constantFrom('a:1', 'b:1', 'c:1'),
    mode: fc.constantFrom<Mode>(
      'well',
      'well',
      'dead',
      'hung',
      'garbage',
      'refusing',
      'declining',
      'failing',
    ),
    slower: fc.constantFrom(1, 1, 10),
    queries: fc.array(fc.constantFrom(1, 10, 100), { maxLength: 5 }),
    abandon: fc.boolean(),
    present: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const everyone = [...FLEET, { address: 'c:1', type: 'fast' }]
      const virtual = await pool(everyone)
      const given = new Set<object>()
      let at = 1
      for (const { wait, server, mode, slower, queries, abandon, present } of steps) {
        Object.assign(virtual.servers.get(server)!, { mode, slower })
        virtual.pool.setServers(everyone.filter(({ address }) => present || address !== server))
        const jobs = queries.map((batch) => virtual.ask(batch))
        if (abandon && jobs.length > 0) {
          virtual.pool.abandon(jobs[0].job)
          if (jobs[0].asked.outcomes.length === 0) given.add(jobs[0].asked)
        }
        at += wait
        await virtual.runUntil(at)
      }
      await virtual.runUntil(at + 60_000)
      for (const asked of virtual.asked) expect(asked.outcomes).toHaveLength(given.has(asked) ? 0 : 1)
      expect(virtual.pool.waiting).toBe(0)
      expect(virtual.pool.servers().every(({ inFlight }) => inFlight === 0)).toBe(true)
      virtual.pool.close()
    }),
    { numRuns: 60 },
  )
})

describe('overload', () => {
  let rm2: Workload
  beforeAll(async () => {
    rm2 = await readWorkload('rm2')
  })

  test('three times what the servers can do: refusals, the rest in time, and soon back to normal', async () => {
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
    // none is passed over for good
    expect(Math.max(...over.asked.map(latency))).toBeLessThan(3 * rm2.qosMs)
    expect(inTime(after.asked).answered).toBeGreaterThan(0.98)
    expect(inTime(after.asked).inside).toBeGreaterThan(0.98)
  })
})
