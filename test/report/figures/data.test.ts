/** The data below each figure, which users download as CSV. */
import { expect, test } from 'vitest'
import type { Capacity } from '../../../src/model/results/capacity.ts'
import type { Explanation } from '../../../src/model/results/explanation.ts'
import type { PlanResult } from '../../../src/model/results/plan.ts'
import type { RankedConfiguration, RankingHead } from '../../../src/model/results/ranking.ts'
import type { ReplayComparison } from '../../../src/model/results/replay.ts'
import type { VerifiedSearch } from '../../../src/model/results/search.ts'
import { describeTrace } from '../../../src/model/trace/describe-trace.ts'
import { budgetFigure, costPerQueryFigure } from '../../../src/report/figures/budget.ts'
import { capacityFigure } from '../../../src/report/figures/capacity.ts'
import { costBoundFigure } from '../../../src/report/figures/cost-bound.ts'
import { evaluatedFigure } from '../../../src/report/figures/evaluated.ts'
import { gainFigure } from '../../../src/report/figures/gain.ts'
import { rateLatencyFigure } from '../../../src/report/figures/rate-latency.ts'
import { latencyFigure, overTimeFigure } from '../../../src/report/figures/replays.ts'
import { routingFigure } from '../../../src/report/figures/routing.ts'
import { planPage } from '../../../src/report/page/plan-page.ts'
import { searchPage } from '../../../src/report/page/search-page.ts'
import { tracePage } from '../../../src/report/page/trace-page.ts'

const fleet = { model: 'm', qosMs: 20, percentile: 99, types: ['gpu'], counts: [1], slots: [1] }
const head = {
  workload: { model: 'm', qosMs: 20, percentile: 99 },
  space: { types: [{ name: 'gpu', max: 9, pricePerHour: 1 }], budgetPerHour: 4 },
  ...{ bound: 'fluid', considered: 9 },
} as RankingHead
const best: RankedConfiguration = { rank: 1, counts: [1], costPerHour: 1, bound: 50, limits: ['gpu'] }

const measured = { counts: [1], costPerHour: 1, bound: 50, outcome: 'measured', mean: 40, halfWidth: 4 }
const single = { ...measured, counts: [2], halfWidth: Infinity }
const refuted = { counts: [3], costPerHour: 3, bound: 90, outcome: 'refuted', below: 30 }
const search = {
  ...{ ...head, policy: 'priced', service: 'mean', queries: 9, repeats: 2, considered: 9, rows: [measured] },
  ...{
    evaluations: [measured, refuted, single],
    proof: { proven: true, measured: 2, refuted: 1, nextBound: null, replays: 9 },
  },
} as unknown as VerifiedSearch

const row = {
  ...{ policy: 'fcfs', queries: 9, violations: 1, verdict: 'stable', utilisation: [0.5] },
  ...{ latencyMs: { p50: 5, p99: 15 }, queue: { edgesMs: [0, 1000], mean: [0.125] } },
}
const results = { ...fleet, rate: 9, rows: [row] } as unknown as ReplayComparison
const explanation = {
  types: [
    {
      name: 'gpu',
      count: 1,
      oneMoreQps: 4,
      oneMoreQpsPerDollar: 2,
      queries: 1,
      bins: [{ from: 1, to: 4, share: 1 }],
    },
  ],
  counts: [1],
} as unknown as Explanation
const plan = {
  ...{
    model: 'm',
    types: ['gpu'],
    windowS: 60,
    utilisation: 1,
    cyclic: true,
    capacity: 'bound',
    cost: 1,
    starts: 1,
  },
  windows: [{ startS: 0, rateQps: 5, capacityQps: 8, costPerHour: 2, counts: [1], started: [0] }],
} as unknown as PlanResult
const trace = { arrivalMs: Float64Array.of(0, 500), batchSize: Float64Array.of(1, 1) }

