import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { triton } from '../../../../src/dispatch/triton.ts'
import { createLateness } from '../../../../src/serve/router/admission/lateness.ts'
import { createRefusedShare } from '../../../../src/serve/router/admission/refused-share.ts'
import { smallWorkload } from '../../../fixtures/small-workload.ts'
import { code, createVirtualClock, FLEET, latency, startPool } from '../virtual.ts'

describe('the share that is refused', () => {
  test('follows the last seconds, and is 0 after a pause', async () => {
    const { clock, runUntil } = createVirtualClock()
    const refused = createRefusedShare(clock)
    expect(refused.share).toBe(0)
    for (let i = 0; i < 3_000; i++) {
      await runUntil(i)
      refused.count(i % 3 > 0)
    }
    expect(refused.share).toBeCloseTo(2 / 3, 1)
    await runUntil(20_000)
    expect(refused.share).toBeLessThan(0.01)
  })

  test('is small after a few refusals', () => {
    const refused = createRefusedShare(createVirtualClock().clock)
    refused.count(true)
    expect(refused.share).toBeLessThan(0.2)
  })
})

/** The latencies of answered requests, in order, and their share of all: the last second of two at a rate. */
async function underLoad(perMs: number) {
  const virtual = await startPool(FLEET, { admission: 'target' })
  for (let i = 0; i < 2_000 * perMs; i++) {
    await virtual.runUntil(1 + i / perMs)
    virtual.ask(1)
  }
  await virtual.runUntil(3_000)
  const asked = virtual.asked.filter(({ atMs }) => atMs > 1_000)
  const answered = asked.filter((one) => code(one) === status.OK)
  return { latencies: answered.map(latency).sort((a, b) => a - b), share: answered.length / asked.length }
}

test('while most requests are refused, the servers stay busy and the queue is shorter than the target allows', async () => {
  // one query a ms on the fast server, one in four ms on the slow one
  const capacityPerMs = 1.25
  const { latencies, share } = await underLoad(4)
  expect((4 * share) / capacityPerMs).toBeGreaterThan(0.98)
  // with the reserve of usual times it is three quarters of the target
  expect(latencies[Math.floor(0.95 * latencies.length)] / 20).toBeLessThan(0.65)
})

test('requests count as older for decisions in proportion to the share that is refused', () => {
  const at = (share: number) => createLateness(smallWorkload(), { share }).countedArrivalMs(100)
  expect([0, 0.5].map(at)).toEqual([100, 99])
})

test('while the servers suffice, nothing is refused', async () => {
  const { share } = await underLoad(1)
  expect(share).toBe(1)
})

test('with batches too, requests that would be late behind those that wait are refused on arrival', async () => {
  const batching = { maxBatch: 100 }
  const { ask, asked, runUntil } = await startPool([FLEET[0]], { admission: 'target' }, triton, batching)
  for (let atMs = 1; atMs < 3_000; atMs++) {
    await runUntil(atMs)
    ask(10)
  }
  await runUntil(5_000)
  const answered = asked.filter((one) => code(one) === status.OK)
  expect(answered.length).toBeGreaterThan(1_000)
  expect(answered.length).toBeLessThan(2_500)
  expect(answered.filter((one) => latency(one) > 20).length / answered.length).toBeLessThan(0.05)
})
