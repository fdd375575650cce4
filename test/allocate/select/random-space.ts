import fc from 'fast-check'
import type { FluidProgram, Lattice } from '../../../src/kernel/contract.ts'

/** Small spaces of several types, with few distinct prices so that equal costs happen. */
export const question = fc
  .record({
    types: fc.array(
      fc.record({
        min: fc.nat({ max: 1 }),
        size: fc.integer({ min: 1, max: 5 }),
        price: fc.constantFrom(0.1, 0.25, 0.3, 0.7, 1.9, 4),
        start: fc.double({ min: 0.5, max: 9, noNaN: true }),
        slope: fc.double({ min: 0.05, max: 3, noNaN: true }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    mix: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 }),
    budget: fc.double({ min: 0.2, max: 12, noNaN: true }),
    epsilon: fc.constantFrom(0, 0.01, 0.1, 0.5),
    limit: fc.integer({ min: 1, max: 12 }),
    byCost: fc.boolean(),
  })
  .filter(({ mix }) => mix.some((weight) => weight > 0))
  .map(({ types, mix, budget, epsilon, limit, byCost }) => {
    const total = mix.reduce((sum, weight) => sum + weight)
    const cells = types.flatMap(({ start, slope }) => mix.map((_, k) => start + slope * (k + 1)))
    const lattice: Lattice = {
      min: Float64Array.from(types, (type) => type.min),
      size: Float64Array.from(types, (type) => type.size),
      price: Float64Array.from(types, (type) => type.price),
      budget,
    }
    const program: FluidProgram = {
      probability: Float64Array.from(mix, (weight) => weight / total),
      service: Float64Array.from(cells),
      violation: Float64Array.from(cells, (ms) => Math.min(1, Math.max(0, (ms - 12) / 8))),
      epsilon,
    }
    return { lattice, program, size: types.reduce((size, type) => size * type.size, 1), limit, byCost }
  })
