import { status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { policyOf } from '../../../../src/dispatch/policies.ts'
import { smallWorkload } from '../../../fixtures/small-workload.ts'
import {
  type Asked,
  code,
  createVirtualPool,
  FLEET,
  freshServer,
  latency,
  type Mode,
  startPool as pool,
} from '../virtual.ts'

const workload = smallWorkload()
const THREE = ['a:1', 'b:1', 'c:1'].map((address) => ({ address, type: 'fast' }))

describe('a server that fails', () => {
  test.each<[Mode, string]>([
    ['dead', 'ejected a:1 unreachable'],
    ['hung', 'ejected a:1 hung'],
    ['garbage', 'retried a:1'],
  ])('(%s): its request is answered once, by another server', async (mode, event) => {
    const { ask, asked, runUntil, servers, log } = await pool([FLEET[0], { address: 'c:1', type: 'fast' }])
    for (let i = 0; i < 4; i++) ask(10)
    servers.get('a:1')!.mode = mode
    for (let i = 0; i < 4; i++) ask(10)
    await runUntil(5000)
    expect(asked.map(code)).toEqual(new Array(8).fill(status.OK))
    expect(asked.every(({ outcomes }) => outcomes.length === 1)).toBe(true)
    expect(log).toContain(event)
  })

  test.each<[Mode, string]>([
    ['dead', 'its connection failed'],
    ['stuck', 'it did not reply in time: it had 509 ms, and needs at most 3.0 ms by its latency table'],
    ['garbage', 'its reply is invalid: garbage'],
    ['failing', 'it answered with an error'],
  ])('(%s): the log says that %s', async (mode, why) => {
    const { ask, runUntil, servers, causes } = await pool([FLEET[0], { address: 'c:1', type: 'fast' }])
    servers.get('a:1')!.mode = mode
    ask(10)
    ask(10)
    await runUntil(5000)
    expect(causes).toContain(why)
  })

  test('by hanging: its request is answered late, whatever the admission', async () => {
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

  test('as the only one: its request is answered when it returns, whatever the admission', async () => {
    const { ask, asked, runUntil, servers } = await pool([FLEET[0]], { admission: 'target' })
    servers.get('a:1')!.mode = 'dead'
    ask(10)
    await runUntil(2 * workload.qosMs + 500)
    servers.get('a:1')!.mode = 'well'
    await runUntil(5000)
    expect(asked.map(code)).toEqual([status.OK])
  })

  test('from the start is reported once, with the reason', async () => {
    const virtual = createVirtualPool(workload, {})
    virtual.servers.set('a:1', { ...freshServer(), mode: 'dead' })
    virtual.pool.setServers(FLEET)
    await virtual.runUntil(5000)
    expect(virtual.log).toEqual(['awaited a:1: no answer', 'joined b:1'])
  })

  test('and comes back as another model is reported again, once, with the reason', async () => {
    const { ask, runUntil, servers, log } = await pool()
    const server = servers.get('a:1')!
    server.mode = 'dead'
    ask(10)
    await runUntil(2000)
    Object.assign(server, { mode: 'well', problem: 'the model "small" is not ready' })
    await runUntil(5000)
    delete server.problem
    await runUntil(6000)
    expect(log.slice(log.indexOf('ejected a:1 unreachable')).filter((line) => line.includes('a:1'))).toEqual([
      'ejected a:1 unreachable',
      'awaited a:1: no answer',
      'awaited a:1: the model "small" is not ready',
      'joined a:1',
    ])
  })

  test('returns when it has recovered', async () => {
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
      'retried a:1',
      'ejected a:1 unreachable',
      'joined a:1',
    ])
  })

  test('without a request is found by its checks', async () => {
    const { runUntil, servers, log } = await pool()
    servers.get('b:1')!.mode = 'hung'
    await runUntil(4000)
    expect(log).toContain('ejected b:1 unhealthy')
  })

  test('to answer requests, but not its checks, is found where clients do not wait for long', async () => {
    const { ask, asked, runUntil, servers, log } = await pool([FLEET[0], { address: 'c:1', type: 'fast' }])
    servers.get('a:1')!.mode = 'stuck'
    for (let at = 50; at < 20_000; at += 50) {
      await runUntil(at)
      ask(10, 200)
    }
    expect(log.filter((line) => line === 'ejected a:1 hung').length).toBeGreaterThan(2)
    expect(asked.filter((one) => code(one) !== status.OK).length).toBeLessThan(asked.length / 10)
  })

  test('to answer before clients give up is not taken out for that, unless it takes far too long', async () => {
    const { ask, asked, runUntil, log } = await pool([FLEET[0], { address: 'c:1', type: 'fast' }])
    for (let at = 50; at < 5000; at += 50) {
      await runUntil(at)
      ask(10, 1)
    }
    expect(asked.map(code)).not.toContain(status.OK)
    expect(log.filter((line) => line.startsWith('ejected'))).toEqual([])
  })

  test('to answer for a moment is not taken out, however many requests are given up in it', async () => {
    const fleet = ['a:1', 'b:1'].map((address) => ({ address, type: 'fast', slots: 8 }))
    const { ask, asked, runUntil, servers, log } = await pool(fleet)
    for (let at = 2; at < 3_000; at += 2) {
      await runUntil(at)
      servers.get('a:1')!.mode = at >= 1_000 && at < 1_065 ? 'stuck' : 'well'
      ask(10, 60)
    }
    await runUntil(4_000)
    expect(asked.filter((one) => code(one) !== status.OK).length).toBeGreaterThan(3)
    expect(log.filter((line) => line.startsWith('ejected'))).toEqual([])
  })

  test('to answer from time to time is not taken out for the time in which it was not asked', async () => {
    const { ask, runUntil, log, asked } = await pool([FLEET[0], { address: 'c:1', type: 'fast' }])
    for (let at = 1_000; at <= 1_000_000; at += 100_000) {
      await runUntil(at)
      // whichever server it goes to
      ask(10, 50, 'stuck')
      ask(10, 50, 'stuck')
    }
    await runUntil(1_100_000)
    expect(asked.map(code)).not.toContain(status.OK)
    // 50 ms each, ten times
    expect(log.filter((line) => line.startsWith('ejected')).length).toBeLessThanOrEqual(2)
    expect(log.filter((line) => line.startsWith('ejected'))).toEqual(
      log.filter((line) => line.endsWith('hung')),
    )
  })

  test('as the only one: requests wait two seconds, and are then refused', async () => {
    const { ask, runUntil, servers } = await pool([FLEET[0]])
    servers.get('a:1')!.mode = 'dead'
    const first = ask(10)
    await runUntil(100)
    const second = ask(10)
    await runUntil(1900)
    expect([first.asked.outcomes, second.asked.outcomes]).toEqual([[], []])
    await runUntil(2200)
    expect([code(first.asked), code(second.asked)]).toEqual([status.UNAVAILABLE, status.UNAVAILABLE])
    // new requests are refused at once
    expect(code(ask(10).asked)).toBe(status.UNAVAILABLE)
    await runUntil(3000)
    servers.get('a:1')!.mode = 'well'
    await runUntil(5000)
    expect((await later(ask(10), runUntil, 5100))()).toBe(status.OK)
  })

  test('among others that fail: the last error goes to the client after three attempts', async () => {
    const fleet = ['a:1', 'b:1', 'c:1', 'd:1'].map((address) => ({ address, type: 'fast' }))
    const { ask, runUntil, servers } = await pool(fleet)
    for (const server of servers.values()) server.mode = 'garbage'
    const { asked } = ask(10)
    await runUntil(1000)
    expect(asked.outcomes).toMatchObject([
      { outcome: { code: status.INTERNAL, details: '3 servers failed; the last time: garbage' } },
    ])
  })

  test('only on some requests is not taken out, and serves the others', async () => {
    for (const fate of ['declining', 'failing', 'hung', 'garbage'] as const) {
      const virtual = await pool(THREE)
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

  test('by error answers is taken out, because others can serve the same requests', async () => {
    const { ask, asked, runUntil, servers, log } = await pool(THREE)
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

  test('by an error answer, confirmed by another server: the error goes to the client', async () => {
    const { ask, runUntil } = await pool()
    const { asked } = ask(10, Infinity, 'failing')
    await runUntil(1000)
    expect(asked.outcomes).toMatchObject([{ outcome: { code: status.INTERNAL, details: 'out of memory' } }])
  })

  test('by being ten times too slow gets hardly any requests', async () => {
    const virtual = await pool(THREE)
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

  test.each(['fcfs', 'priced'])(
    'by declining some requests serves the others in time, although those avoid it: %s',
    async (name) => {
      const { ask, asked, runUntil, servers } = await pool(THREE, {}, policyOf(name))
      const tenths = fc.sample(fc.nat(9), { numRuns: 3_000, seed: 1 })
      // 670 requests a second, of 1,500 that the three can serve
      for (let i = 0; i < 1_000; i++) {
        await runUntil(2 + 1.5 * i)
        for (const [k, server] of [...servers.values()].entries()) {
          server.mode = tenths[3 * i + k] === 0 ? 'declining' : 'well'
        }
        ask(10)
      }
      for (const server of servers.values()) server.mode = 'well'
      await runUntil(30_000)
      const inTime = asked.filter((one) => code(one) === status.OK && latency(one) <= workload.qosMs)
      expect(inTime.length).toBeGreaterThan(950)
    },
  )

  test('several times in a row now and then is not taken out before the fifth time', async () => {
    const { ask, asked, runUntil, servers, log } = await pool([FLEET[0], { address: 'c:1', type: 'fast' }])
    const ejected = () => log.filter((line) => line.startsWith('ejected'))
    const serve = async (times: number) => {
      for (let i = 0; i < times; i++) {
        const { begun } = servers.get('a:1')!
        ask(10)
        await runUntil((asked.length + 1) * 10)
        expect(servers.get('a:1')!.begun).toBe(begun + 1)
      }
    }
    for (let i = 0; i < 20; i++) {
      servers.get('a:1')!.mode = 'failing'
      await serve(4)
      servers.get('a:1')!.mode = 'well'
      await serve(1)
    }
    expect(ejected()).toEqual([])
    servers.get('a:1')!.mode = 'failing'
    await serve(5)
    expect(ejected()).toEqual(['ejected a:1 failing'])
    expect(new Set(asked.map(code))).toEqual(new Set([status.OK]))
  })

  test('by being far too slow is taken out, but never more than half of the servers', async () => {
    const virtual = await pool(THREE)
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

  test('by being twice as slow is not taken out, and its slowdown is known within 200 queries', async () => {
    const virtual = await pool(THREE)
    const { ask, runUntil, servers, log } = virtual
    servers.get('b:1')!.slower = 2
    let at = 1
    // 1,100 a second, of 1,250 that the three can serve
    for (let i = 0; i < 200; i++) {
      ask(10)
      at += 0.9
      await runUntil(at)
    }
    const slowdowns = new Map(virtual.pool.servers().map(({ address, slowdown }) => [address, slowdown]))
    expect(slowdowns.get('b:1')).toBeGreaterThan(1.8)
    expect(slowdowns.get('a:1')).toBeLessThan(1.1)
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
