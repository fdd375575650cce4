/** Where pictures draw their points, lines and bars. */
import { expect, test } from 'vitest'
import type { PlanResult } from '../../../src/model/results/plan.ts'
import type { RankedConfiguration, RankingHead } from '../../../src/model/results/ranking.ts'
import type { Replay, ReplayComparison } from '../../../src/model/results/replay.ts'
import type { VerifiedSearch } from '../../../src/model/results/search.ts'
import type { TraceDescription } from '../../../src/model/results/trace-description.ts'
import { planPlot } from '../../../src/report/plots/plan-plot.ts'
import { type PlotSpec, renderSvg } from '../../../src/report/plots/plot.ts'
import { rankingPlot } from '../../../src/report/plots/ranking-plot.ts'
import { latencyCurve, latencyPanel, queuePanel, replayPlot } from '../../../src/report/plots/replay-plot.ts'
import { highestOfStretches, sampled, sampleNote } from '../../../src/report/plots/sample.ts'
import { searchPlot } from '../../../src/report/plots/search-plot.ts'
import { tracePlot } from '../../../src/report/plots/trace-plot.ts'

interface Drawn {
  readonly title: { readonly text: string; readonly subtitle: string | string[] }
  readonly width: number
  readonly data: { readonly values: readonly Record<string, unknown>[] }
  readonly mark: Record<string, unknown>
  readonly encoding: Record<string, Record<string, unknown>>
  readonly layer: readonly Drawn[]
  readonly vconcat: readonly Drawn[]
}

const drawn = (spec: unknown) => spec as Drawn

/** The width of a picture, pixels. */
const widthOf = (svg: string) => Number(/width="(\d+)"/.exec(svg)![1])

test('the tail of a latency goes from all queries to the slowest, or to one in ten thousand', () => {
  const tailOf = (latencyMs: Float64Array) => latencyCurve({ policy: 'fcfs', latencyMs } as Replay)
  const { policy, latencyMs, slower } = tailOf(Float64Array.of(5, 1, 3, 2, 4))
  expect([policy, latencyMs.length, slower.length]).toEqual(['fcfs', 201, 201])
  expect([slower[0], latencyMs[0]]).toEqual([100, 1])
  expect(slower[100]).toBeCloseTo(100 * Math.sqrt(0.2), 9)
  expect(slower.at(-1)).toBeCloseTo(20, 9)
  // four fifths of the way from the first to the last of five
  expect(latencyMs.at(-1)).toBeCloseTo(4.2, 9)
  expect(tailOf(new Float64Array(20_000)).slower.at(-1)).toBeCloseTo(0.01, 9)
})

const comparison = (edgesMs: readonly number[], mean: readonly number[], percentile = 99) =>
  ({
    ...{ model: 'm', qosMs: 20, percentile, types: ['cpu'], counts: [1], rate: 5 },
    rows: [{ policy: 'fcfs', queries: 2, queue: { edgesMs, mean } }],
  }) as unknown as ReplayComparison

test('queries waiting are drawn in the middle of their interval, with powers of ten on a long axis', async () => {
  const panel = drawn(queuePanel(comparison([0, 1000, 4000], [9, 12.5])))
  expect(panel.encoding.x.title).toBe('time (seconds)')
  expect(panel.data.values).toEqual([
    { policy: 'fcfs', at: 0.5, waiting: 9 },
    { policy: 'fcfs', at: 2.5, waiting: 12.5 },
  ])
  expect(panel.encoding.y.axis).toEqual({ values: [0, 1, 10] })
  expect(drawn(queuePanel(comparison([0, 1], [9.5]))).encoding.y.axis).toEqual({})
  expect(drawn(queuePanel(comparison([0, 1], [1000]))).encoding.y.axis).toEqual({
    values: [0, 1, 10, 100, 1000],
  })
  // the axis is no longer than the line: from 35 to 86.5 seconds
  const late = await renderSvg(queuePanel(comparison([10_000, 60_000, 113_000], [1, 2])) as PlotSpec)
  const ticks = [...late.split('role-axis-label')[1].matchAll(/>(\d+)<\/text>/g)].map(([, tick]) =>
    Number(tick),
  )
  expect(ticks.length).toBeGreaterThan(2)
  expect(ticks.filter((tick) => tick < 35 || tick > 86.5)).toEqual([])
})

test('the target and what may be late are dashed lines; where none may be late there is one', () => {
  const linesAt = (percentile: number) => {
    const [, tails] = drawn(replayPlot(comparison([0, 1], [1], percentile), [])).vconcat
    return tails.layer.slice(1).map(({ data, mark }) => [data.values[0], mark.type, mark.strokeDash])
  }
  const dashed = ['rule', [5, 4]]
  expect(linesAt(99)).toEqual([
    [{ 'latency target, ms': 20 }, ...dashed],
    [{ '% allowed': 1 }, ...dashed],
  ])
  expect(linesAt(100)).toEqual([[{ 'latency target, ms': 20 }, ...dashed]])
})

