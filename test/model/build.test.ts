import { describe, expect, test } from 'vitest'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { space } from '../../src/model/fleet/build-space.ts'
import { workload } from '../../src/model/workload/build-workload.ts'
import { meanOfKnots } from '../../src/model/workload/latency-table.ts'

const latency = {
  'gpu.large': [
    [8, 12.1, 19],
    [32, 20, 31],
  ],
  'cpu.small': [
    [8, 30, 44],
    [32, 110, 150],
  ],
}

const mine = () => workload({ latency, mix: { 32: 1, 8: 3 }, qosMs: 100 })

test('a workload and a space of plain objects are ranked', async () => {
  const built = space({
    types: {
      'gpu.large': { max: 4, pricePerHour: 0.9, base: true },
      'cpu.small': { max: 30, pricePerHour: 0.1 },
    },
    budgetPerHour: 4,
  })
  const { rows } = await rankConfigurations({ workload: mine(), space: built, topN: 3 })
  expect(rows).toHaveLength(3)
  // without the builder too: the smallest count and the base may be left out
  const types = [
    { name: 'gpu.large', max: 4, pricePerHour: 0.9 },
    { name: 'cpu.small', max: 30, pricePerHour: 0.1 },
  ]
  const plain = await rankConfigurations({ workload: mine(), space: { types, budgetPerHour: 4 }, topN: 3 })
  expect(plain.rows).toEqual(rows)
})

test('weights become probabilities, sizes are sorted, and the means of the quantiles are never below the means', () => {
  const { mix, latency: table, model, percentile } = mine()
  expect({ model, percentile }).toEqual({ model: 'model', percentile: 99 })
  expect(Array.from(mix.batchSizes)).toEqual([8, 32])
  expect(Array.from(mix.probabilities)).toEqual([0.75, 0.25])
  expect(Array.from(table.levels)).toEqual([0, 0.99, 1])
  for (const [row, ms] of table.meanMs.entries())
    expect(meanOfKnots(table, row)).toBeGreaterThanOrEqual(ms * (1 - 1e-9))
})

test('the weights of a mix become probabilities too, and its sizes are sorted', () => {
  const mixed = (batchSizes: number[], probabilities: number[]) => {
    const mix = { batchSizes: Float64Array.from(batchSizes), probabilities: Float64Array.from(probabilities) }
    return workload({ latency, mix, qosMs: 100 }).mix
  }
  const expected = { batchSizes: Float64Array.of(8, 32), probabilities: Float64Array.of(0.75, 0.25) }
  expect(mixed([32, 8], [10, 30])).toEqual(expected)
  // 0.7 + 0.2 + 0.1 is below 1 by a bit, and stays
  expect(mixed([8, 16, 32], [0.7, 0.2, 0.1]).probabilities).toEqual(Float64Array.of(0.7, 0.2, 0.1))
})

test('batches are a part of a workload, and are checked', () => {
  const built = workload({ latency, mix: { 8: 1 }, qosMs: 100, batching: { maxBatch: { 'gpu.large': 32 } } })
  expect(built.batching).toEqual({ maxBatch: { 'gpu.large': 32 } })
  expect('batching' in mine()).toBe(false)
  const refused = (batching: never) => () => workload({ latency, mix: { 8: 1 }, qosMs: 100, batching })
  expect(refused(null as never)).toThrow('batching: is null')
  expect(refused({ maxBatch: 9 } as never)).toThrow('batching.maxBatch: is 9, which is no bin')
})

test('quantiles may be others, from the fastest to the slowest time', () => {
  const { latency: table } = workload({
    latency: { a: [[1, 10, 8, 10, 12]] },
    quantiles: [0, 50, 100],
    mix: { 1: 1 },
    qosMs: 20,
  })
  expect(Array.from(table.knotsMs)).toEqual([8, 10, 12])
})

