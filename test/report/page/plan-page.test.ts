import { expect, test } from 'vitest'
import type { PlanResult } from '../../../src/model/results/plan.ts'
import { planPage } from '../../../src/report/page/plan-page.ts'
import { planText } from '../../../src/report/plan/plan.ts'

function planOf(length: number): PlanResult {
  const windows = Array.from({ length }, (_, w) => ({
    ...{ startS: 60 * w, rateQps: 1 + (w % 7), capacityQps: 8, costPerHour: 1, counts: [1], started: [0] },
  }))
  return {
    ...{ model: 'm', types: ['gpu'], windowS: 60, utilisation: 1, cyclic: true, capacity: 'bound' },
    ...{ cost: 1, starts: 1, pricePerHour: [1], startDelayS: [0], startFee: [0], windows },
  }
}

const timesOf = (spec: object) => [
  ...new Set([...JSON.stringify(spec).matchAll(/"at":([\d.]+)/g)].map(([, at]) => Number(at))),
]

test('a long plan is drawn by the highest windows, up to the end of the last, and its data has all of them', () => {
  const plan = planOf(43_200)
  const windows = plan.windows.map((window, w) => (w === 31_337 ? { ...window, rateQps: 80 } : window))
  const [section, schedule] = planPage({ ...plan, windows }).sections
  const [figure] = section.figures!
  const days = timesOf(figure.spec)
  expect(days).toHaveLength(1501)
  expect([days[0], ...days.slice(-1)]).toEqual([0, 30])
  expect(JSON.stringify(figure.spec)).toMatch(/[:,]80[,}]/)
  expect(figure.data.rows).toHaveLength(43_200)
  expect(figure.alt).toBe('The rate peaks at 80.0 queries a second at 21 d 18:17, when gpu=1 run.')
  expect(JSON.stringify(figure.spec)).toMatch(
    /over 43,200 windows, [^"]*; drawn: the highest window of each stretch"/,
  )
  expect(figure.caption).toContain('Shows 1,500 of 43,200 windows, the highest of each stretch.')
  // all windows have the same counts
  expect(schedule.tables![0].rows).toEqual([['00:00', '30 d', '1.00 to 80.0', '1', '8.00', '1.0000', '0']])
})

test('a plan for a day is drawn whole', () => {
  const [{ figures }, { tables }] = planPage(planOf(144)).sections
  expect(timesOf(figures![0].spec)).toEqual(Array.from({ length: 145 }, (_, w) => (60 * w) / 3600))
  expect(figures![0].caption).not.toContain('Shows')
  expect(tables![0].note).toBeUndefined()
})

test('the schedule of a long plan has its first 144 rows', () => {
  const plan = planOf(400)
  const windows = plan.windows.map((window, w) => ({ ...window, counts: [1 + (w % 2)] }))
  const [, { tables }] = planPage({ ...plan, windows }).sections
  expect(tables![0].rows).toHaveLength(144)
  expect(tables![0].note).toBe('Shows the first 144 of 400 rows; the command line lists all of them.')
})

test('the ways to run the fleet are those of the terminal', () => {
  const runs = ['static', 'optimal'].map((name, i) => ({
    name,
    cost: 2 - i,
    starts: 3 + i,
    shortShare: i / 8,
  }))
  const plan = { ...planOf(2), comparison: { forecast: 'last', runs } }
  const [{ tables }] = planPage(plan).sections
  const [{ columns, rows }] = tables!
  const lines = planText(plan, 'table', false).split('\n')
  const shown = [columns.map(({ name }) => name), ...rows].map((cells) => cells.join(' '))
  const first = lines.findIndex((line) => line.startsWith('way to run'))
  expect(lines.slice(first, first + 3).map((line) => line.replaceAll(/ {2,}/g, ' '))).toEqual(shown)
  expect(shown[2]).toBe('optimal 1.00 50.0% 12.50% 4')
})

test('a plan says how long it is, what its fleets may serve, and the rates of windows with the same counts', () => {
  const windows = planOf(4).windows.map((window, w) => ({
    ...{ ...window, counts: [w < 2 ? 1 : 2], started: [w === 2 ? 1 : 0] },
  }))
  const plan = { ...planOf(4), windows, utilisation: 0.85, capacity: 'allowable', begin: 'noon' } as const
  expect(planText(plan, 'table', false).split('\n')).toEqual([
    'm: $1.00 for 4 min, 1 start',
    '4 windows of 1 min, up to 85% of the measured throughput, the last one followed by the first, the first one begins at noon',
    '',
    'from   for        rate q/s  gpu  85% of measured q/s  $/hour  starts',
    '00:00  2 min  1.00 to 2.00    1                 8.00  1.0000       0',
    '00:02  2 min  3.00 to 4.00    2                 8.00  1.0000       1',
    '',
  ])
  const { title, subtitle } = planPage(plan)
  expect(title).toBe('$1.00 and 1 start follow the rate for 4 min')
  expect(subtitle).toBe('m: 4 windows of 1 min, up to 85% of the measured throughput')
  const once = planText({ ...planOf(4), cyclic: false }, 'table', false)
  expect(once).toContain('\n4 windows of 1 min, up to 100% of the bound\n')
  expect(once).toContain('100% of bound q/s')
  expect(once).toMatch(/\n\nnot measured; small fleets may sustain less: [^\n]*\n$/)
  expect(planPage(planOf(4)).subtitle).toMatch(/of the bound \(not measured; /)
})
