/** What pictures say about values that are cut, constant, zero or long. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RateSweep } from '../../../src/model/results/over-time.ts'
import type { PlanResult } from '../../../src/model/results/plan.ts'
import type { RankedConfiguration, RankingHead } from '../../../src/model/results/ranking.ts'
import type { ReplayComparison } from '../../../src/model/results/replay.ts'
import type { ConfigurationSummary } from '../../../src/model/results/subject.ts'
import { costPerQueryFigure } from '../../../src/report/figures/budget.ts'
import { costBoundFigure } from '../../../src/report/figures/cost-bound.ts'
import { gainFigure } from '../../../src/report/figures/gain.ts'
import { rateLatencyFigure } from '../../../src/report/figures/rate-latency.ts'
import { rankingPage } from '../../../src/report/page/ranking-page.ts'
import { CATEGORIES, darkColors } from '../../../src/report/plots/palette.ts'
import { planPlot } from '../../../src/report/plots/plan-plot.ts'
import { renderSvg } from '../../../src/report/plots/plot.ts'
import { rankingPlot } from '../../../src/report/plots/ranking-plot.ts'
import { replayPlot } from '../../../src/report/plots/replay-plot.ts'
import { shortNames } from '../../../src/report/plots/short-names.ts'
import { wrapped } from '../../../src/report/plots/wrap.ts'

// what Vega finds wrong with a picture it prints
beforeEach(() => void vi.spyOn(console, 'warn'))
afterEach(() => {
  const { calls } = vi.mocked(console.warn).mock
  vi.restoreAllMocks()
  expect(calls).toEqual([])
})

const headOf = (names: readonly string[], bound: RankingHead['bound'] = 'fluid'): RankingHead => ({
  workload: { model: 'm', qosMs: 10, percentile: 99 },
  space: { types: names.map((name) => ({ name, min: 0, max: 99, pricePerHour: 0.151 })), budgetPerHour: 9 },
  bound,
  considered: 100,
})

/** The same cost for a query at every count, but for rounding errors. */
const rowsOf = (count: number, limits?: readonly string[]): RankedConfiguration[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ rank: i + 1, counts: [i + 1], costPerHour: 0.151 * (i + 1), bound: (i + 1) * 9.87654321 },
    ...(limits && { limits }),
  }))

test('a cost that is the same at every count is a level line', async () => {
  const { spec, data } = costPerQueryFigure(headOf(['cpu']), rowsOf(12))
  const { values } = (spec as unknown as { data: { values: { cents: number }[] } }).data
  expect(new Set(values.map(({ cents }) => cents)).size).toBe(1)
  expect(new Set(data.rows.map(([, , cents]) => cents)).size).toBeGreaterThan(1)
  const ticks = [...(await renderSvg(spec)).matchAll(/>([\d.]+)<\/text>/g)].map(([, tick]) => tick)
  expect(ticks).not.toContain('0.4246893')
  expect(ticks.every((tick) => tick.length < 6)).toBe(true)
})

test('configurations of one cost, and a single one, have axes from 0', async () => {
  const head = headOf(['cpu', 'gpu'])
  // 0.1 + 0.2 and 0.3 differ in their last digit
  const equal = [0.1 + 0.2, 0.3].map((costPerHour, i) => {
    return { rank: i + 1, counts: [i, 1], costPerHour, bound: 40.338774 - i, limits: ['cpu'] }
  })
  for (const rows of [equal, equal.slice(0, 1)]) {
    const figures = [costBoundFigure({ head, rows, chosen: rows[0] }), costPerQueryFigure(head, rows)]
    for (const { spec } of figures) {
      const ticks = [...(await renderSvg(spec)).matchAll(/>([\d.]+)<\/text>/g)].map(([, tick]) => tick)
      expect(ticks.filter((tick) => tick.length > 5)).toEqual([])
      expect(ticks.length).toBeGreaterThan(6)
    }
  }
})

test('figures about other budgets need the whole frontier: the best rows do not hold it', () => {
  const head = headOf(['cpu'])
  const rows = rowsOf(3, ['cpu'])
  const figuresOf = (answer: object) =>
    rankingPage({ head, rows, ...answer }).sections[0].figures!.map(({ id }) => id)
  expect(figuresOf({})).toEqual(['cost-bound'])
  expect(figuresOf({ pareto: true, listed: 4 })).toEqual(['cost-bound'])
  const all = ['cost-bound', 'budget', 'cost-per-thousand']
  expect(figuresOf({ pareto: true })).toEqual(all)
  expect(figuresOf({ frontier: rows })).toEqual(all)
  expect(costBoundFigure({ head, rows }).caption).not.toMatch(/frontier|ring/)
  expect(costBoundFigure({ head, rows, chosen: rows[0] }).caption).toContain('the ring is the one explained')
  expect(costBoundFigure({ head, rows, frontier: rows }).caption).toContain('frontier')
})

