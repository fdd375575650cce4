/** Pictures for people who see few colours, or print in grey. */
import { expect, test } from 'vitest'
import { POLICIES } from '../../../src/dispatch/policies.ts'
import type { PlanResult } from '../../../src/model/results/plan.ts'
import type { RankingHead } from '../../../src/model/results/ranking.ts'
import type { ReplayComparison } from '../../../src/model/results/replay.ts'
import { costBoundFigure } from '../../../src/report/figures/cost-bound.ts'
import { CATEGORIES, darkColors, FAINT, INK, themedSvg } from '../../../src/report/plots/palette.ts'
import { planPlot } from '../../../src/report/plots/plan-plot.ts'
import { type PlotSpec, renderSvg } from '../../../src/report/plots/plot.ts'
import { rankingPlot } from '../../../src/report/plots/ranking-plot.ts'
import { queuePanel } from '../../../src/report/plots/replay-plot.ts'
import { contrast } from '../../contrast.ts'

/** The channels of a colour as `#1d2329`. */
const channelsOf = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))

test('every colour of a category, and of a line with a meaning, stands out from a white and from a dark page', () => {
  for (const color of [...CATEGORIES, INK, FAINT]) {
    const [, onDark] = new RegExp(`--c-${color.slice(1)}:(#\\w+)`).exec(darkColors())!
    expect(contrast(channelsOf(color), channelsOf('#ffffff')), color).toBeGreaterThan(3)
    expect(contrast(channelsOf(onDark), channelsOf('#14181c')), onDark).toBeGreaterThan(3)
  }
})

test('points differ by shape as by colour, and are as strong as their colours', async () => {
  const types = ['cpu', 'gpu'].map((name) => ({ name, min: 0, max: 9, pricePerHour: 1 }))
  const head: RankingHead = {
    ...{ workload: { model: 'm', qosMs: 10, percentile: 99 }, bound: 'fluid', considered: 2 },
    space: { types, budgetPerHour: 9 },
  }
  const rows = ['cpu', 'gpu'].map((name, i) => {
    return { rank: i + 1, counts: [1, i], costPerHour: 1 + i, bound: 20 - i, limits: [name] }
  })
  for (const spec of [rankingPlot(head, rows), costBoundFigure({ head, rows }).spec]) {
    const svg = await renderSvg(spec)
    const shapes = [...svg.matchAll(/<path aria-label="[^"]*limited most by[^"]*" [^>]*d="([^"]+)"/g)]
    expect(new Set(shapes.map(([, shape]) => shape)).size).toBe(2)
    expect(svg).not.toMatch(/opacity="0\.\d/)
  }
})

test('the line of every policy has dashes of its own, which the legend shows', async () => {
  const rows = POLICIES.map(({ name: policy }, i) => {
    return { policy, queue: { edgesMs: [0, 1, 2], mean: [0, i] } }
  })
  const svg = await renderSvg(queuePanel({ rows } as unknown as ReplayComparison) as PlotSpec)
  const dashes = [...svg.matchAll(/stroke-dasharray="([^"]+)"/g)].map(([, dash]) => dash)
  expect(new Set(dashes).size).toBe(rows.length)
  expect(dashes).toHaveLength(2 * rows.length)
})

test('the rate of a plan is dashed over a wide line of the capacity, and its types have edges on a dark page too', async () => {
  const window = { rateQps: 3, capacityQps: 3, costPerHour: 2, counts: [1, 1], started: [0, 0] }
  const plan = {
    model: 'm',
    types: ['cpu', 'gpu'],
    cost: 1,
    starts: 1,
    windowS: 3600,
    utilisation: 1,
    cyclic: true,
  }
  const windows = [0, 3600].map((startS) => ({ ...window, startS }))
  const svg = themedSvg(await renderSvg(planPlot({ ...plan, windows } as unknown as PlanResult)))
  // each is once in the legend and once in the plot
  expect(svg.match(/stroke-width="1.5" stroke-dasharray="4,2"/g)).toHaveLength(2)
  expect(svg.match(/stroke-width="3"/g)).toHaveLength(2)
  for (const name of ['capacity', 'rate']) expect(svg.match(new RegExp(`>${name}<`, 'g'))).toHaveLength(1)
  expect(svg.match(/fill="var\(--c-[^"]+" stroke="var\(--c-ffffff,#ffffff\)"/g)).toHaveLength(4)
  expect(darkColors()).toContain('--c-ffffff:#14181c')
})
