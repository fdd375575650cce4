import { expect, test } from 'vitest'
import { boundShare, estimate, reachesBound } from '../../src/replay/interval.ts'

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

test('a repetition without a bound has no share of it', () => {
  expect(boundShare(null)).toEqual({ shareOfBound: 0, atBound: false })
  expect(boundShare({ mean: 0.98, halfWidth: 0.03 })).toEqual({ shareOfBound: 0.98, atBound: true })
})

test('95% of Student’s t lie inside the interval, for 1 to 60 degrees of freedom', () => {
  for (let degrees = 1; degrees <= 60; degrees++) {
    // deviations of 1 and -1 from 0
    const { halfWidth } = estimate([1, -1, ...new Array<number>(degrees - 1).fill(0)])
    const standardError = Math.sqrt(2 / degrees / (degrees + 1))
    expect(shareWithin(halfWidth / standardError, degrees)).toBeCloseTo(0.95, 4)
  }
})

/** The share of Student's t within -t to t: Abramowitz and Stegun, 26.7.3 and 26.7.4. */
function shareWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees))
  const isOdd = degrees % 2 === 1
  let term = isOdd ? Math.cos(angle) : 1
  let sum = 0
  for (let k = isOdd ? 2 : 1; k < degrees; k += 2) {
    sum += term
    term *= (k / (k + 1)) * Math.cos(angle) ** 2
  }
  const series = Math.sin(angle) * sum
  return isOdd ? (2 / Math.PI) * (angle + series) : series
}

test('an estimate knows many degrees of freedom', () => {
  const values = Array.from({ length: 41 }, (_, i) => i % 2)
  const { mean, halfWidth } = estimate(values)
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 40)
  // t(40) at 0.975 is 2.0211
  expect((halfWidth * Math.sqrt(41)) / deviation).toBeCloseTo(2.0211, 3)
})

test('values that differ by their rounding alone have an interval of no width', () => {
  const half = (values: number[]) => estimate(values).halfWidth
  expect(half([0.86, 0.86 + 1e-15])).toBe(0)
  expect(half([0.1, 0.1, 0.1])).toBe(0)
  expect(half([0, 0])).toBe(0)
  expect(half([1, 1 + 1e-9])).toBeGreaterThan(0)
})