test('where every count costs the same for a query, the first one is named', () => {
  const rows = rowsOf(12).map((row, i) => ({ ...row, bound: 175.3 * (i + 1) }))
  expect(costPerQueryFigure(headOf(['cpu']), rows).title).toMatch(/ on cpu=1$/)
})

test('a thousand slow queries cost 16,683 cents, without an exponent', () => {
  const rows = rowsOf(3).map((row, i) => ({ ...row, costPerHour: 20 * (i + 1), bound: 0.0333 * (i + 1) }))
  const { title, alt } = costPerQueryFigure(headOf(['cpu']), rows)
  expect(title).toBe('A thousand queries cost 16,683 cents at best, on cpu=1')
  expect(alt).toContain('from 16,683 cents at 0.0333 queries a second to 16,683 cents')
  expect(JSON.stringify(rankingPage({ head: headOf(['cpu']), rows }))).toContain('"16,683"')
})

test('pictures of a part of the rows say so', () => {
  const head = headOf(['cpu'])
  const rows = rowsOf(3, ['cpu'])
  expect(JSON.stringify(rankingPlot(head, rows).title)).not.toContain('drawn')
  expect(JSON.stringify(rankingPlot(head, rows, 9004).title)).toContain('the first 3 of 9,004 configurations')
  expect(costBoundFigure({ head, rows, listed: 9004 }).caption).toContain('The first 3 of 9,004 rows')
  expect(costBoundFigure({ head, rows }).caption).not.toContain('The first')
})

test('the line of the best goes on where configurations cost more and reach less', () => {
  const head = headOf(['cpu', 'gpu'])
  const rows = [
    { rank: 1, counts: [1, 0], costPerHour: 1, bound: 54, limits: ['cpu'] },
    { rank: 2, counts: [0, 1], costPerHour: 1.5, bound: 36, limits: ['gpu'] },
  ]
  const figure = costBoundFigure({ head, rows })
  const { layer } = figure.spec as unknown as {
    layer: { data: { values: { cost: number; bound: number }[] } }[]
  }
  expect(layer[1].data.values.map(({ cost, bound }) => [cost, bound])).toEqual([
    [1, 54],
    [1.5, 54],
  ])
  expect(figure.data.rows.filter(([kind]) => kind === 'best listed')).toHaveLength(1)
})

test('the closed form is called an estimate, and has no limits to show', async () => {
  const head = headOf(['cpu'], 'closed-form')
  const page = rankingPage({ head, rows: rowsOf(2) })
  expect(page.title).toBe('cpu=1: an estimate of 9.88 queries a second for $0.151 an hour')
  const texts = JSON.stringify([page.sections[0].tables, page.sections[0].figures![0]])
  expect(texts).not.toMatch(/closed-form bound|are the most|limited most by|marked by/)
  expect(await renderSvg(rankingPlot(head, rowsOf(2)))).not.toContain('limited most by')
  expect(await renderSvg(rankingPlot(headOf(['cpu']), rowsOf(2, ['cpu'])))).toContain('limited most by')
})

const plan = (types: readonly string[]): PlanResult => ({
  ...{
    model: 'm',
    types,
    windowS: 3600,
    utilisation: 1,
    cyclic: true,
    capacity: 'bound',
    cost: 1,
    starts: 1,
  },
  pricePerHour: types.map(() => 1),
  startDelayS: types.map(() => 0),
  startFee: types.map(() => 0),
  windows: [1, 2].map((rate, w) => ({
    ...{ startS: 3600 * w, rateQps: rate, capacityQps: 3, costPerHour: 1 },
    ...{ counts: types.map(() => 1), started: types.map(() => 0) },
  })),
})

test('sixteen types of a plan have colours of their own, apart from rate and capacity', async () => {
  const types = Array.from({ length: 16 }, (_, t) => `type-${String.fromCharCode(97 + t)}`)
  const svg = await renderSvg(planPlot(plan(types)))
  const areas = [...svg.matchAll(/<path aria-label="[^"]*type: [^"]*" [^>]*fill="(#[0-9a-f]+)"/g)]
  const filled = areas.length > 0 ? areas : [...svg.matchAll(/mark-area[^>]*><path[^>]*fill="(#[0-9a-f]+)"/g)]
  expect(new Set(filled.map(([, color]) => color)).size).toBeGreaterThanOrEqual(16)
  for (const name of ['capacity', 'rate', ...types]) expect(svg).toContain(`>${name}</text>`)
})

