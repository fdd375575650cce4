import { expect, test } from 'vitest'
import { drainLimitMs, excessShare } from '../../src/replay/drain.ts'

test('serving may go on for three times the target, or half a hundredth of the whole time', () => {
  expect(drainLimitMs(1000, 350)).toBe(1050)
  expect(drainLimitMs(1_000_000, 350)).toBe(5000)
})

test('what a replay may exceed the long run by falls as it gets longer, to what may be parked', () => {
  // 2,000 queries at 1,000 a second: two seconds, 25 ms more, and what may be parked
  expect(excessShare(2000, 1000, 25)).toBeCloseTo(0.0128, 12)
  expect(excessShare(20_000, 1000, 25)).toBeCloseTo(0.00155, 12)
  expect(excessShare(2000, 0, 25)).toBe(0)
})
