import { describe, expect, test } from 'vitest'
import { createChecks } from '../../../../src/serve/router/fleet/checks.ts'
import { createVirtualClock, startPool } from '../virtual.ts'

const fleetOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ address: `10.0.0.${i}:1`, type: i % 2 ? 'fast' : 'slow' }))

/** The times of all checks from `fromMs` on. */
async function checksOf(servers: number, fromMs: number, untilMs: number, dead = false) {
  const virtual = await startPool(fleetOf(servers))
  if (dead) for (const server of virtual.servers.values()) server.mode = 'dead'
  await virtual.runUntil(untilMs)
  const all = [...virtual.servers.values()].map(({ checkedMs }) => checkedMs)
  return { ...virtual, all, since: all.flat().filter((ms) => ms >= fromMs) }
}

describe('checks', () => {
  test('of a few servers are as often as configured', async () => {
    const { all } = await checksOf(20, 0, 10_000)
    for (const times of all) {
      const gaps = times.slice(2).map((ms, i) => ms - times[i + 1])
      expect(Math.max(...gaps)).toBeLessThanOrEqual(1_000)
    }
  })

  test.each([
    ['up', false],
    ['out', true],
  ])('of 500 servers that are %s are fifty a second, spread evenly', async (_what, dead) => {
    const { all, since } = await checksOf(500, 20_000, 40_000, dead)
    expect(since.length / 20).toBeLessThanOrEqual(55)
    for (const times of all) expect(times.filter((ms) => ms >= 20_000).length).toBeGreaterThanOrEqual(1)
    const perTenth = new Map<number, number>()
    for (const ms of since) perTenth.set(Math.floor(ms / 100), (perTenth.get(Math.floor(ms / 100)) ?? 0) + 1)
    if (!dead) expect(Math.max(...perTenth.values())).toBeLessThanOrEqual(15)
  })

  test('that end after their server has left do not bring it back', async () => {
    const { pool, log, runUntil, servers } = await startPool([])
    pool.setServers(fleetOf(1))
    pool.setServers([])
    await runUntil(5_000)
    expect(log).toEqual(['closed 10.0.0.0:1', 'left 10.0.0.0:1'])
    expect(servers.get('10.0.0.0:1')!.checkedMs).toHaveLength(1)
  })

  test('still find a server that is out and let it return', async () => {
    const { servers, log, runUntil } = await checksOf(500, 0, 10_000)
    const [[address, one]] = servers
    one.mode = 'dead'
    await runUntil(45_000)
    expect(log).toContain(`ejected ${address} unhealthy`)
    one.mode = 'well'
    await runUntil(46_000)
    expect(log.filter((line) => line === `joined ${address}`)).toHaveLength(2)
  })

  test('of a server that reports a change during one are repeated after it, and not at the same time', async () => {
    const { clock, runUntil } = createVirtualClock()
    const checkedMs: number[] = []
    const ends: (() => void)[] = []
    let report: () => void = () => undefined
    const backend = {
      check() {
        checkedMs.push(clock.now())
        return new Promise<undefined>((resolve) => ends.push(() => resolve(undefined)))
      },
      watch(changed: () => void) {
        report = changed
      },
      isWatched: false,
    }
    const server = { server: { address: 'a:1' }, state: 'up', health: { failedChecks: 0 }, backend } as const
    const fleet = { size: () => 1, up: () => 1, checked: () => undefined }
    createChecks({ clock, intervalMs: 1_000, ...fleet }).start(server)
    const end = async (untilMs: number) => {
      ends.at(-1)!()
      await runUntil(untilMs)
    }
    await end(0)
    report()
    report()
    expect(checkedMs).toEqual([0, 0])
    await end(200)
    expect(checkedMs).toEqual([0, 0, 200])
    await end(10_000)
    expect(checkedMs).toHaveLength(4)
    expect(checkedMs[3]).toBeGreaterThan(400)
  })
})
