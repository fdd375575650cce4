import { describe, expect, test } from 'vitest'
import { loadKernel } from '../../src/kernel/load.ts'
import type { OptimalPlan } from '../../src/model/fleet/plan.ts'
import { optimalPlan } from '../../src/plan/optimal.ts'
import { type PlanRequest, planFleet, planInputOf, scheduleOf } from '../../src/plan/plan-fleet.ts'
import { replayPlan } from '../../src/plan/replay-plan.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const workload = smallWorkload()

const type = (name: string, max: number, pricePerHour: number) => ({
  ...{ name, min: 0, max, pricePerHour, base: false },
})
const space = { types: [type('fast', 3, 1), type('slow', 4, 0.3)], budgetPerHour: 3 }
const request: PlanRequest = { workload, space, rateQps: [10, 60, 20], windowS: 600 }

const solved = (asked: PlanRequest): OptimalPlan => {
  const plan = planFleet(asked)
  if (plan.status === 'infeasible') throw new Error('the plan is infeasible')
  return plan
}

describe('the throughput that replays allow', () => {
  const bounds = planInputOf({ ...request, utilisation: 1 }).capacityQps

  test('a measured configuration has its own, another the smallest measured share of its bound', () => {
    // positions of fast=1, of fast=2,slow=2 and of all instances among 4 x 5 counts
    const measured = [
      { counts: [1, 0], allowableQps: 0.8 * bounds[5] },
      { counts: [2, 2], allowableQps: 0.6 * bounds[12] },
      { counts: [3, 4], allowableQps: 0.7 * bounds[19] },
    ]
    const { capacityQps } = planInputOf({ ...request, utilisation: 0.5, measured })
    expect(capacityQps[5]).toBeCloseTo(0.4 * bounds[5], 9)
    expect(capacityQps[12]).toBeCloseTo(0.3 * bounds[12], 9)
    expect(capacityQps[19]).toBeCloseTo(0.35 * bounds[19], 9)
    expect(capacityQps[6]).toBeCloseTo(0.3 * bounds[6], 9)
  })

  test('a measurement above the bound counts as the bound', () => {
    const measured = [{ counts: [1, 0], allowableQps: 1.1 * bounds[5] }]
    expect(planInputOf({ ...request, utilisation: 1, measured }).capacityQps).toEqual(bounds)
  })

  test('a configuration that sustained nothing is never used, and says nothing of others', () => {
    const measured = [
      { counts: [1, 0], allowableQps: 0 },
      { counts: [2, 2], allowableQps: 0.6 * bounds[12] },
    ]
    const { capacityQps } = planInputOf({ ...request, utilisation: 1, measured })
    expect(capacityQps[5]).toBe(0)
    expect(capacityQps[19]).toBeCloseTo(0.6 * bounds[19], 9)
    const { windows } = solved({ ...request, rateQps: [1, 1], utilisation: 1, measured })
    expect(windows.every(({ counts }) => counts.join() !== '1,0')).toBe(true)
  })

  test.each([[[0, 9]], [[9, 0]], [[1, 0, 3]]])(
    'a measurement outside the space says nothing of it: %j',
    (counts) => {
      const measured = [{ counts: [1, 0], allowableQps: 0.8 * bounds[5] }]
      const outside = { counts, allowableQps: 0.1 * bounds[5] }
      const { capacityQps } = planInputOf({ ...request, measured: [outside, ...measured] })
      expect(capacityQps).toEqual(planInputOf({ ...request, measured }).capacityQps)
    },
  )

  test.each([[[1, -1]], [[0.5, 0]], [['1', 0]]])('rejects counts that are none: %j', (counts) => {
    const measured = [{ counts: counts as number[], allowableQps: 5 }]
    expect(() => planInputOf({ ...request, measured })).toThrow(
      /measured\[0\].counts: is .*a whole number >= 0/,
    )
  })

  test.each([-5, Number.NaN, '9', undefined])('rejects a rate that is none: %s', (allowableQps) => {
    const measured = [{ counts: [1, 0], allowableQps: allowableQps as number }]
    expect(() => planInputOf({ ...request, measured })).toThrow(
      /measured\[0\].allowableQps: is .*>= 0 is expected/,
    )
  })

  test.each([
    ['none', []],
    ['of other counts', [{ counts: [9, 0], allowableQps: 10 }]],
    ['of no rate', [{ counts: [1, 0], allowableQps: 0 }]],
  ])('rejects measurements: %s', (_, measured) => {
    expect(() => planInputOf({ ...request, measured })).toThrow(
      /allowable: has no configuration of the space that sustains a rate/,
    )
  })
})

