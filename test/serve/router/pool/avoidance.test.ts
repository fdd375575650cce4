import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { POLICIES } from '../../../../src/dispatch/policies.ts'
import { randomStream } from '../../../../src/model/random.ts'
import { code, FLEET, latency, startPool as pool } from '../virtual.ts'

test.each(POLICIES)(
  'a request that a server answers with an error waits for one that takes long, and the first serves others: $name',
  async (policy) => {
    const virtual = await pool([FLEET[0], { address: 'c:1', type: 'fast' }], {}, policy)
    const { ask, runUntil, servers } = virtual
    for (const server of servers.values()) server.slower = 30
    ask(10)
    const [first, other] = servers.get('a:1')!.begun > 0 ? ['c:1', 'a:1'] : ['a:1', 'c:1']
    Object.assign(servers.get(first)!, { slower: 1, mode: 'failing' })
    await runUntil(20)
    const { asked } = ask(10)
    expect(servers.get(first)!.begun).toBe(1)
    await runUntil(21)
    servers.get(first)!.mode = 'well'
    for (let at = 25; at < 55; at += 5) {
      await runUntil(at)
      const next = ask(10).asked
      await runUntil(at + 4)
      expect(code(next)).toBe(status.OK)
    }
    await runUntil(200)
    expect(code(asked)).toBe(status.OK)
    expect(servers.get(other)!.begun).toBe(2)
  },
)

test.each(POLICIES)(
  'a request that a server answers with an error takes the other one after the target, though others go there first: $name',
  async (policy) => {
    const { ask, runUntil, servers } = await pool(FLEET, {}, policy)
    for (let i = 0; i < 20; i++) {
      await runUntil(2 * i)
      ask(1)
    }
    servers.get('a:1')!.mode = 'failing'
    const { asked } = ask(10)
    await runUntil(41)
    servers.get('a:1')!.mode = 'well'
    for (let i = 21; i < 100; i++) {
      await runUntil(2 * i)
      ask(1)
    }
    expect(code(asked)).toBe(status.OK)
    // once it has waited for the target it takes the slow server, for 20 ms
    expect(latency(asked)).toBeLessThanOrEqual(2 * 20 + 20)
  },
)

test('while requests wait apart for a slow server, an idle one is offered to new requests', async () => {
  const virtual = await pool([FLEET[0], { address: 'c:1', type: 'fast' }], { admission: 'target' })
  const { ask, runUntil, servers } = virtual
  const [first, slow] = ['a:1', 'c:1'].map((address) => servers.get(address)!)
  await runUntil(1000)
  slow.slower = 30
  const uniform = randomStream(4, 0)
  const idleOf = () => virtual.pool.servers().find(({ address }) => address === 'a:1')!.inFlight === 0
  let refused = 0
  for (let i = 0; i < 1500; i++) {
    await runUntil(1000 + 10 * i)
    first.mode = uniform() < 0.3 ? 'declining' : 'well'
    const isIdle = idleOf()
    const { asked } = ask(10)
    if (isIdle && asked.outcomes.length > 0 && code(asked) === status.RESOURCE_EXHAUSTED) refused++
  }
  expect(refused).toBe(0)
})
