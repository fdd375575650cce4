import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { FleetSchedule } from '../../src/model/fleet/plan.ts'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import { replayPlan } from '../../src/plan/replay-plan.ts'
import { replay } from '../../src/replay/replay.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const workload = smallWorkload()
const types = ['fast', 'slow']

const trace = (rate: number, queries: number, seed = 1) =>
  generateTrace({ arrivals: 'poisson', rate, queries, seed, mix: workload.mix })

const scheduleOf = (counts: number[][], windowS = 1, cyclic = false): FleetSchedule => ({
  ...{ types, windowS, counts, cyclic },
  ...{ pricePerHour: [1, 0.2], startDelayS: [0.5, 0], startFee: [0.01, 0] },
})

test.each(['mean', 'sampled'] as const)(
  'a plan that changes nothing replays as its configuration, %s',
  async (service) => {
    for (const policy of ['fcfs', 'kairos', 'priced']) {
      const queries = trace(300, 3000)
      const constant = scheduleOf([[2, 1]])
      const run = await replayPlan({ workload, schedule: constant, trace: queries, policy, service, seed: 7 })
      const still = replay({ workload, types, counts: [2, 1], trace: queries, policy, service, seed: 7 })
      expect(run.violations).toBe(still.violations)
      expect(run.served).toBe(3000)
      expect(run.starts).toBe(3)
    }
  },
)

test('so it does in batches, whose time is drawn by the number of the oldest query', async () => {
  const batched = { ...workload, batching: { maxBatch: 100 } }
  const asked = { workload: batched, trace: trace(400, 3000), policy: 'triton', seed: 7 }
  const run = await replayPlan({ ...asked, schedule: scheduleOf([[2, 1]]) })
  const still = replay({ ...asked, types, counts: [2, 1], service: 'sampled' })
  expect([still.violations > 0, run.violations]).toEqual([true, still.violations])
})

test('of the instances that stop, an idle one leaves at once and a busy one stays', async () => {
  // the older of two instances is busy from 995 to 1005 ms
  const queries = { arrivalMs: Float64Array.of(995, 1500), batchSize: Float64Array.of(100, 1) }
  const schedule = scheduleOf([
    [2, 0],
    [1, 0],
  ])
  const run = await replayPlan({ workload, schedule, trace: queries, policy: 'fcfs', service: 'mean' })
  expect(run.cost).toBeCloseTo(2 * 0.01 + (1500 + 2500) / 3_600_000, 12)
})

test.each([
  [3600, 1.7e12, 'begins after 19675 days; use '],
  [1, 1e6, 'the trace ends in window 1700000001, and 1000000 windows are possible; use longer windows, or '],
])('a trace far from time 0 is refused, in windows of %d s from %d ms', async (windowS, firstMs, problem) => {
  const trace = { arrivalMs: Float64Array.of(firstMs, 1.7e12 + 1000), batchSize: Float64Array.of(1, 1) }
  const schedule = scheduleOf([[1, 1]], windowS)
  await expect(replayPlan({ workload, schedule, trace })).rejects.toThrow(
    `trace: ${problem}a trace that begins near time 0: its first query arrives after ${firstMs / 1000} s; kairos-wasm trace convert kairos --window ${firstMs / 1000}s.. makes that time 0`,
  )
})

test('every query is served, whatever starts and stops', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.constantFrom('fcfs', 'kairos', 'priced', 'deadline', 'shortest-completion'),
      fc.integer({ min: 0, max: 1000 }),
      fc.boolean(),
      async (counts, policy, seed, cyclic) => {
        const plan = [...counts, [1, 1] as [number, number]]
        const queries = trace(100, 400, seed)
        const run = await replayPlan({
          workload,
          schedule: scheduleOf(plan, 1, cyclic),
          trace: queries,
          policy,
          seed,
        })
        expect(run.served).toBe(400)
        expect(run.windows.reduce((sum, window) => sum + window.queries, 0)).toBe(400)
        expect(run.windows.reduce((sum, window) => sum + window.violations, 0)).toBe(run.violations)
        run.windows.forEach((window, w) => {
          expect(window.counts).toEqual(plan[cyclic ? w % plan.length : Math.min(w, plan.length - 1)])
        })
      },
    ),
    { numRuns: 60 },
  )
})

