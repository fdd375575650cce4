import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchNumbers } from '../../../src/model/results/batch-numbers.ts'

type Start = readonly [startMs: number, instance: number]

/** Each start has its place among the different starts. */
function expected(starts: readonly Start[]): number[] {
  const different = new Map(starts.map((start) => [start.join(), start]))
  const ordered = [...different.values()].sort(([a, i], [b, j]) => a - b || i - j)
  const place = new Map(ordered.map((start, number) => [start.join(), number]))
  return starts.map((start) => place.get(start.join())!)
}

const numbered = (starts: readonly Start[]) =>
  Array.from(
    batchNumbers(
      Float64Array.from(starts, ([ms]) => ms),
      Int32Array.from(starts, ([, instance]) => instance),
    ),
  )

const instance = fc.integer({ min: 0, max: 4 })
const anyTime = fc.double({ min: -1e12, max: 1e12, noNaN: true }).map((ms) => ms + 0)

test.each([
  ['few times, many ties', fc.integer({ min: 0, max: 12 })],
  ['any times', anyTime],
  [
    'a burst and a late start',
    fc.oneof({ weight: 30, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) }, fc.constant(1e9)),
  ],
])('batches are numbered by start, then by instance: %s', (_, time) => {
  const starts = fc.array(fc.tuple(time, instance), { maxLength: 400, size: 'max' })
  fc.assert(
    fc.property(starts, (list) => {
      expect(numbered(list)).toEqual(expected(list))
    }),
  )
})

test('a schedule without queries has no batches', () => {
  expect(numbered([])).toEqual([])
})

test('thousands of starts at nearly the same time, in descending order', () => {
  const starts = Array.from({ length: 5000 }, (_, i): Start => [(5000 - i) * 1e-6, i % 3])
  starts.push([1e6, 0])
  expect(numbered(starts)).toEqual(expected(starts))
})
