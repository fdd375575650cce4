import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { POLICIES, policyOf } from '../../../../src/dispatch/policies.ts'
import { randomStream } from '../../../../src/model/random.ts'
import { code, latency, startPool } from '../virtual.ts'

const SERVERS = Array.from({ length: 6 }, (_, i) => ({ address: `${i}:1`, type: 'fast' }))

test.each(POLICIES.map(({ name }) => name))(
  'servers that restart one after another under load cost no request where the others have capacity: %s',
  async (policy) => {
    const virtual = await startPool(SERVERS, { admission: 'target' }, policyOf(policy))
    const { servers, asked, ask, runUntil } = virtual
    const uniform = randomStream(3, 1)
    let atMs = 1_000
    // 3.25 ms on average, 300 a second: a sixth of the capacity of six servers
    while (atMs < 13_000) {
      atMs -= (1000 / 300) * Math.log(1 - uniform())
      await runUntil(atMs)
      const draw = uniform()
      ask(draw < 0.5 ? 1 : draw < 0.75 ? 10 : 100)
      // each second another server is away for 0.4 s
      const turn = Math.floor(atMs / 1_000) - 2
      for (const [i, { address }] of SERVERS.entries()) {
        servers.get(address)!.mode = turn === i && atMs % 1_000 < 400 ? 'dead' : 'well'
      }
    }
    await runUntil(20_000)
    expect(asked.length).toBeGreaterThan(3_000)
    expect(asked.filter((one) => code(one) !== status.OK)).toEqual([])
    const late = asked.filter((one) => latency(one) > 20).length
    expect(late / asked.length).toBeLessThan(0.01)
  },
)

test('requests wait while all servers restart within a second, and none is told of an infinite time', async () => {
  const { servers, asked, ask, runUntil } = await startPool(SERVERS, { admission: 'target' })
  for (let atMs = 1_000; atMs < 6_000; atMs += 20) {
    await runUntil(atMs)
    ask(10)
    for (const [i, { address }] of SERVERS.entries()) {
      const goneMs = 2_000 + 100 * i
      servers.get(address)!.mode = atMs >= goneMs && atMs < goneMs + 800 ? 'dead' : 'well'
    }
  }
  await runUntil(20_000)
  expect(asked).toHaveLength(250)
  expect(JSON.stringify(asked.map(({ outcomes }) => outcomes))).not.toContain('Infinity')
  expect(asked.map(code)).toEqual(new Array(250).fill(status.OK))
})

test('with admission all a request waits for a stated time at most', async () => {
  const { ask, asked, runUntil, clock } = await startPool([SERVERS[0]], { admission: 'all', maxWaitMs: 300 })
  // three times what the server can serve
  while (clock.now() < 3_000) {
    ask(100)
    await runUntil(clock.now() + 3.3)
  }
  await runUntil(10_000)
  const served = asked.filter((one) => code(one) === status.OK)
  expect(served.length).toBeGreaterThan(250)
  expect(Math.max(...served.map(latency))).toBeLessThanOrEqual(300 + 10 + 3.3)
  const refused = asked.filter((one) => code(one) === status.RESOURCE_EXHAUSTED)
  expect(served.length + refused.length).toBe(asked.length)
  expect(refused[0].outcomes[0].outcome).toMatchObject({
    details: expect.stringMatching(/no request waits for more than 300 ms/),
  })
})

test('at the end of that time it is refused, also where nothing else happens', async () => {
  const { ask, runUntil } = await startPool([SERVERS[0]], { admission: 'all', maxWaitMs: 300 })
  ask(100, Infinity, 'stuck')
  const { asked } = ask(100)
  await runUntil(400)
  expect(asked.outcomes).toMatchObject([{ outcome: { code: status.RESOURCE_EXHAUSTED } }])
  expect(latency(asked)).toBeLessThan(303)
})

test('without a stated time it is ten times the target, five seconds at least', async () => {
  const { ask, asked, runUntil, clock } = await startPool([SERVERS[0]], { admission: 'all' })
  while (clock.now() < 12_000) {
    ask(100)
    await runUntil(clock.now() + 3.3)
  }
  await runUntil(30_000)
  const longest = Math.max(...asked.filter((one) => code(one) === status.OK).map(latency))
  expect(longest).toBeLessThanOrEqual(5_000 + 20)
  expect(longest).toBeGreaterThan(4_000)
})