describe('a space of more than 10^6 configurations', () => {
  const types = [type('fast', 2000, 1), type('slow', 2000, 0.3)]

  test('is planned without the counts that the budget rules out, and the plan is the same', () => {
    const { types: planned, capacityQps } = planInputOf({ ...request, space: { types, budgetPerHour: 3 } })
    expect(planned.map(({ max }) => max)).toEqual([3, 10])
    expect(capacityQps).toHaveLength(44)
    const small = { types: [type('fast', 3, 1), type('slow', 10, 0.3)], budgetPerHour: 3 }
    expect(solved({ ...request, space: { types, budgetPerHour: 3 } })).toEqual(
      solved({ ...request, space: small }),
    )
  })

  test('keeps the counts that run before the first window, and what other types need at least', () => {
    const needed = [type('fast', 2000, 1), { ...type('slow', 2000, 0.3), min: 5 }]
    const asked = { ...request, space: { types: needed, budgetPerHour: 3 }, initial: { slow: 90 } }
    expect(planInputOf(asked).types.map(({ max }) => max)).toEqual([1, 90])
  })

  test('is refused where the budget leaves too many', () => {
    expect(() => planInputOf({ ...request, space: { types, budgetPerHour: 2000 } })).toThrow(
      /the space has 4\.0e\+6 configurations, a plan takes up to 1000000; lower the budget, or the maxima/,
    )
  })
})

test('a window that no configuration serves is named, with the smallest budget that helps', () => {
  const bounds = planInputOf({ ...request, utilisation: 1 }).capacityQps
  const rate = 0.84 * bounds[19]
  const plan = planFleet({ ...request, rateQps: [1, 2, 0.9 * rate, rate] })
  expect(plan).toMatchObject({ status: 'infeasible', window: 2, rateQps: 0.9 * rate, peakQps: rate })
  if (plan.status !== 'infeasible') throw new Error('the plan is feasible')
  const helps = { types: space.types, budgetPerHour: plan.budgetPerHour! }
  expect(planFleet({ ...request, space: helps, rateQps: [rate] }).status).toBe('optimal')
  const less = { ...helps, budgetPerHour: helps.budgetPerHour - 0.01 }
  expect(planFleet({ ...request, space: less, rateQps: [rate] }).status).toBe('infeasible')
})

test('a cycle closes at the counts it begins with', () => {
  const input = planInputOf({ ...request, cyclic: true, startDelayS: { fast: 900, slow: 900 } })
  const plan = optimalPlan(loadKernel(), input) as OptimalPlan
  const [first, last] = [plan.windows[0], plan.windows[2]]
  expect(first.started).toEqual(first.counts.map((count, t) => Math.max(0, count - last.counts[t])))
})

test.each<[string, Partial<PlanRequest>, RegExp]>([
  ['rates of text', { rateQps: '55' as never }, /rateQps: is no list of numbers/],
  [
    'a rate that is null',
    { rateQps: [1, null as never] },
    /rateQps: is no list of numbers; queries per second/,
  ],
  [
    'delays by no type',
    { startDelayS: 30 as never },
    /startDelayS: is 30; an object with a number of seconds/,
  ],
  [
    'fees in a Map',
    { startFee: new Map([['fast', 1]]) as never },
    /startFee: is \[object Map\]; an object with a number of dollars >= 0 by type is expected/,
  ],
  ['delays in a list', { startDelayS: [] as never }, /startDelayS: is \[object Array\]; an object with/],
  [
    'a date as delays',
    { startDelayS: new Date() as never },
    /startDelayS: is \[object Date\]; an object with/,
  ],
  ['a list as counts', { initial: [] as never }, /initial: is \[object Array\]; an object with/],
  ['windows that are too short', { windowS: 5e-324 }, /windowS: is 5e-324; a number of seconds >= 0.001/],
  ['measurements that are no list', { measured: {} as never }, /measured: is no list of measured config/],
  ['a measurement without counts', { measured: [{}] as never }, /measured: is no list of measured config/],
  ['a cycle that is text', { cyclic: 'no' as never }, /cyclic: is string; true or false is expected/],
  ['a rate below 0', { rateQps: [1, -1] }, /rateQps\[1\]: is -1; a number of queries per second >= 0/],
  ['a rate that is no number', { rateQps: [1, Number.NaN] }, /rateQps\[1\]: is NaN/],
  ['an infinite rate', { rateQps: [Infinity] }, /rateQps\[0\]: is Infinity/],
  ['no window', { rateQps: [] }, /rateQps: is of 0 windows/],
  ['windows without length', { windowS: 0 }, /windowS: is 0; a number of seconds >= 0.001/],
  ['windows of negative length', { windowS: -600 }, /windowS: is -600/],
  ['a negative delay', { startDelayS: { fast: -1 } }, /startDelayS\.fast: is -1; a number of seconds >= 0/],
  ['a delay that is no number', { startDelayS: { fast: Number.NaN } }, /startDelayS\.fast: is NaN/],
  [
    'a delay of more windows than a replay takes',
    { startDelayS: { fast: 1e9 } },
    /startDelayS\.fast: is 1000000000; a number of seconds >= 0 and of at most 1000000 windows is expected/,
  ],
  ['a negative fee', { startFee: { slow: -0.1 } }, /startFee\.slow: is -0\.1; a number of dollars >= 0/],
  ['a delay of an unknown type', { startDelayS: { fats: 1 } }, /names "fats".*did you mean "fast"\?/],
  ['initial counts above the space', { initial: { slow: 5 } }, /initial\.slow: is 5; a whole number up to/],
  ['initial counts of a cycle', { initial: { slow: 1 }, cyclic: true }, /initial: is given for a cycle/],
  ['a utilisation above 1', { utilisation: 1.01 }, /utilisation: is 1\.01; a share above 0 and up to 1/],
])('rejects %s', (_, wrong, message) => {
  expect(() => planFleet({ ...request, ...wrong })).toThrow(message)
})

