/** What figures find in results: their titles, their texts, and the data beside them. */
import { expect, test } from 'vitest'
import type { Capacity } from '../../../src/model/results/capacity.ts'
import type { Explanation } from '../../../src/model/results/explanation.ts'
import type { RankedConfiguration, RankingHead } from '../../../src/model/results/ranking.ts'
import type { ReplayComparison } from '../../../src/model/results/replay.ts'
import type { VerifiedSearch } from '../../../src/model/results/search.ts'
import type { ConfigurationSummary } from '../../../src/model/results/subject.ts'
import { budgetFigure, costPerQueryFigure } from '../../../src/report/figures/budget.ts'
import { capacityFigure } from '../../../src/report/figures/capacity.ts'
import { costBoundFigure } from '../../../src/report/figures/cost-bound.ts'
import { evaluatedFigure } from '../../../src/report/figures/evaluated.ts'
import { gainFigure } from '../../../src/report/figures/gain.ts'
import { rateLatencyFigure } from '../../../src/report/figures/rate-latency.ts'
import { latencyFigure, overTimeFigure } from '../../../src/report/figures/replays.ts'
import { routingFigure } from '../../../src/report/figures/routing.ts'

const fleet = { model: 'm', qosMs: 20, percentile: 99, types: ['gpu', 'cpu'], counts: [1, 0] }
const head = {
  workload: { model: 'm', qosMs: 20, percentile: 99 },
  space: { types: fleet.types.map((name) => ({ name, max: 9, pricePerHour: 1 })), budgetPerHour: 4 },
  ...{ bound: 'fluid', considered: 100 },
} as RankingHead

/** The values that a layer or a panel of a figure draws. */
function drawnBy({ spec }: { readonly spec: object }, part: 'layer' | 'vconcat', i: number) {
  return (spec as { [name: string]: { data: { values: unknown[] } }[] })[part][i].data.values
}

test('an interval of a throughput does not reach below 0, and a single repetition has none', () => {
  const results = [
    { policy: 'fcfs', mean: 10, halfWidth: 15, shareOfBound: 0.1, shareHalfWidth: 0.15 },
    { policy: 'priced', mean: 80, halfWidth: 5, shareOfBound: 0.8, shareHalfWidth: 0.05 },
    { policy: 'kairos', mean: 70, halfWidth: Infinity, shareOfBound: 0.7, shareHalfWidth: Infinity },
  ]
  const figure = capacityFigure({ ...fleet, bound: 100, results } as unknown as Capacity)
  expect(figure.title).toBe('priced sustains 80.0 queries a second, 80.0% of the bound')
  expect(figure.data.rows).toEqual([
    ['fcfs', 10, 0, 25],
    ['priced', 80, 75, 85],
    ['kairos', 70, 70, 70],
  ])
})

test('the evaluated configurations have their measured rates, and the answer is marked', () => {
  const evaluation = (counts: number[], costPerHour: number, bound: number, own: object) => {
    return { counts, costPerHour, bound, ...own }
  }
  const best = evaluation([1, 1], 3, 90, { outcome: 'measured', mean: 70, halfWidth: 4 })
  const evaluations = [
    evaluation([2, 0], 4, 95, { outcome: 'refuted', below: 65 }),
    best,
    evaluation([0, 2], 2, 30, { outcome: 'measured', mean: 3, halfWidth: 5 }),
  ]
  const search = { evaluations, rows: [best], space: head.space } as unknown as VerifiedSearch
  const figure = evaluatedFigure(search)
  expect(figure.title).toBe('gpu=1,cpu=1 sustains the most, 70.0 queries a second')
  expect(figure.data.rows).toEqual([
    ['gpu=2', 4, 95, null, null, null],
    ['gpu=1,cpu=1', 3, 90, 70, 66, 74],
    ['cpu=2', 2, 30, 3, 0, 8],
  ])
  expect(drawnBy(figure, 'layer', 4)).toEqual([expect.objectContaining({ configuration: 'gpu=1,cpu=1' })])
})

test('the policy that keeps the target at the highest rate is named, with that rate', () => {
  const sweep = (policy: string, tails: number[]) => ({
    policy,
    points: tails.map((tailMs, i) => ({ rate: 10 * (i + 1), tailMs, violations: i })),
  })
  const figureOf = (...sweeps: ReturnType<typeof sweep>[]) =>
    rateLatencyFigure(fleet as ConfigurationSummary, sweeps, 40)
  const { title, alt } = figureOf(sweep('fcfs', [10, 21, 90]), sweep('priced', [9, 20, 35]), sweep('x', [30]))
  expect(title).toBe('priced keeps p99 within 20 ms in a replay at 20.0 queries a second')
  expect(alt).toBe(
    'fcfs is within the target up to 10.0 queries a second. priced is within the target up to 20.0 queries a second. x misses the target at every rate.',
  )
  expect(figureOf(sweep('x', [30])).title).toBe(
    'No policy keeps p99 within 20 ms at the rates that were replayed',
  )
})

