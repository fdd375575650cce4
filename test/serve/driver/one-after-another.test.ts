import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { oneAfterAnother } from '../../../src/serve/driver/one-after-another.ts'
import { inSlots } from './stock-servers.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test.each([
  [1, 4],
  [2, undefined],
  [4, undefined],
])('four requests at the same time on a server with slots: %i', async (slots, ratio) => {
  const serve = inSlots(slots, () => 20)
  const found = oneAfterAnother((items) => new Promise<void>((resolve) => serve(items, resolve)), 16, 4)
  await vi.runAllTimersAsync()
  expect(await found).toBe(ratio)
})
