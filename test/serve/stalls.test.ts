import { setImmediate, setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { AnswerLimit } from '../../src/serve/stalls.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'
import { stall } from './router/live.ts'
import { createVirtualPool } from './router/virtual.ts'

/** A limit that notes its name when it passes. */
function limitOf(name: string, ms: number, passed: string[]): AnswerLimit {
  return new AnswerLimit(ms, { expire: () => passed.push(name) })
}

test('limits pass in their order, and never once they are cancelled', async () => {
  const passed: string[] = []
  limitOf('second', 40, passed)
  limitOf('first', 10, passed)
  const cancelled = limitOf('cancelled', 20, passed)
  cancelled.cancel()
  const long = limitOf('beyond the longest timer', 2 ** 40, passed)
  await expect.poll(() => passed).toEqual(['first', 'second'])
  long.cancel()
})

test('what is read after a stall still cancels a limit that has run out meanwhile', async () => {
  const passed: string[] = []
  const limit = limitOf('late', 1, passed)
  // as an answer that arrives during the stall: it is read after the timer of the limit has fired
  const answered = setTimeout(1)
  stall(20)
  await answered
  limit.cancel()
  await setImmediate()
  await setImmediate()
  expect(passed).toEqual([])
})

test('a limit does not count the time of a stall', async () => {
  const passed: string[] = []
  limitOf('late', 1_000, passed)
  stall(1_500)
  await setTimeout(50)
  expect(passed).toEqual([])
  await expect.poll(() => passed).toEqual(['late'])
})

test.each([
  ['less than a tenth of', 1, 1.2, 3],
  ['a third of', 700, 1, 1],
])(
  'from a batch with stalls of %s its time the speed of its server is learned only if they are few',
  async (_share, stallMs, least, most) => {
    // batches of 2 s, twice as long on the slow server
    const small = smallWorkload()
    const longer = (ms: Float64Array) => ms.map((value) => 1000 * value)
    const latency = {
      ...small.latency,
      meanMs: longer(small.latency.meanMs),
      knotsMs: longer(small.latency.knotsMs),
    }
    const { pool, ask, runUntil, servers, noteStall } = createVirtualPool({
      ...small,
      latency,
      qosMs: 20_000,
    })
    pool.setServers(['a:1', 'b:1', 'c:1'].map((address) => ({ address, type: 'fast' })))
    await runUntil(1)
    servers.get('b:1')!.slower = 2
    for (let i = 1; i <= 200; i++) {
      ask(10)
      noteStall(stallMs)
      await runUntil(900 * i)
    }
    const slowdown = pool.servers().find(({ address }) => address === 'b:1')!.slowdown!
    expect(slowdown).toBeGreaterThanOrEqual(least)
    expect(slowdown).toBeLessThanOrEqual(most)
  },
)
