import { expect, test } from 'vitest'
import { measurementTable } from '../../../src/report/replay/measurement.ts'

test('a measured table has a line for each type and size, with its quantiles by their levels', () => {
  const table = {
    types: ['gpu', 'cpu'],
    batchSizes: Float64Array.of(8, 64),
    levels: Float64Array.of(0, 0.5, 0.99, 1),
    samples: Float64Array.of(99, 98, 97, 96),
    meanMs: Float64Array.of(2, 3.25, 10.0625, 40),
    knotsMs: Float64Array.of(1, 2, 3, 4, 2, 3, 6, 7.5, 9, 10, 12.5, 15, 30, 40, 50, 1234.5),
  }
  expect(measurementTable(table, false).split('\n')).toEqual([
    'type  batch  samples  mean ms     p50     p99       max  p99/p50',
    'gpu       8       99    2.000   2.000   3.000     4.000    1.50x',
    'gpu      64       98    3.250   3.000   6.000     7.500    2.00x',
    'cpu       8       97   10.063  10.000  12.500    15.000    1.25x',
    'cpu      64       96   40.000  40.000  50.000  1234.500    1.25x',
    '',
  ])
})
