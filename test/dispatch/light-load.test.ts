import { beforeAll, expect, test } from 'vitest'
import { policyOf } from '../../src/dispatch/policies.ts'
import { preparePolicy } from '../../src/dispatch/setup.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import type { PricedRule } from '../../src/kernel/rules.ts'
import type { Workload } from '../../src/model/workload/workload.ts'
import { allowableThroughput } from '../../src/replay/allowable-throughput.ts'

const TYPES = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']

let dien: Workload
beforeAll(async () => {
  dien = await readWorkload('dien')
})

/** The mean time between arrivals from which on the load of a fleet may be light, ms. */
function lightGapMs(workload: Workload, ...counts: number[]): number {
  const { ruleFor } = preparePolicy(workload, TYPES, counts, policyOf('priced'))
  return (ruleFor(counts) as PricedRule).lightGapMs
}

test.each([
  { how: 'one at a time', batching: undefined },
  { how: 'in batches', batching: { maxBatch: 1000 } },
])('burstable machines do not add to the rate of a light load: $how', ({ batching }) => {
  const workload = { ...dien, batching }
  const ofGpu = lightGapMs(workload, 1, 0, 0, 0)
  expect(lightGapMs(workload, 1, 0, 0, 20)).toBe(ofGpu)
  expect(lightGapMs(workload, 1, 0, 0, 50)).toBe(ofGpu)
  expect(lightGapMs(workload, 1, 0, 6, 0)).toBeLessThan(0.8 * ofGpu)
  expect(lightGapMs(workload, 0, 0, 0, 5)).toBe(Infinity)
})

test('machines with rare outliers, as in measured tables, are not burstable', () => {
  const { levels, knotsMs } = dien.latency
  const outliers = knotsMs.map((ms, i) =>
    i % levels.length === levels.length - 1 ? Math.max(ms, 2 * dien.qosMs) : ms,
  )
  const measured = { ...dien, latency: { ...dien.latency, knotsMs: outliers } }
  expect(lightGapMs(measured, 2, 0, 9, 0)).toBeLessThan(Infinity)
})

test('arrivals in bursts are no light load', async () => {
  const fleet = { workload: dien, types: TYPES, counts: [2, 0, 9, 0], repeats: 2, threads: 1 }
  const allowed = async (policy: string) =>
    (await allowableThroughput({ ...fleet, policy, arrivals: 'gamma', cv: 4 })).mean
  // 0.74 times by the mean gap
  expect(await allowed('priced')).toBeGreaterThan(0.85 * (await allowed('kairos')))
})
