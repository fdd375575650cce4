import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { code, startPool } from '../virtual.ts'

const FAST = ['a:1', 'b:1', 'c:1'].map((address) => ({ address, type: 'fast' }))
const TIMES = 'it had 509 ms, and its latency table says at most 3.0 ms'
const CURE = 'if these servers work, measure their latency table again (kairos-wasm measure)'

test('servers that take far longer than their table: log and client are told the times, and the cure', async () => {
  const { ask, runUntil, servers, causes, outDetails } = await startPool(FAST)
  for (const server of servers.values()) server.slower = 1_000
  const first = ask(10)
  await runUntil(10_000)
  const none = (count: number) =>
    `${TIMES}; no server of type fast has answered the last ${count} requests of up to 10 items: ${CURE}`
  expect(causes).toEqual(new Array(2).fill(`it did not reply in time: ${TIMES}`))
  expect(outDetails).toEqual([`DEADLINE_EXCEEDED: it did not reply in time: ${TIMES}`])
  expect(first.asked.outcomes).toMatchObject([
    { outcome: { code: status.UNAVAILABLE, details: `3 servers failed; the last time: hung: ${none(3)}` } },
  ])
  ask(10)
  await runUntil(11_000)
  expect(causes.at(-1)).toBe(`it did not reply in time: ${none(4)}`)
})

test('a single server that hangs: an answer of another one of its type shows that their table holds', async () => {
  const { ask, asked, runUntil, servers, causes } = await startPool(FAST)
  servers.get('a:1')!.mode = 'stuck'
  for (let at = 1; at < 60_000; at += 100) {
    await runUntil(at)
    ask(10)
  }
  await runUntil(70_000)
  expect(new Set(asked.map(code))).toEqual(new Set([status.OK]))
  expect(causes.length).toBeGreaterThan(3)
  expect(new Set(causes)).toEqual(new Set([`it did not reply in time: ${TIMES}`]))
})

test('sizes that take longer than the table are told, also where smaller ones are answered', async () => {
  const { ask, runUntil, causes } = await startPool(FAST)
  for (let at = 1; at < 10_000; at += 50) {
    await runUntil(at)
    ask(10)
    if (at % 2_000 === 1) ask(100, Infinity, 'stuck')
  }
  expect(causes.at(-1)).toContain('has answered the last')
  expect(causes.every((cause) => cause.includes('up to 100 items') || !cause.includes('up to'))).toBe(true)
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
    'clients gave up 3 times after 600 ms in all; its latency table says 2.0 ms for the last',
  )
})
