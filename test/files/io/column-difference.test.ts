import fc from 'fast-check'
import { expect, test } from 'vitest'
import { differenceOf, termsOf } from '../../../src/files/io/column-difference.ts'

const terms = (name: string, ...columns: string[]) => termsOf(name, (column) => columns.includes(column))

test('a column of the whole name is taken before a difference', () => {
  expect(terms('end-start', 'end', 'start')).toEqual(['end', 'start'])
  expect(terms('end - start', 'end', 'start')).toEqual(['end', 'start'])
  expect(terms('end-start', 'end', 'start', 'end-start')).toEqual(['end-start'])
  expect(terms('end-start', 'end')).toEqual(['end-start'])
  expect(terms('end-time-start-time', 'end-time', 'start-time')).toEqual(['end-time', 'start-time'])
})

test('refuses a name that may be two differences', () => {
  expect(() => terms('a-b-c', 'a', 'b-c', 'a-b', 'c')).toThrow(
    'map: is "a-b-c"; this may be "a" minus "b-c" or "a-b" minus "c": rename one of these columns',
  )
})

test.each([
  ['1795000200006100456', '1795000200000000123', '6100333'],
  ['1795000200.006100456', '1795000200', '0.006100456'],
  ['1795000200', '1795000200.006', '-0.006'],
  ['1.5e3', '+1e-2', '1499.99'],
  ['5', '5.0', '0.0'],
  ['.5', '-1.', '1.5'],
  ['', '5', ''],
  ['5', '', ''],
  ['x', '5', 'x - 5'],
  ['.', '5', '. - 5'],
  ['1e9999', '5', '1e9999 - 5'],
])('%s minus %s is %s', (end, start, difference) => {
  expect(differenceOf(end, start)).toBe(difference)
})

test('is exact for whole numbers of any size', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
      expect(differenceOf(String(a), String(b))).toBe(String(a - b))
    }),
  )
})
