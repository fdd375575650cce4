import { expect, test } from 'vitest'
import type { Capacity } from '../../../src/model/results/capacity.ts'
import { capacityPage } from '../../../src/report/page/measure-page.ts'
import { capacityText } from '../../../src/report/replay/capacity.ts'

const row = (policy: string, shareHalfWidth: number, atBound: boolean) => ({
  ...{ policy, mean: 98, halfWidth: 3, shareOfBound: 0.98, shareHalfWidth, atBound },
  ...{ ratio: { mean: 1, halfWidth: 0 }, rates: [98, 98], refused: [99, 99], replays: 9 },
})

const capacity = (...results: Capacity['results']): Capacity => ({
  ...{ model: 'm', qosMs: 100, percentile: 99, types: ['gpu'], counts: [1], slots: [1] },
  ...{ service: 'sampled', arrivals: 'poisson', queries: 5000, repeats: 2, seed: 1, bound: 100, results },
})

const lastLines = (given: Capacity) => capacityText(given, 'table', false).trimEnd().split('\n')

test('says that a share is at the bound, with its interval', async () => {
  const lines = lastLines(capacity(row('priced', 0.03, true)))
  expect(lines.at(-1)).toBe('priced: at the bound, within the interval of its share, ± 3.0%')
})

test('rates of slow services keep their digits, in the text and in the page', async () => {
  const slow = { ...row('priced', 0.015, false), mean: 2.7e-5, halfWidth: 4.1e-7 }
  const given = { ...capacity(slow), bound: 2.8e-5 }
  expect(capacityText(given, 'table', false)).toMatch(/^priced +0\.0000270 +0\.000000410 /m)
  const [{ tables }] = capacityPage(given, []).sections
  expect(tables![0].rows[0]).toEqual(['priced', '0.0000270', '0.000000410', '98.0%'])
})

test('says that the interval of a share is wide instead, of the policy with the widest one', async () => {
  const lines = lastLines(capacity(row('priced', 0.607, false)))
  const remark = 'the interval of its share of the bound is wide, ± 60.7%: give more --repeats or --queries'
  expect(lines.at(-1)).toBe(`priced: ${remark}`)
  const several = lastLines(
    capacity(row('priced', 0.07, false), row('kairos', 0.607, false), row('fcfs', Infinity, false)),
  )
  expect(several.filter((line) => line.includes('wide'))).toEqual([`kairos: ${remark}`])
  expect(lines.join()).not.toContain('at the bound')
})

test('a page says what the command says of intervals', () => {
  const noteOf = (...rows: Capacity['results']) =>
    capacityPage(capacity(...rows), []).sections[0].tables?.[0].note
  expect(noteOf(row('priced', 0.03, true), row('fcfs', 0.607, false))).toBe(
    'priced: at the bound, within the interval of its share, ± 3.0%. fcfs: the interval of its share of the bound is wide, ± 60.7%: more repetitions or queries make it narrower.',
  )
  expect(noteOf(row('priced', 0.03, false))).toBe(undefined)
})

test('a page says which bound its shares are of: it is not quite that of the tables in a ranking', () => {
  const [{ paragraphs }] = capacityPage(capacity(row('priced', 0.03, true)), []).sections
  expect(paragraphs?.[0]).toMatch(
    /\. The fluid bound of the sizes and service times that these replays draw is [\d.]+ queries a second\.$/,
  )
})

test('says which policy the ratios are to', async () => {
  const lines = lastLines(capacity(row('priced', 0.01, false), row('fcfs', 0.01, false)))
  expect(lines.at(-1)).toBe('times fcfs: the ratio to fcfs, the last policy of --policy')
})

test('a line of a narrow terminal has no bar, and is not broken', () => {
  const given = capacity(row('shortest-completion', 0.01, false), row('fcfs', 0.01, false))
  const tableOf = (room?: number) => capacityText(given, 'table', false, room).split('\n').slice(3, 7)
  const longest = Math.max(...tableOf().map(({ length }) => length))
  expect(tableOf(longest)).toEqual(tableOf())
  const narrow = tableOf(longest - 1)
  expect(narrow.join()).not.toContain('█')
  expect(narrow[2]).toMatch(/^fcfs /)
  expect(narrow.map((line) => line.trim().split(/ {2,}/))[0]).toEqual([
    ...['policy', 'allowable q/s', '±', 'of the bound', 'times fcfs'],
  ])
  expect(Math.max(...narrow.map(({ length }) => length))).toBeLessThan(longest)
})

test('a page names the columns as the terminal does', () => {
  const given = capacity(row('priced', 0.01, false))
  const names = capacityText(given, 'table', false).split('\n')[3].trim().split(/ {2,}/)
  const [{ columns }] = capacityPage(given, []).sections[0].tables!
  expect(columns.map(({ name }) => name)).toEqual(names)
})

test('a table has a line for each policy and for the bound; the last policy has no ratio to itself', () => {
  const fcfs = { ...row('fcfs', Infinity, false), mean: 50, halfWidth: Infinity, shareOfBound: 0.5 }
  const given = capacity({ ...row('priced', 0.01, false), ratio: { mean: 1.96, halfWidth: 0.125 } }, fcfs)
  const bars = [`${'█'.repeat(23)}▌`, '█'.repeat(12)]
  expect(capacityText(given, 'table', false).split('\n')).toEqual([
    'm on gpu=1: 99% of queries within 100 ms',
    '2 x 5,000 queries from seed 1, poisson arrivals, sampled service times; ±: 95% interval',
    '',
    'policy          allowable q/s     ±  of the bound                             times fcfs',
    `priced                   98.0  3.00         98.0%  ${bars[0]}  1.96 ± 0.13`,
    `fcfs                     50.0               50.0%  ${bars[1]}`,
    'bound of draws          100.0',
    '',
    'times fcfs: the ratio to fcfs, the last policy of --policy',
    '',
  ])
})

test('CSV has no cell for an interval that is not known, and JSON has all', () => {
  const fcfs = { ...row('fcfs', Infinity, false), halfWidth: Infinity, ratio: null }
  const given = capacity(row('priced', 0.01, false), fcfs)
  expect(capacityText(given, 'csv', false).split('\n')).toEqual([
    'policy,allowable_qps,half_width_qps,bound_qps,share_of_bound,share_half_width,ratio,ratio_half_width',
    'priced,98,3,100,0.98,0.01,1,0',
    'fcfs,98,,100,0.98,,,',
    '',
  ])
  expect(JSON.parse(capacityText(given, 'json', false))).toMatchObject({
    ...{ model: 'm', bound: 100, results: [{ policy: 'priced', halfWidth: 3 }, { policy: 'fcfs' }] },
  })
})
