import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { startPool } from '../virtual.ts'

const FAST = ['a:1', 'b:1', 'c:1'].map((address) => ({ address, type: 'fast' }))
const TIMES = 'it had 509 ms, and needs at most 3.0 ms by its latency table'

test('of servers that take far longer than their table, the log says what they had and what they need by it', async () => {
  const { ask, runUntil, servers, causes, outDetails } = await startPool(FAST)
  for (const server of servers.values()) server.slower = 1_000
  const { asked } = ask(10)
  await runUntil(10_000)
  expect(causes).toEqual(new Array(2).fill(`it did not reply in time: ${TIMES}`))
  expect(outDetails).toEqual([`DEADLINE_EXCEEDED: it did not reply in time: ${TIMES}`])
  expect(asked.outcomes).toMatchObject([{ outcome: { code: status.UNAVAILABLE } }])
})

test('a server that clients give up is taken out with the time of its table', async () => {
  const { ask, runUntil, servers, outDetails } = await startPool([FAST[0], FAST[1]])
  servers.get('a:1')!.mode = 'stuck'
  for (let at = 1; at < 3_000; at += 250) {
    await runUntil(at)
    ask(10, 200)
    ask(10, 200)
  }
  expect(outDetails).toContain(
    'clients gave up 3 times after 600 ms in all; the last batch needs 2.0 ms by its latency table',
  )
})
