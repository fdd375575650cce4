/** Programs on which the solver behind the fallback errs unless its precision fits. */
import { describe, expect, test } from 'vitest'
import { backends } from './backends.ts'

describe.each(backends)('%s', (_name, kernel) => {
  test('a rare batch size that takes long counts', () => {
    const rare = 1e-9
    const program = {
      probability: Float64Array.of(1 - rare, rare),
      service: Float64Array.of(1, 1e5),
      violation: new Float64Array(2),
      epsilon: 0.01,
    }
    const { bound, share } = kernel.fluidRouting({ program, counts: Float64Array.of(1) })
    const exact = 1000 / (1 - rare + rare * 1e5)
    expect(Math.abs(bound - exact)).toBeLessThan(1e-9 * exact)
    expect(Array.from(share, (part) => Number(part.toFixed(6)))).toEqual([1, 1])
  })

  test('where no query may be late, types that are late now and then serve nothing', () => {
    const program = {
      probability: Float64Array.of(0.5, 0.5),
      service: Float64Array.of(2.5, 3.5, 6.6, 8, 3, 4),
      violation: Float64Array.of(0.001, 1, 0, 0, 0.001, 1),
      epsilon: 0,
    }
    const { bound, share } = kernel.fluidRouting({ program, counts: Float64Array.of(1, 4, 1) })
    expect(bound).toBeCloseTo(4000 / 7.3, 9)
    expect(Array.from(share, (part) => Number(part.toFixed(6)))).toEqual([0, 0, 1, 1, 0, 0])
  })

  test('the price of a type that is not in use is that of its best line', () => {
    const program = {
      probability: Float64Array.of(1),
      service: Float64Array.of(2, 4, 8),
      violation: new Float64Array(3),
      lineType: Int32Array.of(0, 1, 1),
      epsilon: 0.01,
    }
    const { bound, price } = kernel.fluidBounds({ program, counts: Float64Array.of(1, 0) })
    expect(bound[0]).toBeCloseTo(500, 9)
    expect(price[0]).toBeCloseTo(500, 9)
    expect(price[1]).toBeCloseTo(250, 9)
  })
})