test('what runs before the first window is not started: initial counts, and in a cycle the last ones', async () => {
  const queries = trace(1, 2)
  const costOf = async (schedule: FleetSchedule) => {
    const { cost, starts } = await replayPlan({
      workload,
      schedule,
      trace: queries,
      policy: 'fcfs',
      service: 'mean',
    })
    return { cost, starts }
  }
  const plan = scheduleOf([[2, 1]], 3600)
  const start = 0.5 / 3600 + 0.01
  expect(await costOf(plan)).toEqual({ cost: expect.closeTo(2.2 + 2 * start, 9), starts: 3 })
  expect(await costOf({ ...plan, initial: [1, 4] })).toEqual({
    cost: expect.closeTo(2.2 + start, 9),
    starts: 1,
  })
  expect(await costOf({ ...plan, cyclic: true })).toEqual({ cost: expect.closeTo(2.2, 9), starts: 0 })
})

test('an instance is paid for from its start, ahead by the delay, until its last query is served', async () => {
  // two windows of a second; the fast one starts half a second ahead and stops when its query of 10 ms is done
  const arrivalMs = Float64Array.of(995, 1500)
  const queries = { arrivalMs, batchSize: Float64Array.of(100, 1) }
  const schedule = scheduleOf([
    [1, 0],
    [0, 1],
  ])
  const run = await replayPlan({ workload, schedule, trace: queries, policy: 'fcfs', service: 'mean' })
  expect(run.starts).toBe(2)
  expect(run.violations).toBe(0)
  const fast = (500 + 1005) * 1
  const slow = 1000 * 0.2
  expect(run.cost).toBeCloseTo(0.01 + (fast + slow) / 3_600_000, 12)
})

test('what runs after the plan is paid for until the last query is served, and makes no row without queries', async () => {
  // the second query of 10 ms arrives as the plan ends, and waits for the first
  const queries = { arrivalMs: Float64Array.of(1985, 1999), batchSize: Float64Array.of(100, 100) }
  const asked = { workload, trace: queries, policy: 'fcfs', service: 'mean' } as const
  const plan = scheduleOf([
    [1, 0],
    [1, 0],
  ])
  const oneByOne = await replayPlan({ ...asked, schedule: plan })
  const servedMs = 2009
  expect(oneByOne.windows.map(({ queries: count }) => count)).toEqual([0, 2])
  expect(oneByOne.cost).toBeCloseTo(0.01 + (500 + servedMs) / 3_600_000, 12)
  const cycle = await replayPlan({ ...asked, schedule: { ...plan, cyclic: true } })
  expect(cycle.windows).toHaveLength(2)
  expect(cycle.cost).toBeCloseTo(servedMs / 3_600_000, 12)
  // queries that wait open the window after the plan
  const burst = { arrivalMs: Float64Array.of(1990, 1990, 1990), batchSize: Float64Array.of(100, 100, 100) }
  const late = await replayPlan({ ...asked, trace: burst, schedule: plan })
  expect(late.windows.map(({ queries: count }) => count)).toEqual([0, 3])
  expect(late.cost).toBeCloseTo(0.01 + (500 + 2020) / 3_600_000, 12)
  // they take 10, 20 and 30 ms of a target of 20 ms
  expect(late).toMatchObject({ violations: 1, shareInTime: 2 / 3 })
  // a cycle that goes on has all windows in which queries arrive, to their end
  const second = { arrivalMs: Float64Array.of(10, 2500), batchSize: Float64Array.of(100, 100) }
  const again = await replayPlan({ ...asked, trace: second, schedule: { ...plan, cyclic: true } })
  expect(again.windows.map(({ queries: count }) => count)).toEqual([1, 0, 1])
  expect(again.cost).toBeCloseTo(3000 / 3_600_000, 12)
})

