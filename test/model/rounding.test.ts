import { expect, test } from 'vitest'
import { withoutRounding } from '../../src/model/rounding.ts'

test('what rounding has added to a sum is taken away', () => {
  expect([1.0000000000000215, 0.9999999999999578, 0.8224999999999999].map(withoutRounding)).toEqual([
    1, 1, 0.8225,
  ])
  expect([0, -2.5, 1 / 3, 1e-20, 123_456_789.5].map(withoutRounding)).toEqual([
    ...[0, -2.5, 0.333333333333, 1e-20, 123_456_789.5],
  ])
})
