import { expect, test } from 'vitest'
import { timesOf } from '../../src/dispatch/times.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'
import { contextOf } from './rule-of.ts'

test('a guard is the 95th percentile of a service time, a loose guard the 75th', () => {
  const { guardMs, looseGuardMs, typicalMs, violation } = timesOf(
    contextOf(smallWorkload(), ['fast', 'slow']),
  )
  // half of the times of a cell are from its mean to 1.5 times as much, evenly
  const near = (values: number[]) => values.map((value) => expect.closeTo(value, 9))
  expect([...guardMs]).toEqual(near([1.45, 2.9, 14.5, 5.8, 29, 580]))
  expect([...looseGuardMs]).toEqual(near([1.25, 2.5, 12.5, 5, 25, 500]))
  expect([...typicalMs]).toEqual([1, 2, 10, 4, 20, 400])
  // the target is 20 ms
  expect([...violation]).toEqual([0, 0, 0, 0, 0.5, 1])
})