test.each([
  [budgetFigure(head, [best]), ['budget_dollars_per_hour', 'bound_qps', 'configuration'], [1, 50, 'gpu=1']],
  [
    costPerQueryFigure(head, [{ ...best, bound: 100 / 3.6 }]),
    ['configuration', 'queries_per_second', 'cents_per_thousand_queries'],
    ['gpu=1', 100 / 3.6, expect.closeTo(1)],
  ],
  [
    costBoundFigure({ head, rows: [best], chosen: best }),
    ['kind', 'configuration', 'dollars_per_hour', 'queries_per_second'],
    ['chosen', 'gpu=1', 1, 50],
  ],
  [
    capacityFigure({
      ...{ ...fleet, bound: 50 },
      results: [{ policy: 'fcfs', mean: 40, halfWidth: 4, shareOfBound: 0.8 }],
    } as unknown as Capacity),
    ['policy', 'queries_per_second', 'low', 'high'],
    ['fcfs', 40, 36, 44],
  ],
  [
    evaluatedFigure(search),
    ['configuration', 'dollars_per_hour', 'bound_qps', 'measured_qps', 'low_qps', 'high_qps'],
    ['gpu=3', 3, 90, null, null, null],
  ],
  [gainFigure(explanation), ['instance_type', 'qps_per_instance', 'qps_per_dollar_per_hour'], ['gpu', 4, 2]],
  [
    rateLatencyFigure(
      fleet,
      [{ policy: 'fcfs', points: [{ rate: 9, tailMs: 15, violations: 1 }] }] as never,
      50,
    ),
    ['policy', 'queries_per_second', 'p99_latency_ms', 'late_queries'],
    ['fcfs', 9, 15, 1],
  ],
  [
    latencyFigure(results, [{ policy: 'fcfs', latencyMs: [15], slower: [1] }]),
    ['policy', 'latency_ms', 'percent_slower'],
    ['fcfs', 15, 1],
  ],
  [
    overTimeFigure(results, [
      { policy: 'fcfs', edgesMs: [0, 1000], lateShare: [0.25], utilisation: [[0.5]] },
    ] as never),
    ['policy', 'from_ms', 'to_ms', 'queries_waiting', 'late_share', 'busy_share_gpu'],
    ['fcfs', 0, 1000, 0.125, 0.25, 0.5],
  ],
  [
    routingFigure(explanation),
    ['instance_type', 'from_batch_size', 'to_batch_size', 'percent_of_queries'],
    ['gpu', 1, 4, 100],
  ],
  [
    searchPage(search).sections[0].figures![0],
    ['evaluation', 'configuration', 'outcome', 'bound_qps', 'measured_qps', 'half_width_qps', 'below_qps'],
    [2, 'gpu=3', 'refuted', 90, null, null, 30],
  ],
  [
    searchPage(search).sections[0].figures![0],
    expect.anything(),
    [3, 'gpu=2', 'measured', 50, 40, null, null],
  ],
  [
    planPage(plan).sections[0].figures![0],
    ['start_s', 'rate_qps', 'capacity_qps', 'gpu', 'dollars_per_hour'],
    [0, 5, 8, 1, 2],
  ],
  [
    tracePage(describeTrace(trace)).sections[0].figures![0],
    ['what', 'from', 'to', 'value'],
    ['queries by batch size', 0, 1, 2],
  ],
])('the figure $id has columns and a row', ({ data, spec }, columns, expected) => {
  expect(data.columns).toEqual(columns)
  expect(data.rows).toContainEqual(expected)
  for (const cells of data.rows) expect(cells).toHaveLength(data.columns.length)
  expect(fieldsWithoutData(spec)).toEqual([])
})

/** The fields that a picture draws and that its data do not have: Vega leaves them out without a word. */
function fieldsWithoutData(node: unknown, known: readonly string[] = []): string[] {
  if (typeof node !== 'object' || node === null) return []
  const { data, field, ...parts } = node as { data?: { values?: object[] }; field?: unknown }
  const names = data?.values === undefined ? known : data.values.flatMap((value) => Object.keys(value))
  const own = typeof field === 'string' && !names.includes(field) ? [field] : []
  return [...own, ...Object.values(parts).flatMap((part) => fieldsWithoutData(part, names))]
}
