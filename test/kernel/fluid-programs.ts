import fc from 'fast-check'
import type { FluidProgram } from '../../src/kernel/contract.ts'

/** A program, and a count for each of its types. */
export interface Question {
  readonly program: FluidProgram
  readonly types: number
  readonly counts: Float64Array
}

/** Services by bin, with what is hard for a solver: ties, and bins that no type or every type may serve. */
const row = fc.record({
  base: fc.constantFrom(1, 2, 5, 20),
  growth: fc.constantFrom(0, 1, 1, 3.7),
  exponent: fc.constantFrom(0.5, 1, 1, 1.4),
  jitter: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 }),
  late: fc.constantFrom('never', 'never', 'step', 'step', 'slope', 'always'),
  cutoff: fc.integer({ min: 0, max: 12 }),
  few: fc.constantFrom(0, 0, 0.001, 0.01),
})

/** Random programs of 1 to `maxTypes` types and 1 to 12 bins, of which some have no queries. */
export function questions(maxTypes = 5, count: fc.Arbitrary<number> = fc.nat({ max: 6 })) {
  return fc
    .record({
      rows: fc.array(row, { minLength: 1, maxLength: maxTypes }),
      twin: fc.boolean(),
      weights: fc.array(fc.constantFrom(0, 1, 1, 2, 0.125, 7), { minLength: 1, maxLength: 12 }),
      epsilon: fc.constantFrom(0, 0.01, 0.01, 0.05, 0.25, 0.5),
      counts: fc.array(count, { minLength: maxTypes + 1, maxLength: maxTypes + 1 }),
    })
    .map(({ rows, twin, weights, epsilon, counts }): Question => {
      const bins = weights.length
      const used = twin ? [...rows, rows[0]] : rows
      const asked = weights.some((weight) => weight > 0) ? weights : [1, ...weights.slice(1)]
      const sum = asked.reduce((a, b) => a + b)
      const service = used.flatMap(({ base, growth, exponent, jitter }) =>
        asked.map((_, k) => base + growth * k ** exponent + jitter[k % jitter.length] / 8),
      )
      const violation = used.flatMap(({ late, cutoff, few }) =>
        asked.map((_, k) => {
          if (late === 'never') return few
          if (late === 'always') return 1
          if (late === 'step') return k < cutoff ? few : 1
          return Math.min(1, (few * (k + 1)) / 4)
        }),
      )
      return {
        types: used.length,
        counts: Float64Array.from(used, (_, t) => counts[t]),
        program: {
          probability: Float64Array.from({ length: bins }, (_, k) => asked[k] / sum),
          service: Float64Array.from(service),
          violation: Float64Array.from(violation),
          epsilon,
        },
      }
    })
}

/** The least share of queries that miss, over all routings to the types in use. */
export function leastMissed({ probability, violation }: FluidProgram, counts: Float64Array): number {
  const bins = probability.length
  return probability.reduce((sum, p, k) => {
    const rates = Array.from(counts, (count, t) => (count > 0 ? violation[t * bins + k] : Infinity))
    return sum + (p > 0 ? p * Math.min(...rates) : 0)
  }, 0)
}
