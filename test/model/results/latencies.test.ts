import { expect, test } from 'vitest'
import {
  allowedViolations,
  fewestQueries,
  percentileOf,
  summarise,
} from '../../../src/model/results/latencies.ts'

test('percentiles are interpolated as by numpy', () => {
  // numpy: mean, min, max, percentile 99, 90, 50, std of [15, 20, 35, 40, 50]
  expect(summarise(Float64Array.of(40, 15, 50, 20, 35))).toEqual({
    avg: 32,
    min: 15,
    max: 50,
    p99: 49.6,
    p90: 46,
    p50: 35,
    std: Math.sqrt(166),
  })
  expect(percentileOf(Float64Array.of(7), 99)).toBe(7)
  expect(percentileOf(Float64Array.of(1, 2), 50)).toBe(1.5)
})

test('violations that are allowed are whole queries, whatever the rounding', () => {
  expect(allowedViolations(20_000, 99)).toBe(200)
  expect(allowedViolations(1000, 99.9)).toBe(1)
  expect(allowedViolations(99, 99)).toBe(0)
  expect(allowedViolations(10, 100)).toBe(0)
  expect([fewestQueries(99), fewestQueries(99.9), fewestQueries(50), fewestQueries(100)]).toEqual([
    100, 1000, 2, 1,
  ])
})
