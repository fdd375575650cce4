/** Figures about nothing, about one query, and of names that look like markup. */
import { expect, test } from 'vitest'
import type { Capacity } from '../../../src/model/results/capacity.ts'
import type { Explanation } from '../../../src/model/results/explanation.ts'
import type { ReplayComparison } from '../../../src/model/results/replay.ts'
import { describeTrace } from '../../../src/model/trace/describe-trace.ts'
import { capacityFigure } from '../../../src/report/figures/capacity.ts'
import { overTimeFigure } from '../../../src/report/figures/replays.ts'
import { routingFigure } from '../../../src/report/figures/routing.ts'
import { tracePage } from '../../../src/report/page/trace-page.ts'
import { themedSvg } from '../../../src/report/plots/palette.ts'
import { renderSvg } from '../../../src/report/plots/plot.ts'
import { queuePanel } from '../../../src/report/plots/replay-plot.ts'

const ticksOf = async (spec: Parameters<typeof renderSvg>[0]) =>
  [...(await renderSvg(spec)).matchAll(/>([\d.]+)<\/text>/g)].map(([, tick]) => tick)

test('a throughput of 0 has an axis', async () => {
  const nothing = { policy: 'fcfs', mean: 0, halfWidth: 0, shareOfBound: 0 }
  const figureOf = (result: object, bound: number) =>
    capacityFigure({ types: ['gpu'], counts: [1], results: [result], bound } as unknown as Capacity)
  const ticks = await ticksOf(figureOf(nothing, 0).spec)
  expect(ticks).not.toContain('0.000000')
  expect(ticks.length).toBeGreaterThan(3)
  // otherwise the axis is that of the rates and the bound
  const some = { ...nothing, mean: 90, halfWidth: 10, shareOfBound: 0.75 }
  expect(await ticksOf(figureOf(some, 120).spec)).toContain('120')
})

test('batch sizes are whole on the axis of a routing', async () => {
  const bins = [{ from: 1, to: 4, share: 1 }]
  const type = { name: 'gpu', count: 1, queries: 1, bins }
  const { spec } = routingFigure({ types: [type], counts: [1] } as unknown as Explanation)
  const ticks = [...(await renderSvg(spec)).matchAll(/>([\d.]+)<\/text>/g)].map(([, tick]) => tick)
  expect(ticks).toEqual(expect.arrayContaining(['0', '1', '2', '3', '4']))
  expect(ticks.filter((tick) => tick.includes('.'))).toEqual([])
})

test('one late query is a query', () => {
  const rowOf = (policy: string, violations: number) => ({
    ...{ policy, queries: 2000, violations, verdict: 'stable', utilisation: [0.5] },
    queue: { edgesMs: [0, 1], mean: [0] },
  })
  const figureOf = (...late: number[]) => {
    const rows = late.map((violations, i) => rowOf(['priced', 'fcfs'][i], violations))
    return overTimeFigure({ types: ['gpu'], counts: [1], rows } as unknown as ReplayComparison, [])
  }
  expect(figureOf(1).title).toBe('priced has 1 late query')
  expect(figureOf(1, 1234).title).toBe('fcfs has 1,234 late queries, priced 1')
  expect(figureOf(1).alt).toBe('priced: 1 late query, queue stable, gpu busy 50%.')
})

test('panels over time are as high as they are with short names, whatever the names', async () => {
  const heightOf = async (names: readonly string[]) => {
    const rows = [
      {
        ...{ policy: 'fcfs', violations: 0, verdict: 'stable', utilisation: names.map(() => 0.5) },
        queue: { edgesMs: [0, 1, 2], mean: [0, 1] },
      },
    ]
    const runs = [
      { policy: 'fcfs', edgesMs: [0, 1, 2], lateShare: [0, 0], utilisation: names.map(() => [0.5, 0.6]) },
    ]
    const counts = names.map(() => 1)
    const results = { types: names, counts, rows } as unknown as ReplayComparison
    const svg = await renderSvg(overTimeFigure(results, runs as never).spec, { inPage: true })
    return Number(/height="(\d+)"/.exec(svg)![1])
  }
  const long = ['nc4', 'nc8'].map((kind) => `standard-${kind}-with-local-disk.europe-west-1/zone-b`)
  expect(await heightOf(long)).toBe(await heightOf(['a', 'b']))
})

