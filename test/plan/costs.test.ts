import { expect, test } from 'vitest'
import type { PlanInput } from '../../src/model/fleet/plan.ts'
import { wholeCosts } from '../../src/plan/costs.ts'

/** One type of $1 an hour. @param windowS the length of each window */
const input = (max: number, windows: number, windowS: number, startDelayS: number): PlanInput => ({
  types: [{ name: 'a', min: 0, max, pricePerHour: 1, startDelayS, startFee: 0 }],
  budgetPerHour: max,
  capacityQps: new Float64Array(max + 1),
  windowS,
  rateQps: new Float64Array(windows),
})

test.each([
  [1, 1],
  [3, 1],
  [3, 2],
  [5, 7],
])('a cost is more than all starts of %i instances in a cycle of %i windows', (instances, windows) => {
  const { run, start } = wholeCosts(input(instances, windows, 600, 0))
  // each window, and the one that closes the cycle, may start all of them
  expect(run[0]).toBeGreaterThan(instances * (windows + 1))
  expect([...start]).toEqual([1])
})

test('the cost of a window with two starts of each instance fits 53 bits', () => {
  // 4 x (1 + 2 x 1e15) + 2
  expect([...wholeCosts(input(1, 1, 1, 1e15)).start]).toEqual([4e15 + 1])
  expect(() => wholeCosts(input(1, 1, 1, 1.2e15))).toThrow(/prices: the costs of a window do not fit 53 bits/)
})
