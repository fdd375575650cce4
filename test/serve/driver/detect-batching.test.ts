import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { detectBatching } from '../../../src/serve/driver/detect-batching.ts'
import { inBatches, inSlots, type Serve } from './stock-servers.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const SIZES = [1, 2, 4, 8, 16, 32, 64]
const fixedCost = (items: number) => 20 + items / 4

/** What is found, in virtual time. */
async function found(serve: Serve, sizes = SIZES, concurrency = 4) {
  const send = (items: number) => new Promise<void>((resolve) => serve(items, resolve))
  const detected = detectBatching(send, sizes, concurrency)
  let isDone = false
  detected.finally(() => {
    isDone = true
  })
  while (!isDone) await vi.advanceTimersToNextTimerAsync()
  return detected
}

test.each([16, 32, 64])('a server that batches up to %i', async (most) => {
  expect(await found(inBatches(most, fixedCost))).toBe(most)
})

test.each([1, 4])('a server with slots: %i', async (slots) => {
  expect(await found(inSlots(slots, fixedCost))).toBeUndefined()
})

test('a server whose time grows with the size', async () => {
  expect(
    await found(
      inSlots(1, (items) => 2 * items),
      [4, 8, 16],
      2,
    ),
  ).toBe('unknown')
})
