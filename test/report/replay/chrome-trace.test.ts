/** Timelines follow the Trace Event Format: phases, required fields, microseconds, arrows inside spans. */

import { beforeAll, expect, test } from 'vitest'
import { generateTrace, type Replay, replay } from '../../../src/core.ts'
import { readWorkload } from '../../../src/index.ts'
import { chromeTrace } from '../../../src/report/replay/chrome-trace.ts'

interface Event {
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur: number
  readonly id: number
  readonly name: string
  readonly cat: string
  readonly bp: string
  readonly args: Record<string, number | string>
}

let run: Replay
let events: Event[]
beforeAll(async () => {
  const workload = await readWorkload('rm2')
  const trace = generateTrace({ arrivals: 'poisson', rate: 90, queries: 300, seed: 1, mix: workload.mix })
  const types = ['g4dn.xlarge', 'r5n.large']
  run = replay({ workload, trace, types, counts: [2, 9], policy: 'fcfs', service: 'sampled' })
  events = JSON.parse([...chromeTrace(run)].join('')).traceEvents
})

const of = (phase: string, pid?: number) => {
  return events.filter((event) => event.ph === phase && (pid === undefined || event.pid === pid))
}

test('every event has a phase, a process, a row and a time', () => {
  for (const event of events) {
    expect('XsfMC').toContain(event.ph)
    for (const field of ['pid', 'tid', 'ts'] as const) expect(event[field]).toBeGreaterThanOrEqual(0)
    expect(event.name).not.toBe('')
  }
})

test('each instance has a row with its type', () => {
  const names = of('M', 1).filter(({ name }) => name === 'thread_name')
  expect(names.map(({ args }) => args.name)).toEqual(
    Array.from(run.instanceType, (type, instance) => `${run.types[type]} #${instance}`),
  )
})

test('arrivals stand above the instances, which stand in their order', () => {
  const orderOf = (name: string) =>
    of('M').flatMap(({ pid, tid, args, ...event }) =>
      event.name === name ? [[pid, tid, args.sort_index]] : [],
    )
  expect(orderOf('process_sort_index')).toEqual([
    [1, 0, 2],
    [2, 0, 1],
  ])
  expect(orderOf('thread_sort_index')).toEqual(Array.from({ length: 11 }, (_, i) => [1, i + 1, i]))
})

test('each query is a span on its instance, with batch size, wait and deadline', () => {
  const spans = of('X', 1)
  expect(spans).toHaveLength(300)
  for (const { args, tid, ts, dur, cat } of spans) {
    const query = Number(args.query)
    expect(tid).toBe(run.instance[query] + 1)
    expect(ts).toBeCloseTo(1000 * run.startMs[query], 2)
    expect(ts + dur).toBeCloseTo(1000 * run.finishMs[query], 2)
    expect(args).toMatchObject({
      batch_size: run.batchSize[query],
      wait_ms: run.startMs[query] - run.arrivalMs[query],
      deadline_ms: run.arrivalMs[query] + run.qosMs,
    })
    expect(cat).toBe(run.latencyMs[query] > run.qosMs ? 'late' : 'in time')
  }
})

test('spans of a row do not overlap', () => {
  for (const [instance] of run.instanceType.entries()) {
    const spans = of('X', 1).filter(({ tid }) => tid === instance + 1)
    const sorted = spans.toSorted((a, b) => a.ts - b.ts)
    for (let i = 1; i < sorted.length; i++) {
      expect(sorted[i].ts).toBeGreaterThanOrEqual(sorted[i - 1].ts + sorted[i - 1].dur - 0.002)
    }
  }
})

test('an arrow leads from each arrival to its start, and both ends are inside spans', () => {
  const inside = ({ pid, tid, ts }: Event) => {
    return of('X', pid).some((span) => span.tid === tid && span.ts <= ts && ts <= span.ts + span.dur)
  }
  const ends = new Map(of('f').map((event) => [event.id, event]))
  for (const begin of of('s')) {
    const end = ends.get(begin.id)!
    expect([begin.cat, begin.name]).toEqual([end.cat, end.name])
    expect(end.bp).toBe('e')
    expect(end.ts).toBeGreaterThanOrEqual(begin.ts)
    expect(inside(begin) && inside(end)).toBe(true)
  }
  expect(ends.size).toBe(300)
})

test('the number of waiting queries is that of the replay', () => {
  expect(Math.max(...of('C').map(({ args }) => Number(args.queries)))).toBeGreaterThan(1)
  // at every arrival and every start
  const changes = new Set([...run.arrivalMs, ...run.startMs].map((ms) => Math.round(1e6 * ms) / 1e3))
  expect(new Set(of('C').map(({ ts }) => ts))).toEqual(changes)
  for (const { ts, args } of of('C')) {
    const at = ts / 1000
    const waiting = run.arrivalMs.filter(
      (ms, query) => ms <= at + 1e-6 && run.startMs[query] > at + 1e-6,
    ).length
    expect(args.queries).toBe(waiting)
  }
})

test('queries of one batch are spans inside the span of their batch', async () => {
  const workload = { ...(await readWorkload('mtwnd')), batching: { maxBatch: 1000 } }
  const trace = generateTrace({ arrivals: 'poisson', rate: 900, queries: 300, seed: 1, mix: workload.mix })
  const batched = replay({ workload, trace, types: ['g4dn.xlarge'], counts: [3], policy: 'deadline' })
  const spans: Event[] = JSON.parse([...chromeTrace(batched)].join('')).traceEvents.filter(
    ({ ph, pid }: Event) => ph === 'X' && pid === 1,
  )
  const shared = spans.filter(({ cat }) => cat === 'batch')
  expect(shared.length).toBeGreaterThan(20)
  for (const { args, ts, dur, tid, name } of shared) {
    const members = spans.filter((span) => span.cat !== 'batch' && span.args.batch === args.batch)
    const items = members.reduce((sum, member) => sum + Number(member.args.batch_size), 0)
    expect(members.length).toBeGreaterThan(1)
    expect(name).toBe(`${members.length} queries: ${items} items`)
    for (const member of members) {
      expect(member.tid).toBe(tid)
      expect(member.ts).toBe(ts)
      expect(member.ts + member.dur).toBeLessThanOrEqual(ts + dur)
    }
  }
})