test('every colour of a category is there once, and has one for a dark page', () => {
  expect(CATEGORIES.length).toBeGreaterThanOrEqual(16)
  expect(new Set(CATEGORIES).size).toBe(CATEGORIES.length)
  for (const color of CATEGORIES) expect(darkColors()).toContain(`--c-${color.slice(1)}:`)
})

const LONG = ['0', '1', '10'].map((end) => `standard-nc24ads-a100-v4-region-europe-west-${end}`)

test('long names keep the ends that tell them apart', async () => {
  expect(new Set(shortNames(LONG)).size).toBe(3)
  expect(shortNames(LONG)[2]).toMatch(/^standard-nc24a….*west-10$/)
  // two names that differ in the middle only stay whole
  const middle = ['a', 'b'].map((letter) => `${'x'.repeat(20)}${letter}${'y'.repeat(20)}`)
  expect(shortNames(middle)).toEqual(middle)
  const types = LONG.map((name) => ({ name, oneMoreQps: 0, oneMoreQpsPerDollar: 0 }))
  const explanation = { types, counts: [1, 0, 0] } as unknown as Parameters<typeof gainFigure>[0]
  const svg = await renderSvg(gainFigure(explanation).spec)
  for (const name of shortNames(LONG)) expect(svg).toContain(`>${name}</text>`)
  // gains that are all 0 have an axis all the same
  expect(svg).not.toContain('0.000000')
})

test('names and titles are cut between characters, not inside of one', async () => {
  const names = ['a', 'b'].map((end) => `${'😀'.repeat(40)}${end}`)
  const cut = [...shortNames(names), ...wrapped(names[0], (line) => line.length <= 7)]
  expect(cut.filter((text) => /\p{Surrogate}/u.test(text))).toEqual([])
  expect(cut[0]).toBe(`${'😀'.repeat(14)}…${'😀'.repeat(12)}a`)
  expect(cut.slice(2).join('')).toBe(names[0])
})

test('long titles have lines of their own', async () => {
  const fits = (line: string) => line.length <= 10
  expect(wrapped('one two three four', fits)).toEqual(['one two', 'three four'])
  // a space at the end of a line takes no room
  expect(wrapped('one twos three', (line) => line.length <= 8)).toEqual(['one twos', 'three'])
  expect(wrapped('aaa=1,bbb=2,ccc=3: x', fits)).toEqual(['aaa=1,', 'bbb=2,', 'ccc=3: x'])
  expect(wrapped('abcdefghijklmno', fits)).toEqual(['abcdefghij', 'klmno'])
  const head = headOf(LONG)
  const model = 'a very long name '.repeat(12).trim()
  const svg = await renderSvg(
    rankingPlot({ ...head, workload: { ...head.workload, model } }, rowsOf(2, LONG)),
  )
  expect(Number(/width="(\d+)"/.exec(svg)![1])).toBeLessThan(1300)
})

test('logarithmic axes are called so, and straight dashed lines are explained', async () => {
  const fleet = { model: 'm', qosMs: 20, percentile: 99, types: ['cpu'], counts: [1] }
  const row = { policy: 'fcfs', queries: 2, violations: 0, queue: { edgesMs: [0, 1, 2], mean: [0, 1] } }
  const results = { ...fleet, rate: null, rows: [row] } as unknown as ReplayComparison
  const curves = [{ policy: 'fcfs', latencyMs: [1, 30], slower: [100, 1] }]
  const tails = await renderSvg(replayPlot(results, curves))
  expect(tails.match(/\(log scale\)<|, log scale\)</g)).toHaveLength(3)
  expect(tails).toContain('99% are to be served within 20 ms (straight dashed lines)')
  const points = [{ rate: 1, tailMs: 3, violations: 0 }]
  const sweeps = [{ policy: 'fcfs', points }] as unknown as RateSweep[]
  const figure = rateLatencyFigure(fleet as unknown as ConfigurationSummary, sweeps, 9)
  expect(await renderSvg(figure.spec)).toContain('p99 latency (ms, log scale)')
  expect(figure.caption).toContain('Straight dashed lines: the target')
})
