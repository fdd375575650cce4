import { expect, test } from 'vitest'
import type { ReplayRow, ReplayRows } from '../../../src/model/results/replay.ts'
import { replayRowsText } from '../../../src/report/replay/replay-rows.ts'

const row: ReplayRow = {
  ...{ trace: 'mon.csv', counts: [2, 0], policy: 'fcfs', seed: 3, rate: 62.5, queries: 2000 },
  ...{ violations: 15, withinQos: true, throughput: 61.96, decisions: 1990, verdict: 'stable' },
  latencyMs: { avg: 20.25, min: 1.5, max: 1500.4, p99: 99.5, p90: 40, p50: 12.125, std: 8 },
  ...{ utilisation: [0.75, 0], tooFewQueries: false },
}
const drawn: ReplayRow = { ...row, trace: null, counts: [1, 4], rate: null, verdict: 'overloaded' }

const replays = (...rows: ReplayRow[]): ReplayRows => ({
  ...{ model: 'rm2', qosMs: 100, percentile: 99, types: ['gpu', 'cpu'], slots: [1, 4], service: 'sampled' },
  rows,
})

const linesOf = (given: ReplayRows, format: 'table' | 'csv' | 'json') =>
  replayRowsText(given, format, false).split('\n')

test('a table names the trace where there is one, and the slots of types in use', () => {
  expect(linesOf(replays(row, { ...drawn, withinQos: false }), 'table')).toEqual([
    'rm2 (4 slots of cpu): 99% of queries within 100 ms',
    '2 replays; sampled service times; latencies in ms',
    '',
    'trace    counts       policy  seed  rate  queries  inside QoS  violations   q/s    avg    p50    p99    max  verdict',
    'mon.csv  gpu=2        fcfs       3  62.5    2,000      99.25%          15  62.0  20.25  12.13  99.50  1,500  stable, inside QoS',
    '         gpu=1,cpu=4  fcfs       3          2,000      99.25%          15  62.0  20.25  12.13  99.50  1,500  overloaded, misses QoS',
    '',
  ])
  const [title, , , header] = linesOf(replays({ ...row, trace: null }), 'table')
  expect(title).toBe('rm2: 99% of queries within 100 ms')
  expect(header).toMatch(/^counts +policy /)
})

test('CSV has counts and utilisation by type, and an empty cell for what there is not', () => {
  expect(linesOf(replays(row, drawn), 'csv')).toEqual([
    'trace,count_gpu,count_cpu,policy,seed,rate_qps,queries,violations,inside_qos,within_qos,throughput_qps,avg_ms,min_ms,max_ms,p99_ms,p90_ms,p50_ms,std_ms,decisions,verdict,utilisation_gpu,utilisation_cpu',
    'mon.csv,2,0,fcfs,3,62.5,2000,15,0.9925,true,61.96,20.25,1.5,1500.4,99.5,40,12.125,8,1990,stable,0.75,0',
    ',1,4,fcfs,3,,2000,15,0.9925,true,61.96,20.25,1.5,1500.4,99.5,40,12.125,8,1990,overloaded,0.75,0',
    '',
  ])
})

test('JSON has a line for each replay, and no field without a value', () => {
  const lines = linesOf({ ...replays(row, drawn), slots: undefined }, 'json')
  expect(lines.filter((line) => line.startsWith('    {'))).toHaveLength(2)
  expect(JSON.parse(lines.join('\n'))).toEqual({
    ...{ model: 'rm2', qosMs: 100, percentile: 99, types: ['gpu', 'cpu'], service: 'sampled' },
    results: [row, drawn],
  })
})
