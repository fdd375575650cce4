import { Registry } from 'prom-client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createAdvising } from '../../../src/serve/router/advice.ts'
import { eventsTo } from '../../../src/serve/router/events.ts'
import { createVirtualClock } from './virtual.ts'

test('asks at the end of each window, with the rate and the servers, and shows the advice', async () => {
  const { clock, runUntil } = createVirtualClock()
  const registry = new Registry()
  const asked: [number, object][] = []
  const advisor = {
    windowMs: 2_000,
    advise(rateQps: number, present: ReadonlyMap<string, number>) {
      asked.push([rateQps, Object.fromEntries(present)])
      const wanted = new Map([
        ['a', 2],
        ['b', 0],
      ])
      return { wanted, forecastQps: 9, costPerHour: 3, runningCostPerHour: 1.8, isShort: asked.length === 2 }
    },
  }
  const advising = createAdvising(advisor, 'm', clock, registry)
  const counted: string[] = []
  const counting = {
    answered: () => counted.push('answered'),
    refused: () => counted.push('refused'),
    abandoned: () => counted.push('abandoned'),
  }
  const events = eventsTo(counting, advising.listener)
  const metric = async (name: string) => (await registry.getSingleMetricAsString(name)).split('\n').slice(2)
  advising.start(() => [{ type: 'a' }, { type: 'b' }, { type: 'a' }])
  events.answered({} as never)
  events.refused('late')
  events.abandoned()
  expect(counted).toEqual(['answered', 'refused', 'abandoned'])
  expect(await metric('kairos_windows_total')).toEqual(['kairos_windows_total{model="m"} 0'])
  await runUntil(2_000)
  events.answered({} as never)
  await runUntil(4_500)
  expect(asked).toEqual([
    [1.5, { a: 2, b: 1 }],
    [0.5, { a: 2, b: 1 }],
  ])
  expect(await metric('kairos_window_request_rate')).toEqual(['kairos_window_request_rate{model="m"} 0.5'])
  expect(await metric('kairos_forecast_request_rate')).toEqual(['kairos_forecast_request_rate{model="m"} 9'])
  expect(await metric('kairos_wanted_instances')).toEqual([
    'kairos_wanted_instances{model="m",type="a"} 2',
    'kairos_wanted_instances{model="m",type="b"} 0',
  ])
  expect(await metric('kairos_wanted_dollars_per_hour')).toEqual([
    'kairos_wanted_dollars_per_hour{model="m"} 3',
  ])
  expect(await metric('kairos_windows_total')).toEqual(['kairos_windows_total{model="m"} 2'])
  expect(await metric('kairos_short_windows_total')).toEqual(['kairos_short_windows_total{model="m"} 1'])
  expect(await metric('kairos_fleet_dollars_total')).toEqual(['kairos_fleet_dollars_total{model="m"} 0.002'])
  advising.stop()
  await runUntil(9_000)
  expect(asked).toHaveLength(2)
})

test('an advisor that throws is asked again, and the process warns once', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  const { clock, runUntil } = createVirtualClock()
  const registry = new Registry()
  let asked = 0
  const advisor = {
    windowMs: 1_000,
    advise() {
      if (++asked < 3) throw new Error('no forecast')
      return { wanted: new Map(), forecastQps: 7, costPerHour: 0, runningCostPerHour: 0, isShort: false }
    },
  }
  const advising = createAdvising(advisor, 'm', clock, registry)
  advising.start(() => [])
  await runUntil(3_500)
  expect(asked).toBe(3)
  expect(warned.mock.calls).toEqual([['the advisor of the router failed: Error: no forecast']])
  expect(await registry.getSingleMetricAsString('kairos_forecast_request_rate')).toContain('{model="m"} 7')
  advising.stop()
})
