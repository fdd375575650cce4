import { describe, expect, it } from 'vitest'
import { assign } from '../../src/dispatch/assign.ts'

describe('assign', () => {
  it('takes plain arrays and returns pairs, total and potentials', () => {
    const { status, rows, cols, total, rowPotential, colPotential } = assign(
      [4, 1, 3, 2, 0, 5, 3, 2, 2],
      3,
      3,
    )
    expect(status).toBe('assigned')
    expect([[...rows], [...cols], total]).toEqual([[0, 1, 2], [1, 0, 2], 5])
    expect(rowPotential.length + colPotential.length).toBe(6)
  })

  it('refuses NaN and -Infinity with their position', () => {
    expect(() => assign([1, 2, 3, NaN, 5, 6], 2, 3)).toThrow(
      'cost[1][0]: is NaN; a number or Infinity is expected',
    )
    expect(() => assign([1, 2, 3, 4, -Infinity, 6], 3, 2)).toThrow('cost[2][0]: is -Infinity')
    expect(() => assign([1, Infinity, 3, 4, 5, -1e308], 3, 2)).toThrow(
      'cost[2][1]: is -1e+308; a number of at most',
    )
  })

  it('refuses costs that are no numbers', () => {
    const refused: [unknown, string][] = [
      ['5', '"5"'],
      [null, 'null'],
      [5n, '5'],
    ]
    for (const [cost, text] of refused) {
      expect(() => assign([1, 2, 3, cost as never], 2, 2)).toThrow(
        `cost[1][1]: is ${text}; a number of at most 1e+300`,
      )
    }
  })

  it('refuses a matrix of another size', () => {
    expect(() => assign([1, 2, 3], 2, 2)).toThrow('cost: has 3 numbers; rows x cols = 2 x 2 asks for 4')
    expect(() => assign([1], 2, 2)).toThrow('cost: has 1 number; rows x cols = 2 x 2 asks for 4')
    expect(() => assign(undefined as never, 2, 2)).toThrow('cost: has no numbers; rows x cols')
    expect(() => assign([], -1, 2)).toThrow('rows: is -1')
    expect(() => assign([], 0, 0.5)).toThrow('cols: is 0.5')
    const length = 2 ** 27 + 1
    expect(() => assign({ length } as number[], 1, length)).toThrow(
      'cost: 134217729 costs; at most 134217728',
    )
  })
})