test('a target below all latencies, and a share below all others, stand apart from the axes', async () => {
  const panel = latencyPanel(comparison([0, 1], [1]), [
    { policy: 'fcfs', latencyMs: [30, 90], slower: [100, 5] },
  ])
  const svg = await renderSvg({ ...panel, height: 100 } as PlotSpec)
  const lines = svg
    .match(/<line [^>]*dasharray="5,4"/g)!
    .map((line) => /translate\(([^,]*),([^)]*)/.exec(line)!)
  const [target, allowed] = lines.map(([, x, y]) => ({ x: Number(x), y: Number(y) }))
  expect(target.x).toBeCloseTo(6, 6)
  expect(allowed.y).toBeCloseTo(100 - 6, 6)
})

const measured = (counts: number[], mean: number, halfWidth: number) => ({
  ...({ counts, costPerHour: 3, bound: 80, outcome: 'measured', mean, halfWidth } as const),
  ...{ rates: [mean], shareOfBound: 0.9, atBound: false, tied: false },
})

const search: VerifiedSearch = {
  ...{ policy: 'priced', service: 'sampled', arrivals: 'poisson', queries: 500, repeats: 2, seed: 1 },
  workload: { model: 'm', qosMs: 10, percentile: 99 },
  space: {
    types: ['gpu', 'cpu'].map((name) => ({ name, min: 0, max: 9, pricePerHour: 1, base: false })),
    budgetPerHour: 5,
  },
  considered: 100,
  rows: [{ rank: 1, ...measured([1, 2], 72, 4) }],
  evaluations: [
    measured([1, 2], 72, 4),
    { counts: [0, 2], costPerHour: 2, bound: 79, outcome: 'refuted', below: 60 },
    measured([2, 0], 3, 5),
    measured([2, 1], 70, Infinity),
  ],
  proof: {
    ...{ proven: true, endedEarly: false, gap: 0, measured: 3, refuted: 1 },
    ...{ nextBound: 71, replays: 9 },
  },
}

test('evaluations of a search are drawn in their order, the measured ones with intervals and above the others', () => {
  const { title, layer } = drawn(searchPlot(search))
  expect(title).toEqual({
    text: 'm: the best configuration, proven',
    subtitle: [
      'gpu=1,cpu=2 sustains 72.0 queries a second, no remaining bound exceeds 71.0',
      'from left to right: configurations in the order of their evaluation',
      'dashed line: the best measured rate',
    ],
  })
  const [level, intervals, points] = layer
  expect(level.data.values).toEqual([{ 'queries a second': 72 }])
  expect(intervals.data.values).toEqual([
    { evaluation: 1, low: 68, high: 76 },
    { evaluation: 3, low: 0, high: 8 },
  ])
  expect(points.data.values.map(({ evaluation, what, qps }) => [evaluation, what, qps])).toEqual([
    [1, 'fluid bound', 80],
    [2, 'fluid bound', 79],
    [2, 'refuted at', 60],
    [3, 'fluid bound', 80],
    [4, 'fluid bound', 80],
    [1, 'measured', 72],
    [3, 'measured', 3],
    [4, 'measured', 70],
  ])
  const { labelExpr } = points.encoding.x.axis as { labelExpr: string }
  expect(labelExpr).toBe('["gpu=1,cpu=2","cpu=2","gpu=2","gpu=2,cpu=1"][datum.value - 1]')
})

test('the legend of a search has only what is drawn', async () => {
  const { evaluations } = search
  const legendOf = async (some: VerifiedSearch['evaluations']) =>
    (await renderSvg(searchPlot({ ...search, evaluations: some }))).match(
      /fluid bound<|measured<|refuted at</g,
    )
  expect(await legendOf(evaluations)).toEqual(['fluid bound<', 'measured<', 'refuted at<'])
  const unrefuted = evaluations.filter(({ outcome }) => outcome === 'measured')
  expect(await legendOf(unrefuted)).toEqual(['fluid bound<', 'measured<'])
})

test('a search with a target has its line, and says so', () => {
  const proof = { ...search.proof, proven: false, nextBound: null }
  const { title, layer } = drawn(searchPlot({ ...search, proof, targetQps: 65, spare: 1 }))
  expect(title).toMatchObject({
    text: 'm: the cheapest for 65 q/s so far',
    subtitle: [
      'gpu=1,cpu=2 sustains 72.0 queries a second after the loss of any instance',
      expect.anything(),
      'dashed line: the target',
    ],
  })
  expect(layer[0].data.values).toEqual([{ 'queries a second': 65 }])
})