describe('refuses', () => {
  test.each([
    ['an unknown key', { qosms: 3 }, /^qosms: is no option of this function; did you mean "qosMs"\?/],
    ['no type', { latency: {} }, /^latency: has no instance type/],
    [
      'a short row',
      { latency: { a: [[8, 12]] } },
      /^latency\["a"\]\[0\]: is 8, 12; batch size, mean, p99 are expected/,
    ],
    [
      'quantiles that fall',
      { latency: { a: [[8, 12, 11, 10]] }, quantiles: [50, 99] },
      /times in ms that never decrease/,
    ],
    [
      'sizes that fall',
      {
        latency: {
          a: [
            [8, 1, 2],
            [4, 1, 2],
          ],
        },
      },
      /^latency: has the batch sizes 8, 4/,
    ],
    [
      'other sizes',
      { latency: { a: [[8, 1, 2]], b: [[4, 1, 2]] } },
      /^latency\["b"\]: has other batch sizes/,
    ],
    ['no row', { latency: { a: [] } }, /^latency\["a"\]: has no row; \[\[8, 12\.1/],
    [
      'texts in a row',
      { latency: { a: [['8', 12, 19] as never] } },
      /^latency\["a"\]\[0\]: is "8", 12, 19; batch size, mean, p99/,
    ],
    ['a target that is a text', { qosMs: '160' as never }, /^qosMs: is "160"; a number of milliseconds/],
    ['a percentile that is a text', { percentile: '99' as never }, /^percentile: is "99"; a percentile from/],
    [
      'rows that are none',
      { latency: { a: [null as never] } },
      /^latency\["a"\]: is no list of rows; \[\[8,/,
    ],
    [
      'a mean above the slowest time',
      { latency: { a: [[8, 60, 4, 9]] }, quantiles: [0, 100] },
      /^latency\["a"\]\[0\]: its mean is 60, above p100, 9; a mean that fits/,
    ],
    [
      'a batch size of the second type that is a text',
      { latency: { a: [[8, 2, 3]], b: [['8' as never, 2, 3]] } },
      /^latency\["b"\]\[0\]: is "8", 2, 3; batch size, mean, p99 are expected/,
    ],
    ['a mix that is a text', { mix: '8' as never }, /^mix: is no mix/],
    ['weights that are texts', { mix: { 8: '70', 32: '30' } as never }, /^mix: is no mix/],
    ['a weight that is a BigInt', { mix: { 8: 5n, 32: 1 } as never }, /^mix: is no mix/],
    [
      'batch sizes of a mix that are BigInts',
      { mix: { batchSizes: [8n, 32n], probabilities: [0.5, 0.5] } as never },
      /^mix: is no mix/,
    ],
    [
      'quantiles that are texts',
      { quantiles: ['99'] as never },
      /^quantiles: is "99"; increasing percentages/,
    ],
    ['weights beyond the largest number', { mix: { 8: 1e308, 32: 1e308 } }, /^mix: is no mix/],
    [
      'a mix of two lengths',
      { mix: { batchSizes: Float64Array.of(8, 32), probabilities: Float64Array.of(1) } },
      /^mix: has 2 batch sizes and 1 probabilities/,
    ],
    [
      'a mix with a size twice',
      { mix: { batchSizes: Float64Array.of(8, 8), probabilities: Float64Array.of(1, 1) } },
      /^mix\.batchSizes\[1\]: is 8, after 8/,
    ],
    ['no quantile above the median', { quantiles: [50] }, /^quantiles: is 50/],
    ['a name that is a number', { model: 5 as never }, /^model: is 5; the name of the model is expected/],
    ['an empty name', { model: '' }, /^model: is ""; the name of the model/],
    ['a number for quantiles', { quantiles: 99 as never }, /^quantiles: is 99; increasing percentages/],
    ['null for quantiles', { quantiles: null as never }, /^quantiles: is null; increasing percentages/],
    ['no mix', { mix: {} }, /^mix: is no mix/],
    ['a size beyond the bins', { mix: { 64: 1 } }, /a batch size of 64 has no bin/],
    [
      'a share for a percentile',
      { percentile: 0.99 },
      /^percentile: is 0.99; it is in percent: did you mean 99\?/,
    ],
  ])('%s', (_what, change, message) => {
    const recipe = { latency, mix: { 8: 1 }, qosMs: 100, ...change }
    expect(() => workload(recipe)).toThrow(message)
  })

  test('an unknown key of an instance type', () => {
    const types = { a: { max: 1, pricePerHour: 1, prize: 2 } }
    expect(() => space({ types, budgetPerHour: 1 })).toThrow(/^prize: is no option of this function/)
  })
})