test('queries wait through windows without instances, and a plan that never serves them is refused', async () => {
  const queries = { arrivalMs: Float64Array.of(100), batchSize: Float64Array.of(1) }
  const counts = [
    [0, 0],
    [0, 0],
    [1, 0],
  ]
  const asked = { workload, trace: queries, policy: 'fcfs' }
  const run = await replayPlan({ ...asked, schedule: scheduleOf(counts, 2) })
  expect(run).toMatchObject({ served: 1, violations: 1 })
  expect(run.windows.map(({ startS }) => startS)).toEqual([0, 2, 4])
  const empty = replayPlan({ ...asked, schedule: scheduleOf([[0, 0]]) })
  await expect(empty).rejects.toThrow(/fcfs never starts 1 query;/)
  const two = replayPlan({ ...asked, schedule: scheduleOf([[0, 0]]), trace: trace(10, 2) })
  await expect(two).rejects.toThrow(/fcfs never starts 2 queries;/)
})

test.each<[string, object | undefined, string]>([
  ['no schedule', undefined, 'schedule: is undefined; the one of scheduleOf or readPlan is expected'],
  ['no types', { types: 'fast' }, 'schedule.types: is "fast"; a list of names is expected'],
  [
    'a type twice',
    { types: ['fast', 'fast'] },
    'schedule.types[1]: "fast" is listed twice; list each type once',
  ],
  ['windows of no length', { windowS: 0 }, 'schedule.windowS: is 0; a number of seconds > 0 is expected'],
  ['endless windows', { windowS: Infinity }, 'schedule.windowS: is Infinity'],
  [
    'a length that is no number',
    { windowS: '1' },
    'schedule.windowS: is "1"; a number of seconds > 0 is expected',
  ],
  [
    'a cycle that is neither true nor false',
    { cyclic: 'no' },
    'schedule.cyclic: is "no"; true or false is expected',
  ],
  ['no window', { counts: [] }, 'schedule.counts: has no window'],
  [
    'a count too few',
    { counts: [[1, 1], [1]] },
    'schedule.counts[1]: has 1 number; one for each of fast, slow',
  ],
  [
    'half an instance',
    { counts: [[1, 0.5]] },
    'schedule.counts[0][1]: is 0.5; a whole number >= 0 is expected',
  ],
  ['an initial count below 0', { initial: [0, -1] }, 'schedule.initial[1]: is -1'],
  [
    'a field that it does not have',
    { foo: 1 },
    'schedule.foo: is no field of a schedule; it has types, windowS',
  ],
  [
    'an object as its begin',
    { begin: {} },
    'schedule.begin: is [object Object]; a time such as 2026-11-18T09',
  ],
  ['a begin that is no time', { begin: 'noon' }, 'schedule.begin: is "noon"'],
  ['no prices', { pricePerHour: undefined }, 'schedule.pricePerHour: is undefined'],
  [
    'a start delay that is none',
    { startDelayS: [0, Number.NaN] },
    'schedule.startDelayS[1]: is NaN; a number >= 0 is expected',
  ],
  [
    'a start delay of 10^15 windows',
    { startDelayS: [0, 1e15] },
    'schedule.startDelayS[1]: is 1000000000000000, more than 1000000 windows of',
  ],
])('a schedule with %s is refused', async (_, change, message) => {
  const schedule = change && { ...scheduleOf([[1, 1]]), ...change }
  const run = replayPlan({ workload, schedule: schedule as FleetSchedule, trace: trace(10, 10) })
  await expect(run).rejects.toMatchObject({ code: 'BAD_MODEL', message: expect.stringContaining(message) })
})

test('a workload that is none is refused', async () => {
  const run = replayPlan({ workload: null as never, schedule: scheduleOf([[1, 1]]), trace: trace(10, 10) })
  await expect(run).rejects.toMatchObject({ code: 'BAD_MODEL', place: { field: 'workload' } })
})

