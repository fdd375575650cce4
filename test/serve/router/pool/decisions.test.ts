import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { POLICIES } from '../../../../src/dispatch/policies.ts'
import { code, FLEET, latency, startPool as pool } from '../virtual.ts'

test.each(POLICIES)(
  'a request that its servers fail waits for another one for --max-wait at most: $name',
  async (policy) => {
    const { ask, runUntil } = await pool(FLEET, { maxWaitMs: 100 }, policy)
    // a light load for the fast server
    for (let at = 2; at < 40; at += 1.9) {
      await runUntil(at)
      ask(1)
    }
    const { asked } = ask(10, Infinity, 'failing')
    for (let at = 40; at < 600; at += 1.9) {
      await runUntil(at)
      ask(1)
    }
    expect(asked.outcomes).toHaveLength(1)
    // a first attempt, the wait, and a second attempt
    expect(latency(asked)).toBeLessThanOrEqual(20 + 101 + 20)
  },
)

test('--max-wait ends a wait where nothing else happens, also after earlier requests have waited less', async () => {
  const { ask, asked, runUntil, servers } = await pool([FLEET[0]], { maxWaitMs: 50 })
  for (let i = 0; i < 2; i++) ask(100)
  await runUntil(100)
  servers.get('a:1')!.slower = 20
  for (let i = 0; i < 2; i++) ask(100)
  await runUntil(155)
  expect(asked.map(code)).toEqual([status.OK, status.OK, undefined, status.RESOURCE_EXHAUSTED])
})
