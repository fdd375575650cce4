/** Plans of what a request would wait for, against one that is made by hand. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_BATCH_QUERIES } from '../../../../src/model/workload/batching.ts'
import type { Workload } from '../../../../src/model/workload/workload.ts'
import { createLateness } from '../../../../src/serve/router/admission/lateness.ts'
import { createPlanner } from '../../../../src/serve/router/admission/plan.ts'
import type { Request, Slot } from '../../../../src/serve/router/fleet/attempt.ts'
import type { Job } from '../../../../src/serve/router/job.ts'
import { smallWorkload } from '../../../fixtures/small-workload.ts'

const TARGET_MS = 60
const LARGEST = 110

/** Times that do not vary, and that batches share: 10 or 30 ms to begin with. */
const latency = {
  types: ['fast', 'slow'],
  batchSizes: Float64Array.of(10, 20, 40, 100, 110),
  meanMs: Float64Array.of(10, 15, 20, 38, 40, 30, 35, 50, 70, 120),
}
const bins = latency.batchSizes.length
const workload: Workload = {
  ...smallWorkload(),
  latency: {
    ...smallWorkload().latency,
    ...latency,
    knotsMs: Float64Array.from({ length: 3 * 2 * bins }, (_, i) => latency.meanMs[Math.floor(i / 3)]),
  },
}
const batched = { ...workload, batching: { maxBatch: LARGEST } }

interface Server {
  readonly type: number
  readonly idleMs: number
  readonly slowdown: number
}

interface Query {
  readonly bin: number
  readonly arrivalMs: number
}

const slotOf = ({ type, idleMs, slowdown }: Server) => ({ member: { type }, idleMs, slowdown }) as Slot
const requestOf = ({ bin, arrivalMs }: Query) => ({ bin, job: { arrivalMs } }) as Request

/** When the last of the queries is answered; every server is looked at, and keeps the queries of its last batch. */
function finishByHand(queries: readonly Query[], servers: readonly Server[], joins: boolean, nowMs = 0) {
  const fastestMs = Math.min(
    ...servers.map(({ type, slowdown }) => slowdown * latency.meanMs[(type + 1) * bins - 1]),
  )
  const planned = servers.map(({ type, slowdown, idleMs }) => ({
    serviceMs: (size: number) => {
      const bin = latency.batchSizes.findIndex((largest) => size <= largest)
      return bin < 0 ? Infinity : slowdown * latency.meanMs[type * bins + bin]
    },
    weight: fastestMs / (slowdown * latency.meanMs[(type + 1) * bins - 1]),
    idleMs: Math.max(idleMs, nowMs),
    startMs: 0,
    batch: [] as Query[],
  }))
  let finishMs = Infinity
  for (const query of queries) {
    const size = latency.batchSizes[query.bin]
    const choices = planned.map((server) => {
      const { batch, startMs, idleMs, serviceMs, weight } = server
      const total = batch.reduce((sum, { bin }) => sum + latency.batchSizes[bin], size)
      const togetherMs = startMs + serviceMs(total)
      const joinsBatch =
        joins &&
        batch.length > 0 &&
        batch.length < MAX_BATCH_QUERIES &&
        togetherMs <= batch[0].arrivalMs + TARGET_MS
      const doneMs = joinsBatch ? togetherMs : idleMs + serviceMs(size)
      return { server, joinsBatch, doneMs, cost: weight * (doneMs - nowMs) }
    })
    const inTime = choices.filter(({ doneMs }) => doneMs - query.arrivalMs <= TARGET_MS)
    const [best] =
      inTime.length > 0
        ? inTime.toSorted((a, b) => a.cost - b.cost)
        : choices.toSorted((a, b) => a.doneMs - b.doneMs)
    if (best === undefined) return Infinity
    const { server, joinsBatch, doneMs } = best
    server.startMs = joinsBatch ? server.startMs : server.idleMs
    server.batch = joinsBatch ? [...server.batch, query] : [query]
    server.idleMs = finishMs = doneMs
  }
  return finishMs
}

