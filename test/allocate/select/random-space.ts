import fc from 'fast-check'
import type { FluidSpace } from '../../../src/allocate/select/lattice.ts'

/** Small spaces of several types, some of which cannot keep the percentile alone. Few prices, so costs tie. */
export const randomSpaces = (prices: readonly number[], mostTypes: number, mostBudget: number) =>
  fc
    .record({
      types: fc.array(
        fc.record({
          min: fc.nat({ max: 1 }),
          size: fc.integer({ min: 1, max: 5 }),
          price: fc.constantFrom(...prices),
          start: fc.double({ min: 0.5, max: 9, noNaN: true }),
          slope: fc.double({ min: 0.05, max: 3, noNaN: true }),
        }),
        { minLength: 1, maxLength: mostTypes },
      ),
      mix: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 }),
      budget: fc.double({ min: 0.2, max: mostBudget, noNaN: true }),
      epsilon: fc.constantFrom(0, 0.01, 0.1, 0.5),
    })
    .filter(({ mix }) => mix.some((weight) => weight > 0))
    .map(({ types, mix, budget, epsilon }): FluidSpace => {
      const total = mix.reduce((sum, weight) => sum + weight)
      const cells = types.flatMap(({ start, slope }) => mix.map((_, k) => start + slope * (k + 1)))
      return {
        lattice: {
          min: Float64Array.from(types, (type) => type.min),
          size: Float64Array.from(types, (type) => type.size),
          price: Float64Array.from(types, (type) => type.price),
          budget,
        },
        program: {
          probability: Float64Array.from(mix, (weight) => weight / total),
          service: Float64Array.from(cells),
          violation: Float64Array.from(cells, (ms) => Math.min(1, Math.max(0, (ms - 12) / 8))),
          epsilon,
        },
        size: types.reduce((size, type) => size * type.size, 1),
      }
    })

export const question = fc
  .record({
    space: randomSpaces([0.1, 0.25, 0.3, 0.7, 1.9, 4], 5, 12),
    limit: fc.integer({ min: 1, max: 12 }),
    byCost: fc.boolean(),
  })
  .map(({ space, ...asked }) => ({ ...space, ...asked }))