test('a trace is drawn by its windows and the steps of its sizes', () => {
  const description: TraceDescription = {
    ...{ queries: 30, durationMs: 4000, rate: 7.25, gapMeanMs: 138, gapCv: 1.234, indexOfDispersion: [] },
    rateOverTime: [
      { fromMs: 500, toMs: 2500, queries: 10, rate: 5 },
      { fromMs: 2500, toMs: 4500, queries: 20, rate: 10 },
    ],
    sizes: { min: 1, mean: 12.5, p50: 10, p90: 18, p99: 19, max: 20 },
    histogram: [
      { upTo: 10, count: 18, share: 0.6 },
      { upTo: 20, count: 12, share: 0.4 },
    ],
  }
  const { title, vconcat } = drawn(tracePlot(description))
  expect(title).toEqual({
    text: '30 queries in 4 s: 7.25 a second, cv of the gaps 1.23',
    subtitle: 'Batch sizes 1 to 20, mean 12.5, p50 10, p99 19; dashed line: the mean rate',
  })
  const [rates, sizes] = vconcat
  expect(rates.layer.map(({ data }) => data.values)).toEqual([
    // the last window ends where the trace does
    [
      { at: 0.5, rate: 5 },
      { at: 2.5, rate: 10 },
      { at: 4.5, rate: 10 },
    ],
    [{ 'mean rate': 7.25 }],
  ])
  const bars = [
    { above: 0, upTo: 10, count: 18 },
    { above: 10, upTo: 20, count: 12 },
  ]
  expect(sizes.data.values).toEqual(bars)
  const atOnce = drawn(tracePlot({ ...description, rate: null, gapCv: null, rateOverTime: [] }))
  expect(atOnce.title.text).toBe('30 queries')
  expect(atOnce.vconcat.map(({ data }) => data.values)).toEqual([bars])
})

test('slow configurations are on the line of the best, and costs that differ have no axis from 0', () => {
  const types = [{ name: 'cpu', min: 0, max: 9, pricePerHour: 1 }]
  const head: RankingHead = {
    ...{ workload: { model: 'm', qosMs: 10, percentile: 99 }, bound: 'fluid', considered: 3 },
    space: { types, budgetPerHour: 9 },
  }
  const rows: RankedConfiguration[] = [0.9, 0.4, 0].map((bound, i) => {
    return { rank: i + 1, counts: [3 - i], costPerHour: 3 - i, bound }
  })
  const [points, line] = drawn(rankingPlot(head, rows)).layer
  expect(points.encoding.x.scale).toEqual({ zero: false })
  expect(line.data.values).toEqual([
    { configuration: 'cpu=2', cost: 2, bound: 0.4 },
    { configuration: 'cpu=3', cost: 3, bound: 0.9 },
  ])
})

const window = (startS: number, rateQps: number) => {
  return { startS, rateQps, capacityQps: 30, costPerHour: 2, counts: [1], started: [0] }
}
const planOf = (rates: readonly number[]): PlanResult => ({
  ...{ model: 'm', types: ['a'], windowS: 60, utilisation: 1, cyclic: false, capacity: 'bound', cost: 1 },
  ...{ starts: 1, pricePerHour: [1], startDelayS: [0], startFee: [0] },
  windows: rates.map((rate, w) => window(60 * w, rate)),
})

test('of a long plan the highest window of each stretch is drawn, and many areas have no edges', () => {
  // two windows a stretch, of which the second is the higher one in every other stretch
  const rates = Array.from({ length: 3000 }, (_, w) => [5, 4, 3, 6][w % 4])
  const highest = highestOfStretches(planOf(rates).windows)
  expect(highest).toHaveLength(1500)
  expect(highest.slice(0, 3)).toEqual([window(0, 5), window(120, 6), window(240, 5)])
  expect(JSON.stringify(drawn(planPlot(planOf(rates))).title)).toContain('drawn: the highest window')
  const edgeOf = (windows: number) =>
    drawn(planPlot(planOf(rates.slice(0, windows)))).vconcat[1].mark.stroke as string | undefined
  expect([edgeOf(200), edgeOf(201)]).toEqual(['#ffffff', undefined])
  const few = planOf(rates.slice(0, 1500)).windows
  expect(highestOfStretches(few)).toBe(few)
})

test('a sample has the first and the last of its values, and says how many it leaves out', () => {
  const values = Array.from({ length: 2999 }, (_, i) => i)
  expect(sampled(values)).toEqual(Array.from({ length: 1500 }, (_, i) => 2 * i))
  expect(sampled(values.slice(0, 1500))).toEqual(values.slice(0, 1500))
  expect(sampleNote(2999, 'rows')).toBe(' Shows 1,500 of 2,999 rows, at even distances.')
  expect(sampleNote(1500, 'rows')).toBe('')
})

test('a page gives all plots of a column its width', async () => {
  const spec = planPlot(planOf([1, 2]))
  const [narrow, wide] = await Promise.all(
    [300, 500].map((width) => renderSvg(spec, { inPage: true, width })),
  )
  expect(widthOf(wide) - widthOf(narrow)).toBe(200)
  for (const axis of ['queries a second', 'instances', 'dollars an hour'])
    expect(narrow).toContain(`>${axis}</text>`)
})
