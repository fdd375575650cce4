import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  tellFailures,
  tellLostServers,
  tellRefusedBatches,
  tellWrongTables,
} from '../../../src/cli/output/live-problems.ts'
import { liveSummary } from '../../../src/cli/output/live-summary.ts'
import type { LiveRun } from '../../../src/model/results/live-run.ts'
import { liveRunText } from '../../../src/report/replay/live-run.ts'
import { createRecording, liveRunOf } from '../../../src/serve/driver/recording.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

let told = ''
let exitCode: typeof process.exitCode
beforeEach(() => {
  told = ''
  exitCode = process.exitCode
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += text
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = exitCode
})

const types = ['fast', 'slow']
const trace = { arrivalMs: Float64Array.of(0, 10, 20, 30), batchSize: new Float64Array(4).fill(1) }

/** Four queries with a target of 20 ms: one in time, one of 20 ms with its waiting, one late, one failed. */
function served(counts: readonly number[]): LiveRun {
  const recording = createRecording(4, 1)
  recording.startMs.set([0, 15, 41, 41])
  recording.finishMs.set([5, 32, 60, Number.NaN])
  // the server tells the service time of one of its answers
  recording.exeMs.set([Number.NaN, 15, Number.NaN, Number.NaN])
  recording.instance.fill(0)
  recording.failures.push({ query: 3, instance: 0, reason: 'lost' })
  const settings = { workload: smallWorkload(), types, counts, slots: undefined, trace, policy: 'fcfs' }
  const run = liveRunOf({ ...settings, instanceType: Int32Array.of(0) }, recording, 4)
  return { ...run, endedEarly: false }
}

function summaryOf(counts: readonly number[], prices: Record<string, number>, run?: LiveRun) {
  const asked = { workload: smallWorkload(), configuration: { types, counts }, trace, seed: 1 }
  const addressOf = (slot: number) => `server ${slot}`
  return liveSummary(run ?? served(counts), {
    ...asked,
    prices: new Map(Object.entries(prices)),
    addressOf,
  })
}

test('a failed query is outside the target, and the published figures count waiting and service', () => {
  const { queries, failed, violations, insideQos, open, published } = summaryOf([1, 0], { fast: 0.5 })
  expect({ queries, failed, violations, insideQos, open }).toEqual({
    ...{ queries: 4, failed: 1, violations: 2, insideQos: 0.25, open: 0 },
  })
  expect(published).toEqual({
    ...{ instances: 1, types: { fast: 1, slow: 0 }, costPerHour: 0.5, nonViolation: 50, violation: 50 },
    throughput: 4000 / 41,
  })
})

test('a cost is that of the types in use, without rounding errors, if all of them have a price', () => {
  const costOf = (counts: number[], prices: Record<string, number>) =>
    summaryOf(counts, prices).published.costPerHour
  expect(costOf([1, 1], { fast: 0.1, slow: 0.2 })).toBe(0.3)
  expect(costOf([1, 0], { fast: 0.1 })).toBe(0.1)
  expect(costOf([1, 1], { fast: 0.1 })).toBeUndefined()
})

test('where a price is unknown, the cost names the flag that gives it', () => {
  const linesOf = (prices: Record<string, number>) =>
    liveRunText([summaryOf([1, 1], prices)], false).split('\n')
  expect(linesOf({ fast: 0.1 })).toContain('cloud cost: unknown (--space gives the prices)')
  expect(linesOf({ fast: 0.1, slow: 0.2 })).toContain('cloud cost: $0.3/hr')
})

test('failures are counted by server and reason, of which ten are told', () => {
  const reasons = ['lost', 'lost', ...Array.from({ length: 11 }, (_, i) => `reason ${i}`)]
  const failures = reasons.map((reason, query) => ({ query, instance: 0, reason }))
  tellFailures({ ...served([1, 0]), failures }, (slot) => `server ${slot}`)
  const lines = told.trimEnd().split('\n')
  expect(lines.slice(0, 3)).toEqual([
    'fcfs: 13 queries were not answered',
    '  2 x server 0: lost',
    '  1 x server 0: reason 0',
  ])
  expect(lines).toHaveLength(11)
  expect(process.exitCode).toBe(1)
})

