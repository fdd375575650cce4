import { expect, test } from 'vitest'
import type { LiveRunSummary } from '../../../src/model/results/live-run.ts'
import type { ReplayComparison } from '../../../src/model/results/replay.ts'
import { metricsOf } from '../../../src/replay/metrics.ts'
import { replay } from '../../../src/replay/replay.ts'
import { livePage } from '../../../src/report/page/live-page.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

/** A page of two runs of two queries; the second run has lost servers and has queries without an answer. */
function pageOf(lostServers: LiveRunSummary['lostServers'], unanswered = 0, fellBehind = false) {
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
    { policy: 'fcfs', queries: 2, failed: 0, lostServers: [] },
    { policy: 'priced', queries: 2, failed: unanswered, lostServers, fellBehind },
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
    'Queries that were not answered count as violations: 1 under priced. The latencies and pictures are of the answered queries.',
  )
  expect(sectionsOf([])[0].tables![0].note).toBeUndefined()
})

test('figures show the answered queries alone and say so: the others have no latency', () => {
  const [tail, overTime] = pageOf([], 1).sections[0].figures!
  expect(tail.title).toMatch(/^Of the answered queries, fcfs serves 100.00% within /)
  expect(tail.alt).toMatch(
    /^Answered queries alone. fcfs: 100.00% within .* priced: 100.00% within the target, median/,
  )
  expect(overTime.title).toBe('Of the answered queries, fcfs has 0 late queries of 2')
  expect(pageOf([]).sections[0].figures![1].title).toBe('fcfs has 0 late queries')
  expect(overTime.alt).toContain('priced: 0 late queries, queue stable')
})

test('a driver that fell behind is named below the table', () => {
  const [{ tables, figures }] = pageOf([], 0, true).sections
  expect(tables![0].note).toBe('The driver fell behind under priced: its lag spoils the latencies.')
  expect(figures![1].title).toBe('fcfs has 0 late queries')
})

test('runs of unequal length are compared by their shares, and an early end is named', () => {
  const figures = {
    ...{ verdict: 'stable', withinQos: true, utilisation: [1] },
    latencyMs: { avg: 1, p50: 1, p90: 1, p99: 1, max: 1 },
    queue: { edgesMs: [0, 1], mean: [0] },
  }
  const rows = [
    { ...figures, policy: 'fcfs', queries: 280, violations: 80 },
    { ...figures, policy: 'priced', queries: 100_000, violations: 150 },
  ]
  const subject = { model: 'm', qosMs: 10, percentile: 99, types: ['gpu'], counts: [1] }
  const results = { ...subject, service: 'sampled', seed: 1, rate: 20, rows } as unknown as ReplayComparison
  const summaries = [
    { policy: 'fcfs', queries: 300, failed: 0, endedEarly: true, open: 20, lostServers: [] },
    { policy: 'priced', queries: 100_000, failed: 0, endedEarly: false, open: 0, lostServers: [] },
  ] as unknown as LiveRunSummary[]
  const { title, subtitle, sections } = livePage({ results, curves: [], overTime: [] }, summaries)
  expect(title).toBe('priced serves 99.85% in time on gpu=1')
  expect(subtitle).toMatch(/; 300 to 100,000 queries at 20 a second, on live servers$/)
  const [{ tables, figures: drawn }] = sections
  expect(tables![0].rows.map((row) => row[2])).toEqual(['100', '150'])
  expect(tables![0].note).toBe(
    'The run under fcfs ended early: 20 queries were still open and count as violations. The latencies and pictures are of the answered queries.',
  )
  expect(drawn!.map((figure) => figure.title)).toEqual([
    'Of the answered queries, priced serves 99.85% within 10 ms; 99% are the target',
    'Of the answered queries, fcfs has 80 late queries of 280, priced 150 of 100,000',
  ])
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
