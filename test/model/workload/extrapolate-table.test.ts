import { expect, test } from 'vitest'
import { extrapolateTable } from '../../../src/model/workload/extrapolate-table.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const { latency } = smallWorkload()

test('bins beyond the table go on along a line, by 10% a step', () => {
  const { batchSizes, meanMs, knotsMs, samples } = extrapolateTable(latency, 200)
  expect([...batchSizes]).toEqual([1, 10, 100, 110, 121, 133, 146, 160, 176, 193, 200])
  // fast: 2 ms at 10 and 10 ms at 100; slow: 20 and 400 ms
  expect(meanMs[10]).toBeCloseTo(10 + (100 / 90) * 8, 9)
  expect(meanMs[21]).toBeCloseTo(400 + (100 / 90) * 380, 9)
  expect([...meanMs.subarray(0, 3), ...meanMs.subarray(11, 14)]).toEqual([...latency.meanMs])
  expect(samples[10]).toBe(0)
  for (let row = 0; row < 22; row++) {
    const knots = [...knotsMs.subarray(3 * row, 3 * row + 3)]
    expect(knots).toEqual([...knots].sort((a, b) => a - b))
  }
})

test('the line starts at half of the last size, and times never fall', () => {
  const falling = {
    ...latency,
    types: ['a'],
    batchSizes: Float64Array.of(50, 60, 100),
    samples: new Float64Array(3),
    meanMs: Float64Array.of(9, 1, 5),
    knotsMs: new Float64Array(9).fill(5),
  }
  expect(extrapolateTable(falling, 110).meanMs[3]).toBe(5)
  const one = { ...falling, batchSizes: Float64Array.of(10), samples: new Float64Array(1) }
  const single = { ...one, meanMs: Float64Array.of(4), knotsMs: Float64Array.of(3, 4, 6) }
  expect([...extrapolateTable(single, 20).meanMs].at(-1)).toBe(8)
})

test('a size within the table is refused', () => {
  expect(() => extrapolateTable(latency, 100)).toThrow(/extrapolateTo: is 100, and the largest bin is 100/)
})
