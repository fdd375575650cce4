import { expect, test } from 'vitest'
import { loadKernel } from '../../src/kernel/load.ts'
import { simulateFleet } from '../../src/plan/fleet-simulation.ts'
import { createLiveRule } from '../../src/plan/live-rule.ts'
import { onlineController } from '../../src/plan/online.ts'
import { planInputOf } from '../../src/plan/plan-fleet.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const workload = smallWorkload()
const type = (name: string, max: number, pricePerHour: number) => ({
  ...{ name, min: 0, max, pricePerHour, base: false },
})
const space = { types: [type('fast', 5, 1), type('slow', 8, 0.3)], budgetPerHour: 6 }
const request = { workload, space, windowS: 600, startDelayS: { fast: 700 } }
const rates = [100, 300, 250, 700, 900, 400, 100, 80, 60, 300]

test.each(['last', 'recent-maximum', 'yesterday'] as const)(
  'decides as in a simulation of the same rates, forecast %s',
  async (forecast) => {
    const options = { forecast, headroom: 0.3 }
    const rule = createLiveRule({ ...request, ...options })
    const input = planInputOf({ ...request, rateQps: rates })
    const controller = onlineController(loadKernel(), input, options)
    const capacity = () => 0
    await simulateFleet(input, capacity, {
      periodS: 600,
      decide(state) {
        const running = Object.fromEntries(
          input.types.map(({ name }, t) => [name, state.serving[t] + state.starting[t]]),
        )
        const { counts } = rule.next(state.rateQps, running)
        expect(counts).toEqual(controller.decide(state))
        return counts
      },
    })
  },
)

test('forecasts the window that begins: before the hour of yesterday’s peak it wants what the peak needs', () => {
  const rule = createLiveRule({
    ...{ ...request, windowS: 3600, startDelayS: undefined },
    ...{ forecast: 'yesterday', headroom: 0 },
  })
  const rateAt = (hour: number) => (hour % 24 === 9 ? 900 : 100)
  const forecasts = Array.from({ length: 48 }, (_, hour) => rule.next(rateAt(hour), {}).forecastQps)
  // at the end of hour 8 of the second day, hour 9 begins
  expect(forecasts.slice(31, 35)).toEqual([100, 900, 900, 100])
})

test('forecasts by last week from the second week on', () => {
  const rule = createLiveRule({
    ...{ ...request, windowS: 43_200, startDelayS: undefined },
    ...{ forecast: 'last-week', headroom: 0 },
  })
  const rateAt = (window: number) => (window % 14 === 3 ? 900 : 100)
  const forecasts = Array.from({ length: 28 }, (_, window) => rule.next(rateAt(window), {}).forecastQps)
  // at the end of window 2 of the second week, window 3 begins
  expect(forecasts.slice(14, 20)).toEqual([100, 100, 900, 900, 100, 100])
})

test('has a headroom of 40% over the recent maximum unless told otherwise', () => {
  const wanted = (options: { headroom?: number; forecast?: 'recent-maximum' }) =>
    [50, 100, 200, 400].map((rate) => createLiveRule({ ...request, ...options }).next(rate, {}).counts)
  expect(wanted({})).toEqual(wanted({ headroom: 0.4, forecast: 'recent-maximum' }))
  expect(wanted({})).not.toEqual(wanted({ headroom: 0.2 }))
})

test('takes a rate of 0, and wants no more than the smallest counts then', () => {
  const types = [type('fast', 5, 1), { ...type('slow', 8, 0.3), min: 1 }]
  const { counts, isShort } = createLiveRule({ ...request, space: { ...space, types } }).next(0, { fast: 2 })
  expect({ counts, isShort }).toEqual({ counts: [0, 1], isShort: false })
})

test('takes more instances of a type than the space has for as many as it has, and counts what all of them cost', () => {
  const next = (slow: number) => createLiveRule(request).next(700, { slow })
  const [more, most] = [next(20), next(8)]
  expect(more).toEqual({ ...most, runningCostPerHour: 6 })
  expect(most.runningCostPerHour).toBeCloseTo(2.4, 12)
  // no capacity is known of 20: it is not taken for enough
  expect(createLiveRule(request).next(1e4, { fast: 20 }).isShort).toBe(true)
})

test('says what the counts cost, and whether they were too few', () => {
  const rule = createLiveRule({ ...request, headroom: 0 })
  const few = rule.next(700, { slow: 1 })
  expect(few).toMatchObject({ isShort: true, forecastQps: 700, runningCostPerHour: 0.3 })
  const wanted = Object.fromEntries(rule.types.map((name, t) => [name, few.counts[t]]))
  const enough = rule.next(700, wanted)
  expect(enough).toMatchObject({ isShort: false, counts: few.counts })
  expect(enough.runningCostPerHour).toBeCloseTo(few.costPerHour, 12)
})

test.each([
  [{ headroom: -0.1 }, /headroom: is -0\.1; a share >= 0/],
  [{ windowS: 0 }, /windowS: is 0/],
  [
    { forecast: 'yesterday', windowS: 200_000 } as const,
    /forecast: is yesterday, but a window of 200000 s is longer; use windows of 86400 s or less, or another/,
  ],
])('rejects %j', (wrong, message) => {
  expect(() => createLiveRule({ ...request, ...wrong })).toThrow(message)
})

test('refuses smallest counts that cost more than the budget, before the first window ends', () => {
  const types = [{ ...type('fast', 5, 1), min: 4 }, type('slow', 8, 0.3)]
  expect(() => createLiveRule({ ...request, space: { types, budgetPerHour: 3 } })).toThrow(
    /budgetPerHour: is \$3 an hour, which the smallest counts exceed; raise the budget, or lower the smallest/,
  )
})

test('refuses a rate and counts that are none, and decides the next window as if they had not come', () => {
  const rule = createLiveRule(request)
  for (const rate of [Number.NaN, -1, Infinity, '9' as never]) {
    expect(() => rule.next(rate, {})).toThrow(/rateQps: is .*; a number of queries per second >= 0/)
  }
  expect(() => rule.next(1e6, null as never)).toThrow('running: is null; an object with the instances')
  expect(() => rule.next(1e6, { fast: 0.5 })).toThrow(/running.fast: is 0.5/)
  expect(rule.next(100, {})).toEqual(createLiveRule(request).next(100, {}))
})

test.each(['given', 'x'])('refuses the forecast %s', (forecast) => {
  expect(() => createLiveRule({ ...request, forecast: forecast as never })).toThrow(
    `forecast: is "${forecast}"; it is one of last, recent-maximum, yesterday, last-week`,
  )
})

test('wants nothing where the budget has room for no instance', () => {
  const rule = createLiveRule({ ...request, space: { ...space, budgetPerHour: 0.1 } })
  expect(rule.next(100, {})).toMatchObject({ counts: [0, 0], costPerHour: 0, isShort: true })
})
