import { expect, test } from 'vitest'
import { planFrontier } from '../../src/plan/frontier.ts'
import { wasmBackends } from '../kernel/backends.ts'

const [[, wasm]] = wasmBackends

test('has the utilisations from 50% to 100% that make the plan cheaper, with the mean utilisation', () => {
  const types = [{ name: 'a', min: 0, max: 2, pricePerHour: 1, startDelayS: 0, startFee: 0 }]
  const input = {
    ...{ types, budgetPerHour: 9, capacityQps: Float64Array.of(0, 10, 20), windowS: 3600 },
    rateQps: Float64Array.of(10, 5),
  }
  // at 50% of the capacity 2 instances and then 1 serve the rates, at 100% one serves both
  expect(planFrontier(wasm, input)).toEqual([
    { utilisation: 0.5, cost: 3, starts: 2, meanUtilisation: 0.5 },
    { utilisation: 1, cost: 2, starts: 1, meanUtilisation: 0.75 },
  ])
})

test('a plan without queries uses no capacity, and a utilisation at which no fleet serves is left out', () => {
  const types = [{ name: 'a', min: 0, max: 1, pricePerHour: 1, startDelayS: 0, startFee: 0 }]
  const input = { types, budgetPerHour: 9, capacityQps: Float64Array.of(0, 10), windowS: 3600 }
  expect(planFrontier(wasm, { ...input, rateQps: Float64Array.of(0) })).toEqual([
    { utilisation: 0.5, cost: 0, starts: 0, meanUtilisation: 0 },
  ])
  expect(planFrontier(wasm, { ...input, rateQps: Float64Array.of(8) })).toEqual([
    { utilisation: 0.8, cost: 1, starts: 1, meanUtilisation: 0.8 },
  ])
})
