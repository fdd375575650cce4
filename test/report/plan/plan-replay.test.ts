import { expect, test } from 'vitest'
import { planReplayText } from '../../../src/report/plan/plan-replay.ts'

const run = {
  ...{ model: 'm', policy: 'priced', qosMs: 10, types: ['a'], cost: 1, starts: 0 },
  windows: [{ startS: 0, counts: [1], queries: 1000, violations: 1 }],
}

test.each([
  [1, 99.9, 'inside'],
  [2, 99.9, 'misses'],
  [10, 99, 'inside'],
  [11, 99, 'misses'],
])('%d late queries of 1,000 at %d%%: %s', (violations, percentile, verdict) => {
  const shareInTime = 1 - violations / 1000
  const replay = { ...run, queries: 1000, served: 1000, violations, percentile, shareInTime }
  expect(planReplayText(replay, 'table', false)).toContain(`within 10 ms, ${verdict} QoS`)
})

test('CSV has a line for each window', () => {
  const windows = [
    { startS: 0, counts: [1, 0], queries: 1000, violations: 1 },
    { startS: 60, counts: [2, 3], queries: 0, violations: 0 },
  ]
  const replay = { ...run, types: ['a', 'b'], windows, queries: 1000, served: 1000, violations: 1 }
  expect(planReplayText({ ...replay, percentile: 99, shareInTime: 0.999 }, 'csv', false)).toBe(
    'start_s,a,b,queries,violations\n0,1,0,1000,1\n60,2,3,0,0\n',
  )
})
