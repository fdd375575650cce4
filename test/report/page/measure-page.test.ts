import { expect, test } from 'vitest'
import { metricsOf } from '../../../src/replay/metrics.ts'
import { replay } from '../../../src/replay/replay.ts'
import { replayPage } from '../../../src/report/page/measure-page.ts'
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
  const [heading, line] = [...replayTable(results, false)][2].trimEnd().split('\n')
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
})
