import { expect, test } from 'vitest'
import type { PolicyReplay, ReplayComparison } from '../../../src/model/results/replay.ts'
import { metricsOf } from '../../../src/replay/metrics.ts'
import { replay } from '../../../src/replay/replay.ts'
import { replayCsv } from '../../../src/report/replay/replay-csv.ts'
import { replayJson } from '../../../src/report/replay/replay-json.ts'
import { formatLatency, replayTable } from '../../../src/report/replay/replay-table.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const workload = smallWorkload()
const fleet = { types: ['fast', 'slow'], counts: [1, 1] }

/** The lines about the queue, of replays of as many queries that arrive at once. */
function queueLines(...queries: number[]): string[] {
  const rows = queries.map((count) => {
    const trace = { arrivalMs: new Float64Array(count), batchSize: new Float64Array(count).fill(1) }
    return metricsOf(replay({ workload, ...fleet, trace, policy: 'fcfs', service: 'mean' }))
  })
  const subject = { model: workload.model, qosMs: workload.qosMs, percentile: workload.percentile, ...fleet }
  const results = { ...subject, service: 'mean', seed: 1, rate: null, rows } as const
  const lines = replayTable(results as never, false).split('\n')
  return lines.slice(lines.findIndex((line) => line.startsWith('queries waiting')))
}

test('says how long a column of the queue is: of each policy, where they end at different times', () => {
  const [same, first] = queueLines(100, 100)
  expect(same).toMatch(/^queries waiting on average, .* ms a column$/)
  expect(first).not.toContain('a column')
  const [head, short, long] = queueLines(100, 1000)
  expect(head).toBe('queries waiting on average')
  const msOf = (line: string) => Number(/ ([0-9.]+) ms a column$/.exec(line)?.[1])
  expect(msOf(long)).toBeGreaterThan(5 * msOf(short))
})

const fcfs: PolicyReplay = {
  ...{ policy: 'fcfs', queries: 2000, violations: 30, withinQos: false, throughput: 61.96 },
  latencyMs: { avg: 20.25, min: 1.5, max: 1500.4, p99: 999.4, p90: 40, p50: 12.125, std: 8 },
  ...{ decisions: 1990, utilisation: [0.755, 0, 0.5], verdict: 'overloaded', tooFewQueries: false },
  byBatchSize: [
    { above: 0, upTo: 8, queries: 1, share: [0.25, 0, 0.75] },
    { above: 8, upTo: 16, queries: 0, share: [0, 0, 0] },
    { above: 16, upTo: 1024, queries: 1999, share: [1, 0, 0] },
  ],
  queue: {
    edgesMs: Float64Array.of(100, 150, 200),
    mean: Float64Array.of(0, 12.5),
    most: Float64Array.of(1, 20),
  },
}
const compared = (...rows: PolicyReplay[]): ReplayComparison => ({
  ...{ model: 'rm2', qosMs: 100, percentile: 99, types: ['gpu', 'none', 'cpu'], counts: [2, 0, 1] },
  ...{ service: 'sampled', seed: 3, rate: 62.5, rows },
})

test('a table has the figures, and of the types and the sizes those in use', () => {
  expect(replayTable(compared(fcfs), false).split('\n')).toEqual([
    'rm2 on gpu=2,cpu=1: 99% of queries within 100 ms',
    '2,000 queries at 62.5 a second; service times drawn with seed 3; latencies in ms',
    '',
    'policy  inside QoS  violations   q/s    avg    min    p50    p90    p99    max    std  verdict',
    'fcfs        98.50%          30  62.0  20.25  1.500  12.13  40.00  999.4  1,500  8.000  overloaded, misses QoS',
    '',
    'busy    gpu    cpu',
    'fcfs  75.5%  50.0%',
    '',
    'fcfs: who served which batch sizes',
    'above, up to  queries     gpu    cpu',
    '      0 to 8        1   25.0%  75.0%',
    ' 16 to 1,024    1,999  100.0%   0.0%',
    '',
    'queries waiting on average, 50 ms a column',
    'fcfs  ▁█  up to 12.5',
    '',
  ])
})

test('CSV and JSON have all figures, and the time of a replay only where it was taken', () => {
  const names =
    'policy,queries,violations,inside_qos,within_qos,throughput_qps,avg_ms,min_ms,max_ms,p99_ms,p90_ms'
  const more = 'p50_ms,std_ms,decisions,verdict,utilisation_gpu,utilisation_none,utilisation_cpu'
  const cells =
    'fcfs,2000,30,0.985,false,61.96,20.25,1.5,1500.4,999.4,40,12.125,8,1990,overloaded,0.755,0,0.5'
  expect(replayCsv(compared(fcfs))).toBe(`${names},${more}\n${cells}\n`)
  const timed = compared({ ...fcfs, elapsedMs: 7 }, fcfs)
  expect(replayCsv(timed)).toBe(`${names},${more},elapsed_ms\n${cells},7\n${cells},\n`)
  const { rows, ...common } = compared()
  const { edgesMs, mean, most } = fcfs.queue
  const queue = { edgesMs: [...edgesMs], mean: [...mean], most: [...most] }
  expect(JSON.parse(replayJson(timed)).results).toEqual([
    { ...common, ...fcfs, queue, elapsedMs: 7 },
    { ...common, ...fcfs, queue },
  ])
})

test('latencies have four digits, and one that is rounded to 1,000 is written like all others of 1,000', () => {
  expect([0.25, 12.345, 999.94, 999.96, 1000, 12_345.6].map(formatLatency)).toEqual([
    ...['0.2500', '12.35', '999.9', '1,000', '1,000', '12,346'],
  ])
})
