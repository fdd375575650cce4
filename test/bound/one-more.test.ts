import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gainsOfOneMore, qpsPerPoint } from '../../src/bound/one-more.ts'
import { loadKernel } from '../../src/kernel/load.ts'

const kernel = loadKernel()

const question = fc
  .record({
    types: fc.array(
      fc.record({
        count: fc.nat({ max: 6 }),
        start: fc.double({ min: 0.5, max: 9, noNaN: true }),
        slope: fc.double({ min: 0.05, max: 3, noNaN: true }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    bins: fc.integer({ min: 1, max: 12 }),
    epsilon: fc.constantFrom(0, 0.01, 0.1),
  })
  .map(({ types, bins, epsilon }) => {
    const cells = types.flatMap(({ start, slope }) =>
      Array.from({ length: bins }, (_, k) => start + slope * (k + 1)),
    )
    const program = {
      probability: new Float64Array(bins).fill(1 / bins),
      service: Float64Array.from(cells),
      violation: Float64Array.from(cells, (ms) => Math.min(1, Math.max(0, (ms - 12) / 8))),
      epsilon,
    }
    return { program, counts: types.map(({ count }) => count) }
  })

test('a whole instance gains at least 0, and at most its marginal gain where the bound is above 0', () => {
  fc.assert(
    fc.property(question, ({ program, counts }) => {
      const { bound, price } = kernel.fluidBounds({ program, counts: Float64Array.from(counts) })
      const gains = gainsOfOneMore((near) => kernel.fluidBounds({ program, counts: near }), [counts], bound)
      expect(gains).toHaveLength(counts.length)
      for (const [t, gain] of gains.entries()) {
        expect(gain).toBeGreaterThanOrEqual(0)
        const more = { program, counts: Float64Array.from(counts.with(t, counts[t] + 1)) }
        expect(bound[0] + gain).toBeCloseTo(kernel.fluidBounds(more).bound[0], 6)
        if (bound[0] > 0) expect(gain).toBeLessThanOrEqual(price[t] * (1 + 1e-9) + 1e-9 * bound[0])
      }
    }),
    { numRuns: 300 },
  )
})

test('the violation price per query and millisecond becomes one per percentage point', () => {
  // one point of 200 queries a second is 2 a second, 0.002 a millisecond
  expect(qpsPerPoint(50, 200)).toBeCloseTo(50 * 0.002, 12)
})
