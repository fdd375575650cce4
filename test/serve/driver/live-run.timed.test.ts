/** Servers that are lost and can serve again before the next queries arrive. */
import { expect, test } from 'vitest'
import { checkerBy, checkerOf } from './checkers.ts'
import { faked, lost } from './faked-run.ts'

test('a lost server is taken back in all of its slots once it can serve', async () => {
  const { run, sent } = faked(
    [0, 0, 0, 700, 700, 700, 700],
    (server, nth) => (server === 1 && nth === 0 ? lost : null),
    { counts: [2, 0], slots: [2, 1] },
    checkerOf(true),
  )
  const { failures, lostServers, instance, arrivalMs, startMs, finishMs, busyMs } = await run()
  // both slots of each server
  expect(sent.slice(3).filter(({ server }) => server === 1)).toHaveLength(2)
  expect(failures).toHaveLength(1)
  const [{ atMs, backMs }] = lostServers
  expect(lostServers).toEqual([{ instance: 2, atMs, backMs, reason: failures[0].reason }])
  // the first pause of the router
  expect(backMs! - atMs).toBeGreaterThanOrEqual(200)
  expect(backMs).toBeLessThan(700)
  const later = Array.from(instance).filter((_, i) => arrivalMs[i] === 700)
  expect(new Set(later).size).toBe(4)
  expect(later.every((slot) => slot < 4)).toBe(true)
  // also after their return
  busyMs.forEach((ms, slot) => {
    const served = finishMs.map((end, i) => (instance[i] === slot && end > 0 ? end - startMs[i] : 0))
    expect(ms).toBeCloseTo(
      served.reduce((sum, each) => sum + each, 0),
      6,
    )
  })
})

test('a server that returns gets queries as before, whatever returns before it', async () => {
  // the second server, of another type, returns first, and the first one once it has got a query
  const canServe = (server: number) => server === 1 || sent.length > 2
  const { run, sent } = faked(
    [0, 0, 600, 1_200, 1_200],
    (_server, nth) => (nth === 0 ? lost : null),
    { counts: [1, 1] },
    (server) => checkerBy(async () => (canServe(server) ? undefined : 'not yet')),
  )
  const { lostServers, instance } = await run()
  expect(sent[2].server).toBe(1)
  expect(lostServers.map(({ backMs }) => backMs! > 600)).toEqual([true, false])
  expect(instance[0]).toBe(1)
  expect([...instance.slice(1)].sort()).toEqual([0, 1])
})
