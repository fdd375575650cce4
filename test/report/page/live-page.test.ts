import { expect, test } from 'vitest'
import type { LiveRunSummary } from '../../../src/model/results/live-run.ts'
import { metricsOf } from '../../../src/replay/metrics.ts'
import { replay } from '../../../src/replay/replay.ts'
import { livePage } from '../../../src/report/page/live-page.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

/** A page of two runs of two queries; the second run has lost servers and has queries without an answer. */
function pageOf(lostServers: LiveRunSummary['lostServers'], unanswered = 0) {
  const workload = smallWorkload()
  const fleet = { types: ['fast', 'slow'], counts: [1, 1] }
  const rows = ['fcfs', 'priced'].map((policy, i) => {
    const answered = i === 0 ? 2 : 2 - unanswered
    const trace = { arrivalMs: new Float64Array(answered), batchSize: new Float64Array(answered).fill(1) }
    return metricsOf(replay({ workload, ...fleet, trace, policy, service: 'mean' }))
  })
  const { model, qosMs, percentile } = workload
  const results = { model, qosMs, percentile, ...fleet, service: 'sampled', seed: 1, rate: 20, rows } as const
  const summaries = [
    { policy: 'fcfs', queries: 2, lostServers: [] },
    { policy: 'priced', queries: 2, lostServers },
  ]
  return livePage({ results, curves: [], overTime: [] }, summaries as never)
}

const sectionsOf = (lostServers: LiveRunSummary['lostServers']) => pageOf(lostServers).sections

test('queries that were not answered count as violations, with a note', () => {
  const [table] = pageOf([], 1).sections[0].tables!
  expect(table.rows.map((row) => [...row.slice(0, 3), row.at(-1)])).toEqual([
    ['fcfs', '100.00%', '0', 'stable, inside QoS'],
    ['priced', '50.00%', '1', 'stable, misses QoS'],
  ])
  expect(table.note).toBe(
    'Queries that were not answered count as violations: 1 under priced. The latencies and pictures are of the others.',
  )
  expect(sectionsOf([])[0].tables![0].note).toBeUndefined()
})

test('a page says that the service times are those of servers, not drawn', () => {
  const page = pageOf([])
  expect(page.subtitle).toMatch(/; 2 queries at 20 a second, on live servers$/)
  expect(page.sections[0].paragraphs).toEqual(['2 queries at 20 a second, on live servers.'])
})

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
