import { expect, test } from 'vitest'
import { forecaster } from '../../src/plan/forecast.ts'

const HALF_DAY_S = 43_200
const rates = Float64Array.of(10, 20, 30, 40, 50)

test('yesterday is a day before, at the current rate at least', () => {
  const foretell = forecaster(rates, HALF_DAY_S, { forecast: 'yesterday' })
  expect([2, 3, 4, 5].map((at) => foretell(2, at))).toEqual([30, 30, 30, 30])
  expect(forecaster(rates.toReversed(), HALF_DAY_S, { forecast: 'yesterday' })(2, 3)).toBe(40)
})

test('a window may be as long as the season, and no longer', () => {
  expect(forecaster(rates, 2 * HALF_DAY_S, { forecast: 'yesterday' })(1, 2)).toBe(20)
  for (const [forecast, days] of [
    ['yesterday', 1],
    ['last-week', 7],
  ] as const) {
    const seasonS = days * 2 * HALF_DAY_S
    expect(() => forecaster(rates, seasonS + 1, { forecast })).toThrow(
      `forecast: is ${forecast}, but a window of ${seasonS + 1} s is longer; use windows of ${seasonS} s or less`,
    )
  }
})
