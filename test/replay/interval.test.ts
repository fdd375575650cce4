import { expect, test } from 'vitest'
import { estimate, reachesBound } from '../../src/replay/interval.ts'

test.each([
  ['includes 1', { mean: 0.98, halfWidth: 0.03 }, true],
  ['ends below 1', { mean: 0.96, halfWidth: 0.03 }, false],
  ['is as wide as it may be', { mean: 0.96, halfWidth: 0.05 }, true],
  ['is a little wider', { mean: 0.96, halfWidth: 0.051 }, false],
  ['is wide', { mean: 0.98, halfWidth: 0.607 }, false],
  ['is wide around more than 1', { mean: 1.02, halfWidth: 0.2 }, false],
  ['is missing, as there is one repetition, with less than 1', { mean: 0.99, halfWidth: Infinity }, false],
  ['is missing, with 1', { mean: 1, halfWidth: Infinity }, true],
])('whether a share reaches the bound, where its interval %s', (_, share, expected) => {
  expect(reachesBound(share)).toBe(expected)
})

test('an estimate is a mean and the half width of its t-interval', () => {
  // scipy.stats.t.interval(0.95, 4, loc=mean, scale=sem) of 1..5: 3 ± 1.9632
  const { mean, halfWidth } = estimate([1, 2, 3, 4, 5])
  expect(mean).toBe(3)
  expect(halfWidth).toBeCloseTo(1.9632, 4)
  expect(estimate([7])).toEqual({ mean: 7, halfWidth: Infinity })
})

test('an estimate knows many degrees of freedom', () => {
  const values = Array.from({ length: 41 }, (_, i) => i % 2)
  const { mean, halfWidth } = estimate(values)
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 40)
  // t(40) at 0.975 is 2.0211
  expect((halfWidth * Math.sqrt(41)) / deviation).toBeCloseTo(2.0211, 3)
})
