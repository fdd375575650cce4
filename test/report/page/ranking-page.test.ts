import { expect, test } from 'vitest'
import type { Explanation } from '../../../src/model/results/explanation.ts'
import type { RankedConfiguration, RankingHead } from '../../../src/model/results/ranking.ts'
import { explanationText } from '../../../src/report/allocation/explanation.ts'
import { rankingPage } from '../../../src/report/page/ranking-page.ts'

const headOf = (names: readonly string[]): RankingHead => ({
  workload: { model: 'm', qosMs: 10, percentile: 99 },
  space: { types: names.map((name) => ({ name, min: 0, max: 99, pricePerHour: 0.5 })), budgetPerHour: 9 },
  bound: 'fluid',
  considered: 100,
})

const tableOf = (names: readonly string[], rows: readonly RankedConfiguration[]) => {
  const [table] = rankingPage({ head: headOf(names), rows }).sections[0].tables!
  return table.rows.map((cells) => Object.fromEntries(cells.map((cell, c) => [table.columns[c].name, cell])))
}

test('an infeasible configuration has no cost for a query', () => {
  const rows = [3600, 0].map((bound, i) => ({ rank: i + 1, counts: [2 - i], costPerHour: 1 - i / 2, bound }))
  expect(tableOf(['cpu'], rows).map((row) => row['cents per 1,000 queries'])).toEqual(['0.00772', '·'])
})

test('an infeasible configuration is explained as in the terminal, without a routing', () => {
  const type = { count: 1, marginalQps: 0, utilisation: 0, queries: 0, bins: [], batches: [] }
  const gains = { pricePerHour: 0.5, oneMoreQps: 3, oneMoreQpsPerDollar: 6, marginalQpsPerDollar: 0 }
  const explanation = {
    ...{ model: 'm', counts: [1], costPerHour: 0.5, bound: 0, types: [{ name: 'cpu', ...type, ...gains }] },
    violations: { share: 0, allowed: 0.01, onePointMoreQps: 0, marginalQpsPerPoint: 0 },
  } as unknown as Explanation
  const rows = [
    { rank: 1, counts: [2], costPerHour: 1, bound: 9 },
    { rank: 2, counts: [1], costPerHour: 0.5, bound: 0 },
  ]
  const section = rankingPage({ head: headOf(['cpu']), rows, explanation }).sections[1]
  expect(section.title).toBe('Why cpu=1 is infeasible')
  expect(explanationText(explanation, 'table', false)).toContain(section.paragraphs![0])
  expect(section.paragraphs![0]).toMatch(/^Infeasible: /)
  expect(section.figures!.map(({ id }) => id)).toEqual(['gain'])
})

test('a row has its first limit, as in the terminal', () => {
  const rows = [['cpu', 'percentile'], undefined].map((limits, i) => ({
    ...{ rank: i + 1, counts: [2 - i], costPerHour: 1, bound: 9, closedForm: 8 },
    ...(limits && { limits }),
  }))
  expect(tableOf(['cpu'], rows).map((row) => row['limited most by'])).toEqual(['cpu', ''])
})

test('what would help is a sentence', () => {
  const infeasible = {
    limits: [],
    remedies: [],
    message: 'loosen QoS to 9 ms, or lower the percentile to 90',
  }
  const page = rankingPage({ head: { ...headOf(['cpu']), infeasible }, rows: [] })
  expect(page.title).toBe('Nothing is feasible')
  expect(page.sections[0].paragraphs).toEqual(['Loosen QoS to 9 ms, or lower the percentile to 90.'])
  expect(rankingPage({ head: headOf(['cpu']), rows: [] }).sections[0].paragraphs).toEqual([
    'No row was found.',
  ])
})

test('a ranking that ended before a feasible row says so', () => {
  const rows = [{ rank: 1, counts: [9], costPerHour: 4.5, bound: 0 }]
  const proof = { proven: false, visited: 1, pruned: 0, gap: Infinity }
  const page = rankingPage({ head: { ...headOf(['cpu']), proof }, rows, frontier: [] })
  expect(page.title).toBe('No feasible configuration was found')
  expect(page.sections[0].paragraphs).toEqual(['The ranking ended early: give it more time.'])
})

test('rows within a budget of more than six digits are within it where their costs are rounded up', () => {
  const head = headOf(['cpu'])
  const rows = [
    { rank: 1, counts: [2], costPerHour: 0.246913, bound: 8 },
    { rank: 2, counts: [1], costPerHour: 0.123457, bound: 4 },
  ]
  const space = { ...head.space, budgetPerHour: 0.2469134 }
  const [{ figures }] = rankingPage({ head: { ...head, space }, rows, frontier: rows }).sections
  expect(figures!.map(({ title }) => title)).toEqual([
    '8.00 queries a second are the most that $0.246913 an hour buys',
    'Half the budget reaches 50% of the bound',
    expect.stringMatching(/^A thousand queries cost /),
  ])
})

test('the caption of a table says by what its rows are ranked, and what the bound is', () => {
  const rows = [{ rank: 1, counts: [1], costPerHour: 1, bound: 9 }]
  const captionOf = (head: Partial<RankingHead>) =>
    rankingPage({ head: { ...headOf(['cpu']), ...head }, rows }).sections[0].tables![0].caption
  const limit = 'which no policy exceeds in the long run; replays measure what is sustained'
  expect(captionOf({})).toBe(`Ranked by the fluid bound, ${limit}`)
  expect(captionOf({ targetQps: 8 })).toBe(`Ranked by cost, with the fluid bound, ${limit}`)
  expect(captionOf({ bound: 'closed-form' })).toBe('Ranked by the closed form, an estimate of the throughput')
})

test('a page has the first hundred of many rows, and says so', () => {
  const rows = Array.from({ length: 101 }, (_, i) => ({
    ...{ rank: i + 1, counts: [101 - i], costPerHour: 1, bound: 9, closedForm: null },
  }))
  const tableOfRows = (few: readonly RankedConfiguration[], listed?: number) =>
    rankingPage({ head: headOf(['cpu']), rows: few, ...(listed && { listed }) }).sections[0].tables![0]
  const table = tableOfRows(rows, 5000)
  expect([table.rows.length, table.choices!.length]).toEqual([100, 100])
  expect(table.note).toBe('Shows the first 100 of 5,000 rows; the command line lists all of them.')
  expect(tableOfRows(rows.slice(1))).not.toHaveProperty('note')
  // the closed form ranks nothing without the base type
  expect(table.rows[0]).toEqual(['1', '101', '1.0000', '9.00', '3.09', '·', ''])
})

test('a page is about the best rows, the frontier, or the cheapest for a rate', () => {
  const rows = [{ rank: 1, counts: [1], costPerHour: 1, bound: 9 }]
  const pageOf = (head: Partial<RankingHead>, pareto = false) =>
    rankingPage({ head: { ...headOf(['cpu']), ...head }, rows, pareto })
  expect(pageOf({}).title).toBe('cpu=1: at most 9.00 queries a second for $1 an hour')
  expect(pageOf({ bound: 'closed-form' }).title).toContain('an estimate of 9.00 queries a second')
  const headings = [pageOf({}), pageOf({}, true), pageOf({ targetQps: 8, spare: 1 })]
  expect(headings.map(({ sections }) => sections[0].title)).toEqual([
    'Best configurations',
    'Frontier of cost and bound',
    'Cheapest for 8 queries a second after the loss of any instance',
  ])
})
