import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectedNumber, parseDecimal } from '../../../src/files/io/decimal.ts'

describe('a decimal number', () => {
  it('is what its text says', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseDecimal(String(value))).toBe(value === 0 ? 0 : value)
      }),
    )
    for (const [text, value] of [
      ['1.', 1],
      ['.5', 0.5],
      ['+2', 2],
      ['-3e-2', -0.03],
      ['007', 7],
    ] as const) {
      expect(parseDecimal(text)).toBe(value)
    }
  })

  it('is shifted before it is rounded', () => {
    expect(parseDecimal('0.134', 3)).toBe(134)
    expect(parseDecimal('5160.142570018768', 3)).toBe(5160142.570018768)
    expect(parseDecimal('1.001', 3)).toBe(1001)
    expect(parseDecimal('1500', -3)).toBe(1.5)
    expect(parseDecimal('2e-3', 3)).toBe(2)
  })

  it('is nothing else', () => {
    const others = [
      '',
      ' ',
      '.',
      '-',
      'e5',
      '1e',
      '1 2',
      '1,5',
      '0x10',
      '0b1',
      '1_000',
      'NaN',
      'Infinity',
      '1e999',
      '١',
    ]
    for (const text of others) expect(parseDecimal(text)).toBeNaN()
    expect(parseDecimal('1e308', 3)).toBeNaN()
  })
})

describe('what is expected in place of a cell', () => {
  const separated = 'a number, with a decimal point and no commas or spaces: replace those in numbers'

  it.each(['1,5', '1,005', '1.005,1', '1 000', '1\u{a0}005.1', '1\u{202f}000\u{202f}000', "1'000"])(
    'has no separators but the point of a decimal: %j',
    (cell) => expect(expectedNumber('a number', cell)).toBe(separated),
  )

  it.each(['5.1 ms', '12us', '20 req/s', '50%', '$1.006'])('has no unit: %j', (cell) => {
    expect(expectedNumber('a number', cell)).toBe('a number, without a unit')
  })

  it.each(['', '-', 'NaN', '0x10', '-1', '1e400', '10.0.0.1', '30/11/2026', '0.010, 0.020', '17:03.9'])(
    'is a number: %j',
    (cell) => expect(expectedNumber('a number', cell)).toBe('a number'),
  )
})
