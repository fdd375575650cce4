import { expect, test } from 'vitest'
import { throughputOf } from '../../src/replay/allowable-throughput.ts'
import { policyCapacity } from '../../src/replay/policy-capacity.ts'

/** Repetitions with these rates, and with these bounds. */
const foundOf = (rates: number[], bounds = rates.map(() => 200)) => ({
  ...throughputOf(rates.map((rate, k) => ({ rate, bound: bounds[k], refused: rate + 1, replays: 3 }))),
  queries: 1000,
})

test('a policy is compared with another in pairs of repetitions: above 1 it serves more', () => {
  const { mean, ratio, shareOfBound, shareHalfWidth, refused, replays } = policyCapacity(
    'priced',
    foundOf([100, 180]),
    [50, 60],
  )
  expect([mean, shareOfBound, replays]).toEqual([140, 0.7, 6])
  expect(refused).toEqual([101, 181])
  // of 2 and 3: half of their difference times the t-quantile of one degree of freedom
  expect(ratio).toEqual({ mean: 2.5, halfWidth: expect.closeTo(6.3531, 4) })
  // of 0.5 and 0.9
  expect(shareHalfWidth).toBeCloseTo(0.2 * 12.7062, 4)
})

test('nothing is compared with a policy that sustains no rate, or with a bound that a repetition lacks', () => {
  expect(policyCapacity('fcfs', foundOf([0, 180]), [50, 60]).ratio?.mean).toBe(1.5)
  expect(policyCapacity('fcfs', foundOf([100, 180]), [0, 60]).ratio).toBeNull()
  expect(policyCapacity('fcfs', foundOf([100, 180])).ratio).toBeNull()
  const without = policyCapacity('fcfs', foundOf([0, 180], [0, 200]))
  expect(without).toMatchObject({ shareOfBound: 0, shareHalfWidth: 0, atBound: false })
})
