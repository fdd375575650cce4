import { expect, onTestFinished, test } from 'vitest'
import {
  measureHopMs,
  overheadAdvice,
  warnOfOverhead,
  watchDelays,
} from '../../../src/serve/router/overhead.ts'

test('what adds more than a tenth of the target is worth a warning with the cure', () => {
  expect(overheadAdvice('the way', 0.5, 5)).toBeUndefined()
  expect(overheadAdvice('the way', 0.51, 5)).toBe(
    'the way takes 0.51 ms of a target of 5 ms: use a quieter machine, more processes, or a load balancer if the servers are alike',
  )
})

test('a call on loopback takes time', async () => {
  const hopMs = await measureHopMs()
  expect(hopMs).toBeGreaterThan(0.01)
  expect(hopMs).toBeLessThan(1_000)
})

test('a loop that is blocked is late', async () => {
  const found: number[] = []
  const { stop } = watchDelays((p99Ms) => found.push(p99Ms), 200)
  onTestFinished(stop)
  // most of the time, so that the 99th percentile sees it
  const blocking = setInterval(() => {
    for (const endMs = performance.now() + 60; performance.now() < endMs; );
  }, 1)
  onTestFinished(() => clearInterval(blocking))
  // a period in which this process did not run at all has no delays
  await expect.poll(() => Math.max(0, ...found)).toBeGreaterThan(20)
})

test('a loop that stands still for a second is told, each time', async () => {
  const told: string[] = []
  const warn = (advice: string) => told.push(advice)
  const { stop } = warnOfOverhead(1e9, warn, () => Promise.resolve(0), 200)
  onTestFinished(stop)
  // a delay that begins with a period is not seen
  for (let i = 0; i < 20 && told.length < 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const endMs = performance.now() + 1_100; performance.now() < endMs; );
  }
  expect(told[1]).toMatch(
    /^the router stood still for \d\.\d s: .*; requests of that time were read late, and/,
  )
})
