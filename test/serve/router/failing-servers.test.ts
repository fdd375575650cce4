import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import {
  type Asked,
  code,
  createVirtualPool,
  FLEET,
  freshServer,
  latency,
  type Mode,
  startPool as pool,
} from './virtual.ts'

const workload = smallWorkload()

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
    virtual.servers.set('a:1', { ...freshServer(), mode: 'dead' })
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
      'retried a:1',
      'ejected a:1 unreachable',
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

  test('half as fast: its slowdown is known within 200 queries, and it is not taken out', async () => {
    const fleet = ['a:1', 'b:1', 'c:1'].map((address) => ({ address, type: 'fast' }))
    const virtual = await pool(fleet)
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
