/** Configurations of many types in the tables of a terminal and of a page. */
import { expect, test } from 'vitest'
import type { PlanResult } from '../../src/model/results/plan.ts'
import type { VerifiedSearch } from '../../src/model/results/search.ts'
import { searchText } from '../../src/report/allocation/search.ts'
import { planPage } from '../../src/report/page/plan-page.ts'
import { rankingPage } from '../../src/report/page/ranking-page.ts'
import { searchPage } from '../../src/report/page/search-page.ts'
import { planText } from '../../src/report/plan/plan.ts'
import { planReplayText } from '../../src/report/plan/plan-replay.ts'
import { countColumns } from '../../src/report/table-columns.ts'

const namesOf = (count: number) => Array.from({ length: count }, (_, t) => `type${t}`)

/** Two of the first type, three of the last. */
const countsOf = (count: number) => namesOf(count).map((_, t) => (t === 0 ? 2 : t === count - 1 ? 3 : 0))

const spaceOf = (count: number) => ({
  types: namesOf(count).map((name) => ({ name, max: 9, pricePerHour: 1 })),
  budgetPerHour: 5,
})

const workload = { model: 'm', qosMs: 10, percentile: 99 }

function searchOf(count: number): VerifiedSearch {
  const row: VerifiedSearch['rows'][number] = {
    ...{ rank: 1, counts: countsOf(count), costPerHour: 5, bound: 80, outcome: 'measured', mean: 72 },
    ...{ halfWidth: 4, rates: [70, 74], shareOfBound: 0.9, atBound: false, tied: false },
  }
  return {
    ...{ workload, space: spaceOf(count), policy: 'priced', service: 'sampled', arrivals: 'poisson' },
    ...{ queries: 500, repeats: 2, seed: 1, considered: 100, rows: [row], evaluations: [row] },
    proof: {
      ...{ proven: true, endedEarly: false, gap: 0, measured: 1, refuted: 0 },
      ...{ nextBound: null, replays: 9 },
      ties: [{ counts: countsOf(count), costPerHour: 4, bound: 79 }],
    },
  }
}

function planOf(count: number): PlanResult {
  const counts = countsOf(count)
  const none = counts.map(() => 0)
  return {
    ...{ model: 'm', types: namesOf(count), windowS: 3600, utilisation: 1, cyclic: true, capacity: 'bound' },
    ...{ cost: 1, starts: 1, pricePerHour: none, startDelayS: none, startFee: none },
    windows: [{ startS: 0, rateQps: 1, capacityQps: 3, costPerHour: 1, counts, started: none }],
  }
}

const planReplay = (count: number) =>
  ({
    ...{
      model: 'm',
      policy: 'fcfs',
      qosMs: 10,
      percentile: 99,
      types: namesOf(count),
      queries: 1,
      served: 1,
    },
    ...{ violations: 0, shareInTime: 1, cost: 1, starts: 1 },
    windows: [{ startS: 0, counts: countsOf(count), queries: 1, violations: 0 }],
  }) as unknown as Parameters<typeof planReplayText>[0]

const texts: [string, (count: number) => string][] = [
  ['a search', (count) => searchText(searchOf(count), 'table', false)],
  ['a search without rows', (count) => searchText(unmeasured(count), 'table', false)],
  ['a plan', (count) => planText(planOf(count), 'table', false)],
  ['a replay of a plan', (count) => planReplayText(planReplay(count), 'table', false)],
]

function unmeasured(count: number): VerifiedSearch {
  const byBound = [{ counts: countsOf(count), costPerHour: 5, bound: 80 }]
  return { ...searchOf(count), rows: [], evaluations: [], byBound }
}

test.each(texts)('the text of %s has a column for each of six types, and one for seven', (_, textOf) => {
  const [six, seven] = [textOf(6), textOf(7)]
  expect(six).toMatch(/ {2}type0 {2}type1 {2}type2 {2}type3 {2}type4 {2}type5 /)
  expect(six).toMatch(/ 2( +·){4} +3 /)
  // aligned to the left, as --counts takes it
  expect(seven).toMatch(/ {2}configuration /)
  expect(seven).toMatch(/ {2}type0=2,type6=3 {2}/)
})

const pages: [string, (count: number) => ReturnType<typeof planPage>][] = [
  ['search', (count) => searchPage(searchOf(count))],
  ['by-bound', (count) => searchPage(unmeasured(count))],
  ['schedule', (count) => planPage(planOf(count))],
  [
    'ranking',
    (count) =>
      rankingPage({
        head: { workload, space: spaceOf(count), bound: 'fluid', considered: 1 },
        rows: [{ rank: 1, counts: countsOf(count), costPerHour: 5, bound: 80 }],
      }),
  ],
]

test.each(pages)(
  'the table %s of a page has a column for each of six types, and one for seven',
  (id, pageOf) => {
    const tableOf = (count: number) =>
      pageOf(count)
        .sections.flatMap(({ tables = [] }) => tables)
        .find((table) => table.id === id)!
    const [six, seven] = [tableOf(6), tableOf(7)]
    const at = six.columns.findIndex(({ name }) => name === 'type0')
    expect(six.columns.slice(at, at + 6).map(({ name }) => name)).toEqual(namesOf(6))
    expect(six.rows[0].slice(at, at + 6)).toEqual(['2', '·', '·', '·', '·', '3'])
    expect(seven.columns[at]).toMatchObject({ name: 'configuration', numeric: false })
    expect(seven.rows[0][at]).toBe('type0=2,type6=3')
    expect(seven.rows[0]).toHaveLength(seven.columns.length)
  },
)

test('without an instance the configuration is a dot', () => {
  expect(countColumns(namesOf(7))[0].cell(namesOf(7).map(() => 0))).toBe('·')
})

test('what was not measured stands in the text of a search, and not in its page', () => {
  const ties = searchText(searchOf(2), 'table', false).match(/^.*not measured: its bound ties$/m)
  expect(ties?.[0]).toMatch(/^ +2 +3 +4\.0000 +79\.0 +not measured/)
  expect(searchPage(searchOf(2)).sections[0].tables![0].rows).toHaveLength(1)
})

test('a line of a narrow terminal has no bar in the table of a search', () => {
  const tableOf = (room?: number) => searchText(searchOf(2), 'table', false, room).split('\n').slice(3, 6)
  const longest = Math.max(...tableOf().map(({ length }) => length))
  expect(tableOf().join()).toContain('█')
  const narrow = tableOf(40)
  expect(narrow.join()).not.toContain('█')
  expect(narrow.map((line) => line.trimEnd())).toEqual(narrow)
  expect(Math.max(...narrow.map(({ length }) => length))).toBeLessThan(longest)
})
