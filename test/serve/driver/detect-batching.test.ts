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

/** A client that takes so long for each request, one after another. */
function clientOf(ms: number): (work: () => void) => void {
  let freeMs = 0
  return (work) => {
    freeMs = Math.max(freeMs, performance.now()) + ms
    setTimeout(work, freeMs - performance.now())
  }
}

/** What is found, in virtual time. */
async function found(serve: Serve, sizes = SIZES, concurrency = 4, clientMs = 0) {
  const client = clientOf(clientMs)
  const send = (items: number) => new Promise<void>((resolve) => client(() => serve(items, resolve)))
  const echo = () => new Promise<void>((resolve) => client(resolve))
  const detected = detectBatching(send, sizes, concurrency, echo)
  let isDone = false
  detected.finally(() => {
    isDone = true
  })
  while (!isDone) await vi.advanceTimersToNextTimerAsync()
  return detected
}

test.each([
  [8, 8],
  [12, 8],
  [16, 16],
  [24, 16],
  [32, 32],
  [64, 64],
])('a server that batches up to %i, whose largest bin is %i', async (most, bin) => {
  expect(await found(inBatches(most, fixedCost))).toBe(bin)
})

test.each([4, 8])(
  'batches of up to %i are told from two slots, although larger ones are tried first',
  async (most) => {
    expect(await found(inBatches(most, fixedCost), SIZES, 2)).toBe(most)
  },
)

test.each([8, 16])('a server that waits a moment for up to %i that come together', async (most) => {
  const serve = inBatches(most, fixedCost)
  const waiting: Serve = (items, done) => setTimeout(() => serve(items, done), 5)
  expect(await found(waiting)).toBe(most)
})

test.each([1, 4])('a server with slots: %i', async (slots) => {
  expect(await found(inSlots(slots, fixedCost))).toBeUndefined()
})

test.each([16, 64])('a server with %i slots, which are more than the concurrency', async (slots) => {
  expect(await found(inSlots(slots, fixedCost))).toBe('parallel')
  // a request of all items takes hardly longer than one of an item
  expect(await found(inSlots(slots, (items) => 20 + items / 64))).toBe(64)
})

test('a server with two instances that batch each is not taken for one that serves all at the same time', async () => {
  const instances = [inBatches(16, fixedCost), inBatches(16, fixedCost)]
  let next = 0
  const serve: Serve = (items, done) => instances[next++ % 2](items, done)
  expect(await found(serve, SIZES, 2)).not.toBe('parallel')
})

test.each([8, 16, 32])('at a concurrency of %i, batches are told from as many slots', async (concurrency) => {
  const sizes = [...SIZES, 128, 256]
  expect(await found(inBatches(256, fixedCost), sizes, concurrency)).toBe(128)
  expect(await found(inSlots(concurrency, fixedCost), sizes, concurrency)).toBeUndefined()
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

test('the time of the client is taken into account', async () => {
  expect(await found(inBatches(64, fixedCost), SIZES, 4, 1)).toBe(64)
  expect(await found(inSlots(4, fixedCost), SIZES, 4, 1)).toBeUndefined()
  expect(await found(inSlots(1, fixedCost), SIZES, 4, 5)).toBeUndefined()
})

test('while a slow client sends, slots serve: they are not told from batches', async () => {
  expect(await found(inSlots(4, fixedCost), SIZES, 4, 5)).toBe('clientTooSlow')
  expect(await found(inBatches(64, fixedCost), SIZES, 4, 5)).toBe('clientTooSlow')
})

test('that larger sizes are served one by one says nothing of smaller ones, for which the client is too slow', async () => {
  const sizes = [1, 12, 48]
  expect(await found(inBatches(20, fixedCost), sizes)).toBe(12)
  expect(await found(inBatches(20, fixedCost), sizes, 4, 1.5)).toBe(12)
  expect(await found(inBatches(20, fixedCost), sizes, 4, 4)).toBe('clientTooSlow')
})

test.each([9, 13, 25])('of %i sizes the first and the last are tried', async (count) => {
  const sizes = Array.from({ length: count }, (_, i) => i + 1)
  // larger ones are beyond a quarter of the largest
  const asked = [...sizes, 4 * count]
  const tried = new Set<number>()
  const serve = inBatches(4 * count, fixedCost)
  await found((items, answered) => {
    tried.add(items)
    serve(items, answered)
  }, asked)
  expect(tried).toContain(1)
  expect(tried).toContain(count)
})

/** What is found of a server with these times for one request of an item, one of many items, and many of an item. */
async function foundByTimes(most: number, [aloneMs, totalMs, togetherMs]: readonly number[]) {
  let together = 0
  const send = async (items: number) => {
    together++
    // those of the same moment are counted then
    await Promise.resolve()
    const ms = items > 1 ? totalMs : together > 1 ? togetherMs : aloneMs
    await new Promise((resolve) => setTimeout(resolve, ms))
    together = 0
  }
  const detected = detectBatching(send, [1, most], 4, () => Promise.resolve())
  await vi.runAllTimersAsync()
  return detected
}

// n requests and one more: four slots serve 17 in five rounds, and 8 in two
test.each([
  ['one after another 1.6 times as long as a batch', 16, [100, 900, 1260], undefined],
  ['one after another less than 1.6 times as long', 16, [100, 910, 1280], 'unknown'],
  ['a quarter longer than one request', 16, [100, 157, 125], 'parallel'],
  ['as long as one request, where time grows with the size', 16, [100, 1_600, 105], 'parallel'],
  ['a quarter longer than one request, and a request of all hardly longer', 16, [100, 156, 125], 16],
  ['more than a quarter longer than one request', 16, [100, 200, 126], 16],
  ['a quarter longer than a batch', 16, [100, 200, 375], 16],
  ['a quarter less than slots, and longer than a batch', 16, [100, 200, 400], undefined],
  ['a batch or slots, which take more than a quarter longer', 16, [100, 290, 480], 'clientTooSlow'],
  ['a batch or slots, which take a quarter longer', 16, [100, 300, 480], 'unknown'],
  ['eight requests, as a batch or in two rounds', 7, [100, 50, 160], 'clientTooSlow'],
] as const)('%s', async (_what, most, times, result) => {
  expect(await foundByTimes(most, times)).toBe(result)
})
