import { expect, test } from 'vitest'
import { checkBatching } from '../../../src/model/workload/batching.ts'
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
