import { expect, test } from 'vitest'
import type { LiveRunSummary } from '../../../src/model/results/live-run.ts'
import { metricsOf } from '../../../src/replay/metrics.ts'
import { replay } from '../../../src/replay/replay.ts'
import { livePage } from '../../../src/report/page/live-page.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

/** The sections of a page of two runs, of which the second one has lost servers. */
function sectionsOf(lostServers: LiveRunSummary['lostServers']) {
  const workload = smallWorkload()
  const fleet = { types: ['fast', 'slow'], counts: [1, 1] }
  const trace = { arrivalMs: Float64Array.of(0, 0), batchSize: Float64Array.of(1, 1) }
  const run = replay({ workload, ...fleet, trace, policy: 'fcfs', service: 'mean' })
  const { model, qosMs, percentile } = workload
  const rows = [metricsOf(run)]
  const results = { model, qosMs, percentile, ...fleet, service: 'mean', seed: 1, rate: null, rows } as const
  const summaries = [
    { policy: 'fcfs', lostServers: [] },
    { policy: 'priced', lostServers },
  ]
  return livePage({ results, curves: [], overTime: [] }, summaries as never).sections
}

test('a page lists the servers that a run has lost, one row for each', () => {
  const loss = { address: 'a:1', instance: 0, atMs: 1_000, reason: 'UNAVAILABLE gone' }
  const sections = sectionsOf([
    { ...loss, backMs: 3_000 },
    { ...loss, address: 'b:1', instance: 1, atMs: 2_000, problem: 'the model "m" is not ready' },
    { ...loss, atMs: 4_000, backMs: 4_500 },
  ])
  expect(sections.map(({ id }) => id)).toEqual(['replay', 'lost-servers'])
  expect(sections[1].tables![0].rows).toEqual([
    ['priced', 'a:1', '2', '1 s', 'UNAVAILABLE gone', 'taken back after 4.5 s'],
    ['priced', 'b:1', '1', '2 s', 'UNAVAILABLE gone', 'not taken back: the model "m" is not ready'],
  ])
})

test('a page of runs that have lost none says nothing of it', () => {
  expect(sectionsOf([]).map(({ id }) => id)).toEqual(['replay'])
})