test('a single failure is one query, and the server that the run has lost by it is told', () => {
  const run = {
    ...served([1, 0]),
    failures: [{ query: 3, instance: 1, reason: 'UNAVAILABLE gone' }],
    lostServers: [{ instance: 1, atMs: 4_210, reason: 'UNAVAILABLE gone' }],
  }
  tellFailures(run, (slot) => `server ${slot}`)
  tellLostServers(summaryOf([1, 0], {}, run))
  expect(told.trimEnd().split('\n')).toEqual([
    'fcfs: 1 query was not answered',
    '  1 x server 1: UNAVAILABLE gone',
    'fcfs: server 1 was lost after 4.21 s: UNAVAILABLE gone; it was not taken back',
  ])
})

test('a line for each lost server says how often it was lost and when it was taken back', () => {
  const loss = (instance: number, atMs: number, backMs?: number) => {
    const then = backMs === undefined ? { problem: 'the model "m" is not ready' } : { backMs }
    return { instance, atMs, reason: 'UNAVAILABLE gone', ...then }
  }
  const lostServers = [loss(0, 1_000, 3_000), loss(1, 2_000, 3_000), loss(2, 2_500), loss(1, 4_000)]
  const summary = summaryOf([1, 0], {}, { ...served([1, 0]), lostServers })
  // two slots of one server, and another server
  const ofTwo = summary.lostServers.map((loss) => ({ ...loss, address: loss.instance === 0 ? 'a:1' : 'b:1' }))
  tellLostServers({ ...summary, lostServers: ofTwo })
  expect(told.trimEnd().split('\n')).toEqual([
    'fcfs: a:1 was lost after 1 s: UNAVAILABLE gone; it was taken back after 3 s',
    'fcfs: b:1 was lost 3 times, first after 2 s: UNAVAILABLE gone; it was not taken back: the model "m" is not ready',
  ])
  expect(summary.lostServers[0]).toEqual({ address: 'server 0', ...lostServers[0] })
})

test('a run without failures is done, and tells nothing', () => {
  tellFailures({ ...served([1, 0]), failures: [] }, () => 'a')
  tellLostServers(summaryOf([1, 0], {}))
  tellRefusedBatches(served([1, 0]), () => 'a')
  expect([told, process.exitCode]).toEqual(['', exitCode])
})

test('of the joined requests that a server refuses the first of the largest is told', () => {
  const refused = (instance: number, items: number, reason: string) => ({ instance, items, reason })
  const refusedBatches = [refused(0, 4, 'a'), refused(0, 9, 'b'), refused(1, 9, 'c'), refused(2, 5, 'd')]
  // two slots of one server, and another server
  const run = { ...served([1, 0]), refusedBatches } as LiveRun
  tellRefusedBatches(run, (slot) => (slot < 2 ? 'one:1' : 'two:2'))
  expect(told.split('\n').map((line) => line.split(';')[0])).toEqual([
    'fcfs: one:1 refused 3 joined requests, the largest of 9 items: b',
    'fcfs: two:2 refused 1 joined request, the largest of 5 items: d',
    '',
  ])
})

/** A run of queries of one item, each of which takes some time at the only server, whose table says 1 ms. */
function runOf(queries: number, tookMs: number, more: Partial<LiveRun> = {}): LiveRun {
  const startMs = new Float64Array(queries)
  return {
    ...served([1, 0]),
    batchSize: new Float64Array(queries).fill(1),
    startMs,
    finishMs: startMs.map(() => tookMs),
    exeMs: new Float64Array(queries).fill(Number.NaN),
    instance: new Int32Array(queries),
    ...more,
  }
}

test.each([
  ['slower', 2.5, '2.5'],
  ['faster', 0.5, '0.5'],
  ['faster', 0.04, '0.04'],
  ['slower', 123, '120'],
])('servers that are far %s than their table are told by type', (_what, tookMs, ratio) => {
  tellWrongTables(runOf(20, tookMs), smallWorkload())
  expect(told).toBe(
    `fcfs: fast took ${ratio} times as long as its latency table says: measure it again, or look at its servers\n`,
  )
})

test.each([
  ['close to the table', runOf(20, 1.4)],
  ['a few queries', runOf(19, 10)],
  ['close by the report of its server', runOf(20, 10, { exeMs: new Float64Array(20).fill(1.1) })],
  ['batches, which take the time of their totals', runOf(20, 10, { formsBatches: true })],
])('nothing is told of %s', (_what, run) => {
  tellWrongTables(run, smallWorkload())
  expect(told).toBe('')
})

test('a time that is little against the target is no reason to measure again', () => {
  tellWrongTables(runOf(20, 2.5), { ...smallWorkload(), qosMs: 100 })
  expect(told).toBe('')
})
