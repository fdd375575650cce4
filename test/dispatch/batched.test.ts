/** What `priced` decides by with batches. */
import { expect, it } from 'vitest'
import { timesOf } from '../../src/dispatch/times.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import type { BatchedRule } from '../../src/kernel/rules.ts'
import { quantileMs } from '../../src/model/workload/latency-table.ts'
import type { Workload } from '../../src/model/workload/workload.ts'
import { contextOf, ruleOf, TYPES } from './rule-of.ts'

const rm2 = await readWorkload('rm2')
const dien = await readWorkload('dien')

const counts = [2, 2, 4, 3]
const batchedAt = (model: Workload, percentile: number) => {
  const workload = { ...model, percentile, batching: { maxBatch: 1000 } }
  const context = contextOf(workload, TYPES)
  return { context, rule: ruleOf<BatchedRule>('priced', workload, TYPES, counts) }
}

it('takes for safe what 3% of service times exceed if 1% may miss the target, 7% where batches gain little', () => {
  for (const percentile of [99.9, 99, 95])
    for (const { model, unsafe } of [
      { model: dien, unsafe: 0.03 },
      { model: rm2, unsafe: 0.07 },
    ]) {
      const { context, rule } = batchedAt(model, percentile)
      const level = 1 - unsafe * (100 - percentile) ** 0.7
      const safe = Array.from(rule.guardMs.keys()).filter((cell) => rule.guardMs[cell] < Infinity)
      expect(safe.length).toBeGreaterThan(100)
      for (const cell of safe) {
        const quantile = quantileMs(context, cell, level)
        expect(rule.guardMs[cell]).toBeCloseTo(Math.max(context.meanMs[cell], quantile), 6)
      }
    }
})

it('has no safe time where queries miss more often than they may, unless that is cheap with its misses', () => {
  const { context, rule } = batchedAt(rm2, 99)
  const { violation } = timesOf(context)
  const unsafe = Array.from(rule.guardMs.keys()).filter((cell) => rule.guardMs[cell] === Infinity)
  expect(unsafe.length).toBeGreaterThan(0)
  for (const cell of unsafe) expect(violation[cell]).toBeGreaterThan(0.01)
})

it('counts when batches end on up to 16 instances whose largest batches are not short', async () => {
  const model = await readWorkload('mtwnd')
  const staggerAt = (qosMs: number, gpus: number) => {
    const workload = { ...model, qosMs, batching: { maxBatch: 1000 } }
    return Array.from(ruleOf<BatchedRule>('priced', workload, TYPES, [gpus, 0, 2, 0]).stagger)
  }
  const [long, ...others] = staggerAt(25, 4)
  expect(long).toBeGreaterThan(0)
  expect(others).toEqual([0, 0, 0])
  expect(staggerAt(25, 16)[0]).toBeGreaterThan(0)
  expect(staggerAt(25, 17)).toEqual([0, 0, 0, 0])
  // the largest batch of a GPU takes 14 ms by its 97th percentile
  expect(staggerAt(60, 4)[0]).toBe(0)
  const middle = staggerAt(43, 4)[0]
  expect(middle).toBeGreaterThan(0.1 * long)
  expect(middle).toBeLessThan(0.9 * long)
})
