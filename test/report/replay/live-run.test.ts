import { expect, test } from 'vitest'
import type { LiveRunSummary } from '../../../src/model/results/live-run.ts'
import { liveRunText } from '../../../src/report/replay/live-run.ts'

const latencies = (avg: number, p50: number, p90: number, p99: number, max: number) => {
  return { avg, min: 1, max, p99, p90, p50, std: 2 }
}

const live: LiveRunSummary = {
  ...{ policy: 'fcfs', queries: 2000, failed: 3, violations: 41, insideQos: 0.978, throughput: 94.26 },
  latencyMs: latencies(120.25, 100, 250.5, 340.75, 1234.5),
  utilisation: [0.755, 0.5, 0.125],
  ...{ decisions: 900, fellBehind: false, endedEarly: false, open: 0, lostServers: [] },
  decisionMs: latencies(0.03, 0.02, 0.04, 0.15, 0.9),
  lagMs: latencies(0.2, 0.1, 0.3, 0.75, 4),
  published: {
    ...{ instances: 11, types: { gpu: 2, none: 0, cpu: 9 }, costPerHour: 2.463 },
    ...{ nonViolation: 98.5, violation: 1.5, throughput: 95.125 },
  },
}

function linesOf(...runs: LiveRunSummary[]): string[] {
  return liveRunText(runs, false).split('\n')
}

test('a run is what the published scripts print, and our figures below', () => {
  expect(linesOf(live)).toEqual([
    '================================',
    'Result of FCFS query distributor:',
    'number of instances: 11',
    "instance type: {'gpu': 2, 'none': 0, 'cpu': 9}",
    'cloud cost: $2.463/hr',
    'non violation: 98.5%',
    'lat violation: 1.5%',
    'throughput QPS: 95.125',
    '================================',
    '      queries  failed  late  inside QoS   q/s  mean ms    p50    p90    p99     max',
    'live    2,000       3    41      97.80%  94.3    120.3  100.0  250.5  340.8  1234.5',
    'the percentages at the top count waiting and service alone, as the published scripts do; the table counts all of the latency',
    'utilisation: gpu 76%, cpu 13%',
    'decisions: p50 20 µs, p99 150 µs',
    'lag of the driver: p50 0.1 ms, p99 0.75 ms, max 4 ms',
    '',
    '',
  ])
})

test('a replay has a line beside it, with the signs of the differences', () => {
  const { policy, published, ...replay } = { ...live, failed: 0, violations: 20, insideQos: 0.99 }
  const more = { replay, difference: { meanLatency: 0.004, violationPoints: -0.25 } }
  const lines = linesOf({ ...live, ...more })
  expect(lines[11]).toBe(
    'replay    2,000       0    20      99.00%  94.3    120.3  100.0  250.5  340.8  1234.5',
  )
  expect(lines.at(-3)).toBe('live against replay: mean latency +0.40%, violations −0.25 points')
})

test('a run that ended early, or whose driver was late, says so', () => {
  const lines = linesOf({ ...live, endedEarly: true, open: 1200, fellBehind: true })
  expect(lines.slice(-4, -2)).toEqual([
    'ENDED EARLY: more queries were late than the percentile allows; 1,200 of 2,000 queries that had come were not answered yet',
    'THE DRIVER FELL BEHIND: its lag spoils the latencies above',
  ])
})

test('a run that has lost servers says so, and what its replay has', () => {
  const loss = { address: 'a:1', instance: 0, atMs: 4_000, reason: 'UNAVAILABLE gone' }
  expect(linesOf({ ...live, lostServers: [loss] }).at(-3)).toBe('LOST SERVERS: losses 1, taken back 0')
  const { policy, published, ...replay } = live
  const compared = { replay, difference: { meanLatency: 0, violationPoints: 0 } }
  expect(linesOf({ ...live, ...compared, lostServers: [{ ...loss, backMs: 5_000 }, loss] }).at(-4)).toBe(
    'LOST SERVERS: losses 2, taken back 1; the replay has all servers all the time',
  )
})

test('each policy has its own part', () => {
  const lines = linesOf(live, { ...live, policy: 'priced' })
  expect(lines.filter((line) => line.startsWith('Result of'))).toEqual([
    'Result of FCFS query distributor:',
    'Result of PRICED query distributor:',
  ])
})
