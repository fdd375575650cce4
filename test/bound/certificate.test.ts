/** The checks that prove bounds in other tests: they find each fault of prices and of a routing. */
import { describe, expect, test } from 'vitest'
import { certify, overstep } from '../../src/bound/certificate.ts'

/** A fast type that is always late, and a slow one that never is; a quarter of the queries may be late. */
const program = {
  probability: Float64Array.of(1),
  service: Float64Array.of(1, 100),
  violation: Float64Array.of(1, 0),
  epsilon: 0.25,
}
const counts = Float64Array.of(1, 1)

describe('a certificate', () => {
  // three quarters of the queries take 100 ms on the slow type
  const bound = 1000 / 75
  const proof = (price: readonly number[], violationPrice: number, claimed = bound) =>
    certify(program, counts, { bound: claimed, price: Float64Array.from(price), violationPrice })

  test('proves a bound by its prices', () => {
    const { infeasibility, gap } = proof([0, bound], 100 * bound)
    expect(infeasibility).toBeCloseTo(0, 12)
    expect(gap).toBeCloseTo(0, 12)
  })

  test.each([
    // min(1333, 1300) - 333 is below 1000
    ['of a type that is too low', [0, 13], 100 * bound, (1000 + bound * 25 - 1300) / (1000 + bound * 25)],
    // min(1000, 1333) - 250 is below 1000
    ['of violations that is too low', [0, bound], 1000, 250 / 1250],
    ['below 0', [-1, bound + 1], 100 * bound, 1],
    ['of violations below 0', [0, bound], -2000, 2000],
  ])('finds a price %s', (_, price, violationPrice, infeasibility) => {
    expect(proof(price, violationPrice).infeasibility).toBeCloseTo(infeasibility, 12)
  })

  test('finds a bound that the prices do not have', () => {
    expect(proof([0, bound], 100 * bound, 2 * bound).gap).toBeCloseTo(0.5, 12)
    expect(proof([0, bound], 100 * bound, bound / 2).gap).toBeCloseTo(1, 12)
  })
})

test.each([
  ['is within its limits', [1, 1], 1000 / 75, [0.25, 0.75], 0],
  ['has a share below 0', [1, 1], 1, [-0.1, 1.1], 0.1],
  ['leaves queries out', [1, 1], 1, [0.2, 0.7], 0.1],
  ['serves queries twice', [1, 1], 1, [0.2, 1], 0.2],
  ['needs more time than there is', [1, 1], 20, [0.25, 0.75], 0.5],
  ['uses a type without instances', [1, 0], 1, [0, 1], 0.1],
  ['misses the target too often', [1, 1], 1, [0.5, 0.5], 0.25],
])('a routing that %s', (_, given, bound, share, expected) => {
  const routing = { bound, share: Float64Array.from(share) }
  expect(overstep(program, Float64Array.from(given), routing)).toBeCloseTo(expected, 12)
})
