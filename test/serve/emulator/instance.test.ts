import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type EmulatedServing, emulateInstance } from '../../../src/serve/emulator/instance.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** An instance that takes the medians of the table: 1, 2 and 10 ms for the bins 1, 10 and 100. */
function emulated(serving: Partial<EmulatedServing> = {}) {
  const instance = emulateInstance(smallWorkload().latency, 0, () => 0.5, { overheadMs: 0, ...serving })
  /** In the order of the answers: the number of the query, and when it was answered, ms. */
  const answers: [number, number][] = []
  const beginMs = performance.now()
  const ask = (batches: readonly number[]) => {
    batches.forEach((batch, query) => {
      const done = () => answers.push([query, performance.now() - beginMs])
      instance.serve({ batch, done, abandoned: () => false })
    })
  }
  return { instance, answers, ask }
}

test('one query is served at a time, in order of arrival', () => {
  const { answers, ask } = emulated()
  ask([100, 1, 7, 1])
  vi.advanceTimersByTime(100)
  expect(answers).toEqual([
    [0, 10],
    [1, 11],
    [2, 13],
    [3, 14],
  ])
})

test('as many queries are served at the same time as there are slots', () => {
  const { answers, ask } = emulated({ slots: 3 })
  ask([100, 100, 100, 100])
  vi.advanceTimersByTime(100)
  expect(answers.map(([, ms]) => ms)).toEqual([10, 10, 10, 20])
})

test('waiting queries are served at the pace of the table, although answers are sent earlier by the round trip', () => {
  const { answers, ask } = emulated({ overheadMs: 4 })
  ask([100, 100, 100])
  vi.advanceTimersByTime(100)
  expect(answers.map(([, ms]) => ms)).toEqual([6, 16, 26])
})

test('with batching, what waits is served as one batch of the time of its total, as large as allowed', () => {
  const { instance, answers, ask } = emulated({ largestBatch: 100 })
  // ten of bin 10 are one batch of 100
  ask(new Array(10).fill(7))
  vi.advanceTimersByTime(100)
  expect(answers.map(([, ms]) => ms)).toEqual(new Array(10).fill(10))
  expect(instance).toMatchObject({ served: 10, batches: 1 })
  // one of 100 fills a batch: those behind it are another one, of bin 10
  ask([100, 1, 1])
  vi.advanceTimersByTime(100)
  expect(answers.slice(10).map(([, ms]) => ms)).toEqual([110, 112, 112])
  expect(instance).toMatchObject({ served: 13, batches: 3 })
})
