import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { realClock } from '../../src/serve/clock.ts'

const DAY_MS = 86_400_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('waits for two months, which is longer than a timer of Node can', () => {
  const work = vi.fn()
  realClock.after(60 * DAY_MS, work)
  vi.advanceTimersByTime(60 * DAY_MS - 1)
  expect(work).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(work).toHaveBeenCalledTimes(1)
})

test('a long wait can be cancelled in each of its parts', () => {
  const work = vi.fn()
  const { cancel } = realClock.after(60 * DAY_MS, work)
  vi.advanceTimersByTime(40 * DAY_MS)
  cancel()
  vi.advanceTimersByTime(40 * DAY_MS)
  expect(work).not.toHaveBeenCalled()
})
