import { expect, test } from 'vitest'
import {
  batchBin,
  checkBatching,
  largestBatchBins,
  maxBatchBins,
} from '../../../src/model/workload/batching.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const { latency } = smallWorkload()
const { types } = latency
const largest = latency.batchSizes[latency.batchSizes.length - 1]

test.each([
  [null, /batching: is null; an object with maxBatch is expected/],
  [{ maxBatch: largest, delay: 1 }, /batching\.delay: is unknown; batching has maxBatch only/],
  [{ maxBatch: Symbol('x') }, /batching\.maxBatch: is Symbol\(x\); a batch size is expected/],
  [{ maxBatch: new Map([[types[0], largest]]) }, /batching\.maxBatch: is \[object Map\]/],
  [{ maxBatch: [largest] }, /batching\.maxBatch: is \d+; a batch size is expected/],
  [{ maxBatch: { other: largest } }, /batching\.maxBatch\.other: is no instance type of the latency table/],
  [{ maxBatch: { fats: largest } }, /did you mean "fast"\? The latency table has fast, slow/],
  [{ maxBatch: { [types[0]]: Number.NaN } }, /is NaN, which is no bin of the latency table/],
  [{ maxBatch: 2 * largest }, /beyond the latency table; the largest batch size that was measured is/],
])('a batching that is none: %#', (batching, message) => {
  expect(() => checkBatching(batching as never, latency)).toThrow(message)
})

test('a largest batch for all types, or for some', () => {
  expect(() => checkBatching({ maxBatch: largest }, latency)).not.toThrow()
  expect(() => checkBatching({ maxBatch: { [types[1]]: largest } }, latency)).not.toThrow()
})

test('a batch has the bin of its total, whatever the rounding of the sum', () => {
  // 0.1 + 0.2 is above 0.3 in doubles
  expect(batchBin(Float64Array.of(0.1, 0.2, 0.3, 0.4), [0, 1])).toBe(2)
  expect(batchBin(Float64Array.of(1, 10, 100), [1, 0])).toBe(2)
  // a query alone has its own bin
  expect(batchBin(Float64Array.of(1, 10, 100), [1])).toBe(1)
})

test('a type batches if two of the smallest size fit', () => {
  const bins = (maxBatch: number | Record<string, number>) => {
    return [...largestBatchBins({ maxBatch }, ['fast', 'slow'], Float64Array.of(5, 9, 10))]
  }
  expect([bins(9), bins(10), bins({ slow: 10 })]).toEqual([
    [-1, -1],
    [2, 2],
    [-1, 2],
  ])
  expect([...maxBatchBins({ maxBatch: { slow: 9 } }, ['fast', 'slow'], Float64Array.of(5, 9, 10))]).toEqual([
    -1, 1,
  ])
})
