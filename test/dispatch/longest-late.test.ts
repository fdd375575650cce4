/** A type that cannot serve some sizes has a very long time for them in its latency table. */
import { describe, expect, it } from 'vitest'
import { speedsOf } from '../../src/dispatch/times.ts'
import type { BatchedRule, MatchingRule, PricedRule } from '../../src/kernel/rules.ts'
import type { Workload } from '../../src/model/workload/workload.ts'
import { replay } from '../../src/replay/replay.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'
import { contextOf, ruleOf } from './rule-of.ts'

const TYPES = ['fast', 'slow']
const small = smallWorkload()

/** `slow` cannot serve the largest size: it takes ten minutes. */
const unable: Workload = {
  ...small,
  latency: {
    ...small.latency,
    meanMs: small.latency.meanMs.map((ms, cell) => (cell === 5 ? 600_000 : ms)),
    knotsMs: small.latency.knotsMs.map((ms, at) => (at >= 15 ? 600_000 : ms)),
  },
}
const inBatches = { ...unable, batching: { maxBatch: 100 } }

it('gives a late query ten times the time of the fastest type, or half of the target for each instance of the type', () => {
  for (const workload of [unable, inBatches]) {
    const { longestLateMs } = ruleOf<PricedRule | BatchedRule>('priced', workload, TYPES, [2, 5])
    // bins of 1, 2 and 10 ms on the fast type, and a target of 20 ms
    expect(Array.from(longestLateMs)).toEqual([20, 20, 100, 50, 50, 100])
    const alone = ruleOf<PricedRule | BatchedRule>('priced', workload, TYPES, [0, 5])
    expect(alone.longestLateMs[5]).toBe(6_000_000)
  }
})

it('compares the speeds of types on the largest size that each can serve', () => {
  // 2 ms and 20 ms for the size before the largest
  expect(Array.from(speedsOf(contextOf(unable, TYPES), [2, 5]))).toEqual([1, 0.1])
  expect(Array.from(speedsOf(contextOf(small, TYPES), [2, 5]))).toEqual([1, 10 / 400])
  // the published policy has the largest size, whatever it takes
  const { coefficient } = ruleOf<MatchingRule>('kairos', unable, TYPES, [2, 5])
  expect(Array.from(coefficient)).toEqual([1, 10 / 600_000])
})

describe.each([
  { name: 'one at a time', workload: unable },
  { name: 'in batches', workload: inBatches },
])('$name', ({ workload }) => {
  it('starts no query that a type cannot serve there, however many are late', () => {
    // twice what two fast instances serve
    const queries = 2000
    const arrivalMs = Float64Array.from({ length: queries }, (_, i) => i)
    const bin = Int32Array.from({ length: queries }, (_, i) => (i % 4 === 3 ? 2 : i % 2))
    const trace = { arrivalMs, batchSize: Float64Array.from(bin, (k) => small.latency.batchSizes[k]) }
    const { instance } = replay({ workload, types: TYPES, counts: [2, 3], trace, policy: 'priced' })
    const slow = (k: number) => instance.filter((number, i) => bin[i] === k && number >= 2).length
    expect(slow(2)).toBe(0)
    // the slow ones serve others
    expect(slow(0)).toBeGreaterThan(100)
  })
})
