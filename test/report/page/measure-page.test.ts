import { expect, test } from 'vitest'
import type { Capacity } from '../../../src/model/results/capacity.ts'
import type { PolicyReplay, ReplayComparison } from '../../../src/model/results/replay.ts'
import { metricsOf } from '../../../src/replay/metrics.ts'
import { replay } from '../../../src/replay/replay.ts'
import { replayPage, withMeasured } from '../../../src/report/page/measure-page.ts'
import { replayTable } from '../../../src/report/replay/replay-table.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

test('a page names and prints the figures of a replay as the terminal does', () => {
  const workload = smallWorkload()
  const fleet = { types: ['fast', 'slow'], counts: [1, 1] }
  const trace = { arrivalMs: Float64Array.of(0, 0, 1, 50), batchSize: Float64Array.of(100, 1, 7, 2) }
  const run = replay({ workload, ...fleet, trace, policy: 'fcfs', service: 'mean' })
  const { model, qosMs, percentile } = workload
  const rows = [metricsOf(run)]
  const subject = { model, qosMs, percentile, ...fleet, slots: [1, 1] }
  const results = { ...subject, service: 'mean', seed: 1, rate: null, rows } as const
  const [heading, line] = replayTable(results, false).split('\n\n')[1].split('\n')
  const cells = (text: string) => text.trim().split(/\s{2,}/)
  const shown = new Map(cells(heading).map((name, i) => [name, cells(line)[i]]))
  const [{ columns, rows: printed }] = replayPage({ results, curves: [], overTime: [] }).sections[0].tables!
  const common = columns.filter(({ name }) => !name.endsWith(' busy')).map(({ name }) => name)
  expect(common).toContain('p99')
  for (const name of common) {
    expect([name, printed[0][columns.findIndex((column) => column.name === name)]]).toEqual([
      name,
      shown.get(name),
    ])
  }
  const busy = columns.flatMap(({ name }, i) => (name.endsWith(' busy') ? [[name, printed[0][i]]] : []))
  const [types, shares] = replayTable(results, false).split('\n\n')[2].split('\n').map(cells)
  expect(busy).toEqual(types.slice(1).map((type, i) => [`${type} busy`, shares[i + 1]]))
})

test('a measured ranking says in its heading what its best row sustains, and the bound beside the question', () => {
  const capacity = (mean: number, bound = 40) =>
    ({
      ...{ model: 'm', qosMs: 10, percentile: 99, types: ['gpu'], counts: [2], slots: [1], bound },
      ...{ queries: 100, repeats: 2, seed: 1, arrivals: 'poisson', service: 'mean' },
      results: [
        { policy: 'fcfs', mean: mean / 2, halfWidth: 1, shareOfBound: mean / 80, shareHalfWidth: 0 },
        { policy: 'priced', mean, halfWidth: 1, shareOfBound: mean / 40, shareHalfWidth: 0 },
      ],
    }) as unknown as Capacity
  const rows = [{ ...metrics, policy: 'priced' }] as unknown as PolicyReplay[]
  const results = { ...capacity(0), rate: null, rows } as unknown as ReplayComparison
  const pageOf = (mean: number, draws?: number) =>
    withMeasured(
      { title: 'gpu=2: at most 40.0', subtitle: 'm', sections: [] },
      { capacity: capacity(mean, draws), sweeps: [], results, curves: [], overTime: [] },
      { rank: 1, counts: [2], costPerHour: 1.5, bound: 40 },
    )
  expect(pageOf(30).title).toBe('gpu=2 sustains 30.0 queries a second for $1.5 an hour under priced')
  expect(pageOf(30).subtitle).toBe('m; the bound is 40.0 queries a second')
  // bounds of the draws above and below the measured rate, which exceeds the bound of the tables
  expect([50, 44].map((draws) => pageOf(45, draws).subtitle)).toEqual([
    'm; the bound is 40.0 queries a second, which these replays exceed because they draw other queries than the tables have',
    'm; the bound is 40.0 queries a second, which these replays exceed because they are short',
  ])
  const remarks = [pageOf(45, 50), pageOf(45, 44)].map(({ sections }) => sections[0].paragraphs!.slice(1))
  expect(remarks).toEqual([[], [expect.stringMatching(/^These replays are short: /)]])
  // nothing is said to be sustained where no rate is
  expect(pageOf(0).title).toBe('gpu=2: at most 40.0')
  for (const mean of [0, 30])
    expect(pageOf(mean).sections.map(({ id }) => id)).toEqual(['capacity', 'replay'])
})

const metrics = {
  ...{ queries: 4, violations: 1, verdict: 'stable', withinQos: true, utilisation: [0.5] },
  latencyMs: { avg: 1, p50: 1, p90: 1, p99: 1, max: 1 },
  queue: { edgesMs: [0, 1], mean: [0] },
}
