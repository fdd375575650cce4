/** Axes of time, in the unit that fits what is drawn. */
import { expect, test } from 'vitest'
import type { PlanResult } from '../../../src/model/results/plan.ts'
import { planPlot } from '../../../src/report/plots/plan-plot.ts'
import { renderSvg } from '../../../src/report/plots/plot.ts'
import { timeAxis } from '../../../src/report/plots/time-axis.ts'

test.each([
  [0, 'ms', 1],
  [1999, 'ms', 1],
  [2000, 'seconds', 1000],
  [600_000, 'minutes', 60_000],
  [2 * 3_600_000, 'hours', 3_600_000],
  [56 * 86_400_000, 'days', 86_400_000],
])('%d ms are drawn in %s', (durationMs, unit, unitMs) => {
  expect(timeAxis(durationMs)).toMatchObject({ unitMs, x: { title: `time (${unit})` } })
})

test.each([
  ['minutes', 60, '10'],
  ['days', 86_400, '10'],
])('a plan of ten windows has an axis of %s that ends with it', async (unit, windowS, end) => {
  const plan: PlanResult = {
    ...{ model: 'm', types: ['a'], windowS, utilisation: 1, cyclic: false, capacity: 'bound', cost: 1 },
    ...{ starts: 1, pricePerHour: [1], startDelayS: [0], startFee: [0] },
    windows: Array.from({ length: 10 }, (_, w) => ({
      ...{ startS: windowS * w, rateQps: w + 1, capacityQps: 30, costPerHour: 100 },
      ...{ counts: [1], started: [0] },
    })),
  }
  const svg = await renderSvg(planPlot(plan))
  expect(svg).toContain(`>time (${unit})</text>`)
  const ticks = [...svg.matchAll(/>(\d+)<\/text>/g)].map(([, tick]) => tick)
  expect(ticks).toContain(end)
  expect(ticks).not.toContain('11')
  // one instance at most: no half of it has a tick
  const counts = [...svg.split('role-axis-label')[4].matchAll(/>([\d.]+)<\/text>/g)].map(([, tick]) => tick)
  expect(counts).toEqual(['0', '1'])
})