test('a window of more instances or slots than a dispatcher takes is refused', async () => {
  const asked = (change: object) => {
    const schedule = {
      ...scheduleOf([
        [1, 1],
        [1, 1e15],
      ]),
      ...change,
    }
    return replayPlan({ workload, schedule, trace: trace(10, 10) })
  }
  const refused = (counted: string) => ({
    ...{ code: 'TOO_LARGE', place: { field: 'schedule.counts[1]' } },
    message: expect.stringContaining(`${counted}; at most 16384 are possible`),
  })
  await expect(asked({})).rejects.toMatchObject(refused('are 1000000000000001 instances'))
  const slots = {
    counts: [
      [1, 1],
      [16, 1],
    ],
    slots: [1024, 1],
  }
  await expect(asked(slots)).rejects.toMatchObject(refused('are 16385 slots'))
})

test.each([
  ['seed', Number.NaN],
  ['seed', '1'],
  ['kernel', null],
  ['kernel', ''],
  ['kernel', 0],
])('a %s that is %o is refused, also with mean service times', async (field, value) => {
  const asked = { workload, schedule: scheduleOf([[1, 1]]), trace: trace(10, 10), service: 'mean' as const }
  const run = replayPlan({ ...asked, [field]: value })
  await expect(run).rejects.toMatchObject({ code: 'BAD_USAGE', place: { field } })
})

test('an aborted replay rejects with the reason of the signal', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  // a second of replay for each query, and so a turn of the event loop after each
  const clock = vi.spyOn(performance, 'now')
  onTestFinished(() => clock.mockRestore())
  let nowMs = 0
  clock.mockImplementation(() => (nowMs += 1000))
  const request = { workload, schedule: scheduleOf([[3, 0]]), trace: trace(200, 100), policy: 'fcfs' }
  const done: number[] = []
  const run = replayPlan({
    ...{ ...request, signal: controller.signal },
    onProgress: (progress) => {
      expect(progress.total).toBe(100)
      done.push(progress.done)
      if (progress.done === 5) controller.abort(reason)
    },
  })
  await expect(run).rejects.toBe(reason)
  expect(new Set(done)).toEqual(new Set([1, 2, 3, 4, 5]))
  await expect(replayPlan({ ...request, signal: controller.signal })).rejects.toBe(reason)
})

test('an instance with slots serves as many queries at the same time, and starts and costs once', async () => {
  const plan = scheduleOf([
    [1, 1],
    [2, 0],
    [1, 2],
  ])
  const queries = trace(250, 2000)
  const wide = { ...plan, slots: [2, 1] }
  const single = {
    ...scheduleOf([
      [2, 1],
      [4, 0],
      [2, 2],
    ]),
    pricePerHour: [0.5, 0.2],
    startFee: [0.005, 0],
  }
  const asked = { workload, trace: queries, policy: 'priced', seed: 3 }
  const one = await replayPlan({ ...asked, schedule: wide })
  const other = await replayPlan({ ...asked, schedule: single })
  expect([one.starts, other.starts]).toEqual([5, 7])
  expect(one.served).toBe(2000)
  // the slots of an instance leave together, as soon as both are idle
  expect(Math.abs(one.violations - other.violations)).toBeLessThan(40)
  expect(one.cost / other.cost).toBeCloseTo(1, 1)
  const constant = await replayPlan({ ...asked, schedule: { ...scheduleOf([[1, 1]]), slots: [2, 1] } })
  const still = replay({ ...asked, types, counts: [1, 1], slots: [2, 1], service: 'sampled' })
  expect(constant.violations).toBe(still.violations)
})

test('slots that do not fit the concurrency of the table are refused', async () => {
  const latency = { ...workload.latency, concurrency: Float64Array.of(4, 0) }
  const schedule = { ...scheduleOf([[1, 1]]), slots: [2, 1] }
  const asked = { workload: { ...workload, latency }, schedule, trace: trace(10, 10) }
  await expect(replayPlan(asked)).rejects.toThrow(
    /types\[0\].slots: is 2 for fast, whose latency table was taken at concurrency 4/,
  )
})
