import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatCents,
  formatCost,
  formatCount,
  formatDollars,
  formatDuration,
  formatFigure,
  formatGiven,
  formatMoment,
  formatPrice,
  formatRate,
  sharePercent,
} from '../../src/report/numbers.ts'

/** What the runtime writes, but for the sign of what is rounded to 0. */
const byIntl = (value: number, digits: number) =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits, signDisplay: 'negative' })

const value = fc
  .tuple(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.integer({ min: -6, max: 12 }))
  .map(([factor, power]) => factor * 10 ** power)

test('whole numbers have their thousands separated', () => {
  expect([0, -0, 7, 999, 1000, 12_096, -1_234_567].map(formatCount)).toEqual([
    ...['0', '0', '7', '999', '1,000', '12,096', '-1,234,567'],
  ])
  fc.assert(
    fc.property(value, (number) => {
      expect(formatCount(number)).toBe(byIntl(number, 0))
    }),
  )
})

test('rates, dollars and given numbers have their thousands separated, and keep their decimals', () => {
  expect([0, 9.876, 999.94, 1234.5, 222_819].map(formatRate)).toEqual([
    ...['0.0', '9.88', '999.9', '1,234.5', '222,819.0'],
  ])
  expect([0.5, 12_345.6].map(formatDollars)).toEqual(['0.5000', '12,345.6000'])
  expect([0, 2.5, 2.463, 0.1 + 0.2, 1.25e-5, 1e-7, 12_345.6].map(formatPrice)).toEqual([
    ...['0', '2.5', '2.463', '0.3', '0.0000125', '0.0000001', '12,345.6'],
  ])
  expect([0, 0.5, 0.1, 1262.341].map(formatCost)).toEqual(['0.00', '0.50', '0.10', '1,262.34'])
  expect([0.0996, 0.05, 0.001234].map(formatCost)).toEqual(['0.0996', '0.0500', '0.00123'])
  expect([0.0625, 35, 600_000, 1234.125, 1e21].map(formatGiven)).toEqual([
    ...['0.0625', '35', '600,000', '1,234.125', '1e+21'],
  ])
})

test('figures have three digits, and all of a whole number', () => {
  expect([0, 0.00012345, 0.5, 12.345, 123.4, 12_345.6].map(formatFigure)).toEqual([
    ...['0', '0.000123', '0.5', '12.3', '123', '12,346'],
  ])
  fc.assert(
    fc.property(value, (number) => {
      const digits = number === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number))))
      expect(formatFigure(number)).toBe(byIntl(number, Math.min(digits, 20)))
    }),
  )
})

test('durations have their two largest units', () => {
  expect([0, 0.25, 1500, 61_000, 3_600_000, 97_200_000].map(formatDuration)).toEqual([
    ...['0 ms', '0.25 ms', '1.5 s', '1 min 1 s', '1 h', '1 d 3 h'],
  ])
  // what is rounded to the next unit has that one
  expect([0.9996, 999.4, 999.6, 999.96, 59_940, 59_960, 3_599_600].map(formatDuration)).toEqual([
    ...['1 ms', '999 ms', '1 s', '1 s', '59.9 s', '1 min', '1 h'],
  ])
  // a part of the smaller unit is left out: no hour has 60 minutes
  expect([3_597_600, 7_199_000, 172_799_000].map(formatDuration)).toEqual([
    ...['59 min 58 s', '1 h 59 min', '1 d 23 h'],
  ])
})

test('cents have three digits, or all of a whole number, and no exponent', () => {
  expect([0, 0.00772, 1.03, 999.4, 999.5, 16_683.3, 2.78e-7].map(formatCents)).toEqual([
    ...['0.00', '0.00772', '1.03', '999', '1,000', '16,683', '0.000000278'],
  ])
})

test('rates have one decimal, and three digits below 10', () => {
  expect([0, 1234.56, 10, 9.876, 0.05, 2.7e-5, 4.1e-7].map(formatRate)).toEqual([
    ...['0.0', '1,234.6', '10.0', '9.88', '0.0500', '0.0000270', '0.000000410'],
  ])
})

test('a share of 100.00% has no exception, and one of 0.00% has none either', () => {
  expect([1, 0.9945, 0.9995, 0.99986, 0.99994, 0.999995, 1 - 1e-7].map(sharePercent)).toEqual([
    ...['100.00%', '99.45%', '99.95%', '99.986%', '99.9940%', '99.99950%', '99.999990%'],
  ])
  // sums of shares are rounded
  expect([1 - 1e-16, 1e-17].map(sharePercent)).toEqual(['100.00%', '0.00%'])
  expect([0, 0.01, 1 - 0.9999, 1e-5, 1.2e-7].map(sharePercent)).toEqual([
    ...['0.00%', '1.00%', '0.010%', '0.0010%', '0.000012%'],
  ])
})

test('dollars have four decimals, and three digits of smaller amounts', () => {
  expect([0, 12.34567, 0.526, 0.0104, 0.0052, 0.00123456, 5e-6, 1.234e-7].map(formatDollars)).toEqual([
    ...['0.0000', '12.3457', '0.5260', '0.0104', '0.0052', '0.00123', '0.000005', '0.000000123'],
  ])
})

test.each([
  [0, '00:00'],
  [600, '00:10'],
  [86_400, '1 d 00:00'],
  [93_600, '1 d 02:00'],
  [94_200, '1 d 02:10'],
  [3690, '01:01:30'],
  [0.5, '00:00:00.5'],
  [3599.9999, '01:00'],
])('%f s is %s', (seconds, text) => {
  expect(formatMoment(seconds)).toBe(text)
})
