import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDecimal } from '../../../src/files/io/decimal.ts'

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
