import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  differenceOf,
  expectedOfDates,
  parseDifferenceOfDates,
  termsOf,
} from '../../../src/files/io/column-difference.ts'

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
  ['2026-11-30T12:00:00.123Z', '2026-11-30T12:00:00.1Z', '0.023000000 s'],
  ['2026-11-30T12:00:00.000000001Z', '2026-11-30T13:59:59.999999999+02:00', '0.000000002 s'],
  ['2026-11-30 12:00:00', '2026-12-01 12:00:00,5', '-86400.500000000 s'],
  ['2026-11-30T12:00:00Z', '2026-11-30T12:00:00', '2026-11-30T12:00:00Z - 2026-11-30T12:00:00'],
  ['2026-11-30T12:00:00Z', '5', '2026-11-30T12:00:00Z - 5'],
])('%s minus %s is %s', (end, start, difference) => {
  expect(differenceOf(end, start)).toBe(difference)
})

test('is exact for dates of any zone', () => {
  const anyNs = fc.bigInt(0n, 4_000_000_000_000_000_000n)
  const zoned = (ns: bigint, hours: number) => {
    const local = new Date(Number(ns / 1_000_000n) + hours * 3_600_000).toISOString().slice(0, 23)
    return `${local}${String(ns % 1_000_000n).padStart(6, '0')}${hours < 0 ? '-' : '+'}0${Math.abs(hours)}:00`
  }
  fc.assert(
    fc.property(anyNs, anyNs, fc.integer({ min: -9, max: 9 }), (a, b, hours) => {
      const text = differenceOf(zoned(a, hours), zoned(b, 0))
      expect(BigInt(text.replace(/[. s]/g, ''))).toBe(a - b)
      expect(parseDifferenceOfDates(text, 3)).toBe(Number(`${a - b}e-6`))
    }),
  )
})

test('says what two cells without a difference should be, where one is a date', () => {
  const [zoned, local] = ['2026-11-30T12:00:00Z', '2026-11-30T12:00:00']
  expect(expectedOfDates(`${zoned} - ${local}`)).toBe(
    'two dates with a time zone, such as Z or +01:00, or two without one',
  )
  expect(expectedOfDates(`5 - ${local}`)).toBe('two dates like 2026-11-30T12:00:00.123Z, or two numbers')
  expect(expectedOfDates('x - 5')).toBeUndefined()
  expect(expectedOfDates(local)).toBeUndefined()
})

test('is exact for whole numbers of any size', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
      expect(differenceOf(String(a), String(b))).toBe(String(a - b))
    }),
  )
})