test('a comparison names the policy with the fewest late queries, and draws percent at the middle of intervals', () => {
  const rowOf = (policy: string, violations: number) => ({
    ...{ policy, violations, queries: 100, verdict: 'stable', utilisation: [0.5, 0] },
    ...{
      latencyMs: { p50: 5, p99: 15 },
      queue: { edgesMs: [0, 1000, 2000], mean: [policy === 'fcfs' ? 0 : 7, 1] },
    },
  })
  const rows = [rowOf('priced', 1), rowOf('fcfs', 20), rowOf('kairos', 30)]
  const results = { ...fleet, rate: 9, rows } as unknown as ReplayComparison
  const latency = latencyFigure(results, [{ policy: 'fcfs', latencyMs: [1, 30], slower: [100, 1] }])
  expect(latency.title).toBe('priced serves 99.00% within 20 ms; 99% are the target')
  expect(latency.data.rows).toEqual([
    ['fcfs', 1, 100],
    ['fcfs', 30, 1],
  ])
  const run = {
    ...{ policy: 'fcfs', edgesMs: [0, 1000, 2000], lateShare: [0.25, 0] },
    utilisation: [
      [0.5, 1],
      [0, 0],
    ],
  }
  const overTime = overTimeFigure(results, [run as never])
  expect(overTime.title).toBe('kairos has 30 late queries, priced 1')
  expect(drawnBy(overTime, 'vconcat', 1)).toEqual([
    { policy: 'fcfs', at: 0.5, late: 25, busy0: 50 },
    { policy: 'fcfs', at: 1.5, late: 0, busy0: 100 },
  ])
  expect(overTime.data.rows).toEqual([
    ['fcfs', 0, 1000, 0, 0.25, 0.5],
    ['fcfs', 1000, 2000, 1, 0, 1],
  ])
})

test('gains are compared per dollar, and shares of a routing by queries', () => {
  const type = (name: string, oneMoreQps: number, oneMoreQpsPerDollar: number, queries: number) => {
    const bins = queries > 0 ? [{ from: 1, to: 4, share: queries }] : []
    return { name, count: 1, oneMoreQps, oneMoreQpsPerDollar, queries, bins }
  }
  const types = [type('gpu', 40, 10, 0.3), type('cpu', 5, 25, 0.7), type('old', 0, 0, 0)]
  const explanation = { types, counts: [1, 1, 1] } as unknown as Explanation
  expect(gainFigure(explanation).title).toBe(
    'One more cpu gains most per dollar: 25.0 queries a second for a dollar an hour',
  )
  const routing = routingFigure(explanation)
  expect(routing.title).toBe('cpu serves 70% of the queries')
  expect(routing.alt).toBe(
    'gpu serves 30.0% of the queries: batch sizes 1 to 4. cpu serves 70.0% of the queries: batch sizes 1 to 4.',
  )
})

test('a frontier tells what the budget and half of it buy, and where a query is cheapest', () => {
  const frontier = [
    [3, 72],
    [1, 18],
    [2, 54],
    [5, 90],
  ].map(([costPerHour, bound], i): RankedConfiguration => {
    return { rank: i + 1, counts: [costPerHour, 0], costPerHour, bound }
  })
  const budget = budgetFigure(head, frontier)
  // $2 and $3 an hour are the most within half the budget, and within all of it
  expect(budget.title).toBe('Half the budget reaches 75% of the bound')
  expect(budget.data.rows.map(([cost]) => cost)).toEqual([1, 2, 3, 5])
  // $2 an hour for 54 queries a second, 3,600 times an hour
  expect(costPerQueryFigure(head, frontier).title).toBe(
    'A thousand queries cost 1.03 cents at best, on gpu=2',
  )
  expect(costBoundFigure({ head, rows: frontier }).title).toBe(
    '90.0 queries a second are the most that $5 an hour buys',
  )
})

test('half the budget buys what costs as much up to rounding, also between the drawn steps of a long frontier', () => {
  const titleOf = (budgetPerHour: number, costs: readonly number[]) => {
    const frontier = costs.map((costPerHour, i): RankedConfiguration => {
      return { rank: i + 1, counts: [i, 0], costPerHour, bound: costPerHour > 2000 ? 4000 : costPerHour }
    })
    return budgetFigure({ ...head, space: { ...head.space, budgetPerHour } }, frontier).title
  }
  expect(titleOf(0.6, [0.1, 0.3, 0.6])).toBe('Half the budget reaches 50% of the bound')
  // one and two of $0.1234567 an hour, as rows have their costs
  expect(titleOf(0.2469134, [0.123457, 0.246913])).toBe('Half the budget reaches 50% of the bound')
  expect(titleOf(0.6, [0.5, 0.6])).toBe('No configuration within half the budget is feasible')
  // of 3,000 steps one in two is drawn, and 2001 is not
  const long = Array.from({ length: 3000 }, (_, i) => 2000 + i)
  expect(titleOf(4002, long)).toBe('Half the budget reaches 100% of the bound')
  expect(titleOf(4000, long)).toBe('Half the budget reaches 50% of the bound')
})
