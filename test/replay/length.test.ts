import { expect, test } from 'vitest'
import { planOf } from '../../src/replay/allowable-throughput.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

test.each([
  [90, 100, 20_000],
  [99.9, 100, 20_000],
  [99.95, 100, 40_000],
  [99.99, 100, 200_000],
  // as many as may be
  [99.9995, 100, 200_000],
  // but for a percentile that needs more
  [99.9999, 100, 1_000_000],
  // none may be late, whatever the number
  [100, 100, 20_000],
  // 100 targets of 20 ms, rounded up to thousands
  [99, 15_000, 30_000],
  [99, 15_001, 31_000],
  [99, 1_000_000, 200_000],
])('at percentile %d and %d queries a second a replay has %d queries', (percentile, rate, queries) => {
  const workload = { ...smallWorkload(), percentile }
  expect(planOf({ workload }, () => rate).load.queries).toBe(queries)
})