/** When one more query is answered, by a plan of the others. */
function finishOf(
  given: Workload,
  groups: readonly (readonly Server[])[],
  queries: readonly Query[],
  joins = true,
  nowMs = 0,
) {
  const waiting = queries.slice(0, -1).map(requestOf)
  const plan = createPlanner(
    given,
    TARGET_MS,
  )({
    groups: groups.map((servers) => servers.map(slotOf)),
    ...{ waiting, joins, nowMs },
  })
  const { bin, arrivalMs } = queries.at(-1)!
  return plan.place(bin, arrivalMs, nowMs)?.doneMs ?? Infinity
}

const query = fc.record({
  bin: fc.integer({ min: 0, max: bins - 1 }),
  arrivalMs: fc.integer({ min: -80, max: 0 }),
})
/** @param sinceMs the earliest moment from which it may be idle */
const server = (slowdown: fc.Arbitrary<number>, sinceMs = 0.01) =>
  fc.record({
    type: fc.integer({ min: 0, max: 1 }),
    idleMs: fc.double({ min: sinceMs, max: 90.7, noNaN: true }),
    slowdown,
  })
const queries = fc.array(query, { minLength: 1, maxLength: 20 })

test('a plan by server finds the finish of each query, with batches and without', () => {
  const servers = fc.array(server(fc.double({ min: 0.5, max: 3, noNaN: true }), -20.3), { maxLength: 12 })
  fc.assert(
    fc.property(servers, queries, fc.boolean(), (fleet, asked, joins) => {
      const groups = fleet.map((one) => [one])
      expect(finishOf(batched, groups, asked, joins)).toBeCloseTo(finishByHand(asked, fleet, joins), 9)
    }),
    { numRuns: 500 },
  )
})

test('a plan by type is the one by server where the servers of a type are equally fast, made anew or continued', () => {
  const servers = fc.array(server(fc.constant(1)), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(servers, queries, (fleet, asked) => {
      const groups = [0, 1]
        .map((type) => fleet.filter((one) => one.type === type))
        .filter(({ length }) => length > 0)
      const continued = createPlanner(
        workload,
        TARGET_MS,
      )({
        groups: groups.map((own) => own.map(slotOf)),
        ...{ waiting: [], joins: true, nowMs: 0 },
      })
      asked.forEach(({ bin, arrivalMs }, i) => {
        const finishMs = finishByHand(asked.slice(0, i + 1), fleet, false)
        expect(finishOf(workload, groups, asked.slice(0, i + 1))).toBeCloseTo(finishMs, 9)
        const place = continued.place(bin, arrivalMs, 0)!
        expect(place.doneMs).toBeCloseTo(finishMs, 9)
        continued.take(place, bin, arrivalMs)
      })
    }),
    // of two types that cost the same, as idle ones do for the largest batch, the plans may take different ones
    { seed: 7, numRuns: 300 },
  )
})

test('a job is expected to finish by the better plan, with batches or without', () => {
  const servers = fc.array(server(fc.double({ min: 0.5, max: 3, noNaN: true })), {
    minLength: 1,
    maxLength: 4,
  })
  const lateness = createLateness({ ...batched, qosMs: TARGET_MS / 0.98 }, { share: 0 })
  const differing = new Set<boolean>()
  fc.assert(
    fc.property(servers, queries, (fleet, asked) => {
      const slots = fleet.map(slotOf)
      const { bin, arrivalMs } = asked.at(-1)!
      const { latencyMs } = lateness.expected({ arrivalMs } as Job, bin, {
        requests: new Map(asked.slice(0, -1).map((one, i) => [i, requestOf(one)])),
        slots: { size: slots.length, all: () => slots.values() },
        nowMs: 0,
      })
      const [joined, alone] = [true, false].map((joins) => finishByHand(asked, fleet, joins))
      expect(latencyMs).toBeCloseTo(Math.min(joined, alone) - arrivalMs, 9)
      if (joined !== alone) differing.add(joined < alone)
    }),
    { numRuns: 500 },
  )
  expect(differing).toEqual(new Set([true, false]))
})

