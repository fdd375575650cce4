import { expect, test } from 'vitest'
import { backlogLimit, drainLimitMs, excessShare } from '../../src/replay/drain.ts'
import { mostParked } from '../../src/replay/parked.ts'

test('serving may go on for three times the target, or half a hundredth of the whole time', () => {
  expect(drainLimitMs(1000, 350)).toBe(1050)
  expect(drainLimitMs(1_000_000, 350)).toBe(5000)
})

test('of all items those may wait that arrive within the target, or two of a thousand', () => {
  expect(backlogLimit(1000, 10_000, 20)).toBe(2)
  expect(backlogLimit(1000, 100, 20)).toBe(200)
  // all arrive at once
  expect(backlogLimit(1000, 0, 20)).toBe(1000)
})

test('what a replay may exceed the long run by falls as it gets longer, to what may be parked', () => {
  const target = { qosMs: 25, percentile: 99 }
  // 2,000 queries at 1,000 a second: two seconds, 25 ms more, and what may be parked
  expect(excessShare(2000, 1000, target)).toBeCloseTo(0.0128, 12)
  expect(excessShare(20_000, 1000, target)).toBeCloseTo(0.00155, 12)
  expect(excessShare(20_000, 1000, { ...target, percentile: 90 })).toBeCloseTo(0.00425, 12)
  expect(excessShare(2000, 0, target)).toBe(0)
})

test('what may be parked is 3% of the volume that may be late, or one of the largest queries', () => {
  const volume = Float64Array.of(1, 9)
  const bin = Int32Array.from({ length: 20_000 }, (_, query) => query % 2)
  expect(mostParked(volume, bin, 99)).toBeCloseTo(30, 9)
  expect(mostParked(volume, bin, 90)).toBeCloseTo(300, 9)
  expect(mostParked(volume, bin, 99.9)).toBe(9)
})

test('a size of the table that no query has lets nothing more be parked', () => {
  const bin = Int32Array.from({ length: 2000 }, (_, query) => query % 2)
  expect(mostParked(Float64Array.of(1, 9, 1_000_000), bin, 99)).toBe(9)
})