test('a configuration may serve 85% of its bound unless told otherwise', () => {
  expect(planInputOf(request)).toEqual(planInputOf({ ...request, utilisation: 0.85 }))
  expect(planInputOf(request)).not.toEqual(planInputOf({ ...request, utilisation: 0.9 }))
})

test('an instance with s slots counts as s of one slot in the capacity, and as one in counts and cost', () => {
  const wide = {
    ...space,
    types: [
      { ...type('fast', 3, 1), slots: 2 },
      { ...type('slow', 4, 0.3), slots: 3 },
    ],
  }
  const narrow = { types: [type('fast', 6, 1), type('slow', 12, 0.3)], budgetPerHour: 30 }
  const { capacityQps, types } = planInputOf({ ...request, space: wide })
  const single = planInputOf({ ...request, space: narrow }).capacityQps
  const maxima = types.map(({ max }) => max)
  expect(maxima).toEqual([3, 4])
  for (let fast = 0; fast <= 3; fast++) {
    for (let slow = 0; slow <= 4; slow++) {
      expect(capacityQps[5 * fast + slow]).toBeCloseTo(single[13 * 2 * fast + 3 * slow], 9)
    }
  }
})

test('the schedule of a plan has its counts, and all that its instances cost', () => {
  const plan = solved(request)
  const counts = plan.windows.map((window) => window.counts)
  const plain = { types: ['fast', 'slow'], windowS: 600, counts, pricePerHour: [1, 0.3], cyclic: false }
  expect(scheduleOf(request, plan)).toEqual({ ...plain, startDelayS: [0, 0], startFee: [0, 0] })
  const wide = { ...space, types: [space.types[0], { ...space.types[1], slots: 2 }] }
  const asked = { ...request, space: wide, startDelayS: { slow: 30 }, startFee: { fast: 0.02 } }
  expect(scheduleOf({ ...asked, initial: { slow: 1 } }, plan)).toEqual({
    ...{ ...plain, startDelayS: [0, 30], startFee: [0.02, 0], slots: [1, 2], initial: [0, 1] },
  })
  expect(scheduleOf({ ...request, cyclic: true }, plan).cyclic).toBe(true)
  const empty = {} as PlanRequest['space']
  expect(() => scheduleOf({ ...request, space: empty }, plan)).toThrow(
    'space: has no types; readSpace reads one',
  )
})

test('what is not feasible has no schedule', () => {
  const none = planFleet({ ...request, rateQps: [1e9] })
  expect(() => scheduleOf(request, none as OptimalPlan)).toThrow(
    'plan: is "infeasible"; an optimal plan is expected',
  )
})

test('a trace is replayed on the schedule of a plan, at its cost', async () => {
  const asked = { ...request, startDelayS: { fast: 5 }, startFee: { slow: 0.01 } }
  const plan = solved(asked)
  const arrivalMs = Float64Array.of(0, 1_799_000)
  const trace = { arrivalMs, batchSize: Float64Array.of(1, 1) }
  const run = await replayPlan({ workload, schedule: scheduleOf(asked, plan), trace })
  expect([run.cost, run.starts]).toEqual([expect.closeTo(plan.cost, 9), plan.starts])
})