test('each accepted job of a large fleet takes a place, and no other', () => {
  const lateness = createLateness({ ...workload, qosMs: 1000 }, { share: 0 })
  const slots = Array.from({ length: 100 }, () => slotOf({ type: 0, idleMs: 0, slowdown: 1 }))
  const before = { requests: new Map(), slots: { size: 100, all: () => slots.values() }, nowMs: 0 }
  const job = { arrivalMs: 0 } as Job
  const latencies = Array.from({ length: 202 }, (_, i) => {
    const expected = lateness.expected(job, 0, before)
    if (i % 2 === 0) lateness.accepted(job, 0, expected)
    return expected.latencyMs
  })
  expect(latencies).toEqual([...new Array(199).fill(10), 20, 20, 20])
})

describe('the planned finish', () => {
  const fast = { type: 0, idleMs: 0, slowdown: 1 }
  const slow = { type: 1, idleMs: 0, slowdown: 1 }
  const small = (count: number, arrivalMs = 0) => Array.from({ length: count }, () => ({ bin: 0, arrivalMs }))

  test('is that of the cheapest server that meets the target, or else the earliest', () => {
    // a millisecond of the fast server costs three times as much
    expect(finishOf(workload, [[fast], [slow]], [{ bin: 1, arrivalMs: 0 }])).toBe(35)
    expect(finishOf(workload, [[fast], [slow]], [{ bin: 1, arrivalMs: -40 }])).toBe(15)
    expect(finishOf(workload, [[fast], [slow]], [{ bin: 1, arrivalMs: -80 }])).toBe(15)
  })

  test('comes behind the queries that wait and those that run', () => {
    expect(finishOf(workload, [[fast]], small(2))).toBe(20)
    expect(finishOf(workload, [[{ ...fast, idleMs: 7 }]], small(2))).toBe(27)
    // an idle server starts now, not in the past
    expect(finishOf(workload, [[fast]], small(2), true, 100)).toBe(120)
    const since = [7, 50, 105].map((idleMs) => ({ ...fast, idleMs }))
    const finishes = [1, 2, 3, 4].map((count) => finishOf(workload, [since], small(count), true, 100))
    expect(finishes).toEqual([110, 110, 115, 120])
  })

  test('is that of the last batch where the query fits, and delays its oldest query no further than to its target', () => {
    const finishes = [1, 2, 3, 4, 5, 11, 12].map((count) => finishOf(batched, [[fast]], small(count)))
    expect(finishes).toEqual([10, 15, 20, 20, 38, 40, 50])
    // five take 38 ms together, which is too late for the first
    expect(finishOf(batched, [[fast]], small(5, -30))).toBe(30)
    // three take 20 ms together, which is just in time for the first
    expect(finishOf(batched, [[fast]], small(3, -40))).toBe(20)
    expect(finishOf(batched, [[fast]], small(2), false)).toBe(20)
  })

  test('counts on the time that 19 of 20 queries take, and a cost by the mean', () => {
    const varied = {
      ...workload,
      latency: {
        ...workload.latency,
        batchSizes: Float64Array.of(10, 20),
        meanMs: Float64Array.of(10, 20, 20, 30),
        knotsMs: Float64Array.of(10, 10, 10, 20, 20, 20, 20, 20, 20, 10, 15, 65),
      },
    }
    expect(finishOf(varied, [[slow]], [{ bin: 1, arrivalMs: 0 }])).toBeCloseTo(60, 9)
    // a millisecond of the slow server costs two thirds of one of the fast server, by their means
    expect(finishOf(varied, [[fast], [slow]], small(1))).toBe(10)
  })

  test('counts on the mean slowdown of slots that are equally fast', () => {
    expect(finishOf(workload, [[fast, { ...fast, slowdown: 1.2 }]], small(1))).toBe(11)
  })

  test('is never without a server, and does not count a query that is not accepted', () => {
    expect(finishOf(workload, [], small(1))).toBe(Infinity)
    const plan = createPlanner(
      workload,
      TARGET_MS,
    )({
      groups: [[slotOf(fast)]],
      ...{ waiting: [], joins: true, nowMs: 0 },
    })
    expect(plan.place(0, 0, 0)?.doneMs).toBe(10)
    const place = plan.place(0, 0, 0)!
    expect(place.doneMs).toBe(10)
    plan.take(place, 0, 0)
    expect(plan.place(0, 0, 0)?.doneMs).toBe(20)
  })
})
