import { expect, test } from 'vitest'
import { mixOfTrace } from '../../../src/model/trace/trace-mix.ts'

test('the mix of a trace has its sizes in order, each with its share of the queries', () => {
  const batchSize = Float64Array.of(10, 2.5, 10, 100)
  expect(mixOfTrace({ arrivalMs: Float64Array.of(0, 1, 1, 7), batchSize })).toEqual({
    batchSizes: Float64Array.of(2.5, 10, 100),
    probabilities: Float64Array.of(0.25, 0.5, 0.25),
  })
})

test('a trace that is none has no mix', () => {
  const unsorted = { arrivalMs: Float64Array.of(1, 0), batchSize: Float64Array.of(1, 1) }
  expect(() => mixOfTrace(unsorted)).toThrow('arrivalMs[1]: is 0, after 1')
})