test.each([
  [4.81, ['0', '2', '4']],
  [60_000, ['0', '1', '10', '100', '1,000', '10,000']],
])('the axis of up to %d waiting queries has ticks along all of it', async (most, expected) => {
  const rows = [{ policy: 'fcfs', queue: { edgesMs: [0, 1, 2], mean: [0, most] } }]
  const panel = queuePanel({ rows } as unknown as ReplayComparison)
  const svg = await renderSvg({ ...panel, height: 110 } as Parameters<typeof renderSvg>[0])
  // the second axis is that of the queue
  const labels = svg.split('role-axis-label')[2]
  expect([...labels.matchAll(/>([\d,]+)<\/text>/g)].map(([, tick]) => tick)).toEqual(expected)
})

test('a trace without a rate has no caption about one', () => {
  const captionOf = (...arrivalMs: number[]) => {
    const trace = {
      arrivalMs: Float64Array.from(arrivalMs),
      batchSize: Float64Array.from(arrivalMs, () => 1),
    }
    return tracePage(describeTrace(trace)).sections[0].figures![0].caption
  }
  expect(captionOf(5, 5)).toBe('How many queries have which batch size.')
  expect(captionOf(5, 6, 9)).toContain('rate over time')
})

test('the colours of a page replace those of tags, and no text', () => {
  const name = 'gpu role="img"  x="#0072b2"'
  const mark = '<path aria-label="a" role="img" fill="#0072b2"></path>'
  expect(themedSvg(`<text fill="#3d464f">${name}</text>${mark}`)).toBe(
    `<text fill="var(--c-3d464f,#3d464f)">${name}</text><path fill="var(--c-0072b2,#0072b2)"></path>`,
  )
})

test('bars of a routing are as high as their shares, and none is pale', async () => {
  const bins = [1, 0.5, 0.01].map((share, i) => ({ from: 10 * i, to: 10 * i + 5, share }))
  const type = { name: 'gpu', count: 1, queries: 1, bins }
  const { spec, caption } = routingFigure({ types: [type], counts: [1] } as unknown as Explanation)
  const svg = await renderSvg(spec)
  const heights = [...svg.matchAll(/"bar" d="M[^v]*v([\d.]+)h/g)].map(([, height]) => height)
  expect(heights.map(Number)).toEqual([26, 14, expect.closeTo(2.24)])
  expect(svg).not.toMatch(/opacity="0\.\d/)
  expect(caption).toContain('height')
})

test('the bars of throughputs are pale below their intervals, and have an edge', async () => {
  const result = { policy: 'fcfs', mean: 90, halfWidth: 10, shareOfBound: 0.75 }
  const { spec } = capacityFigure({
    ...{ types: ['gpu'], counts: [1], results: [result], bound: 120 },
  } as unknown as Capacity)
  const [bar] = /<path[^>]*"bar"[^>]*>/.exec(await renderSvg(spec))!
  expect(bar).toContain('fill-opacity="0.3" stroke="#0072b2"')
})

test('a trace names its highest rate over the mean, and the steps of batch sizes that it has', () => {
  const trace = {
    arrivalMs: Float64Array.of(0, 400, 450, 500, 1000),
    batchSize: Float64Array.of(1, 9, 1, 1, 4),
  }
  const { title, subtitle, sections } = tracePage(describeTrace(trace))
  // three queries in one fifth of a second, and four gaps in a second
  expect(title).toBe('The rate peaks at 3.75 times its mean, 4 queries a second')
  expect(subtitle).toBe('5 queries in 1 s; the gaps have a coefficient of variation of 0.81')
  const [{ alt, data }] = sections[0].figures!
  expect(alt).toContain('half of them up to 1; the histogram has 3 steps with queries.')
  expect(data.rows.filter(([what, , , value]) => what === 'queries by batch size' && value !== 0)).toEqual([
    ['queries by batch size', 0, 1, 3],
    ['queries by batch size', 3, 4, 1],
    ['queries by batch size', 8, 9, 1],
  ])
})
