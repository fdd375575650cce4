import fc from 'fast-check'
import type { FluidSelect, Rank, Selection } from '../../src/kernel/contract.ts'
import { questions } from './fluid-programs.ts'

/** Small spaces, with budgets and prices that make ties, and a page of their ranking. */
export const selections = fc
  .record({
    question: questions(4),
    axes: fc.array(
      fc.record({
        min: fc.constantFrom(0, 0, 0, 1),
        size: fc.integer({ min: 1, max: 4 }),
        price: fc.constantFrom(0.1, 0.25, 0.3, 1),
      }),
      { minLength: 5, maxLength: 5 },
    ),
    budget: fc.constantFrom(0.3, 0.6, 1, 2, 100),
    limit: fc.integer({ min: 1, max: 40 }),
    byCost: fc.boolean(),
    includeInfeasible: fc.boolean(),
    cuts: fc.array(fc.nat(), { maxLength: 3 }),
  })
  .map(({ question: { program, types }, axes, budget, limit, byCost, includeInfeasible, cuts }) => {
    const used = axes.slice(0, types)
    const lattice = {
      min: Float64Array.from(used, (axis) => axis.min),
      size: Float64Array.from(used, (axis) => axis.size),
      price: Float64Array.from(used, (axis) => axis.price),
      budget,
    }
    const to = used.reduce((size, axis) => size * axis.size, 1)
    const input: FluidSelect = { lattice, program, from: 0, to, limit, byCost, includeInfeasible }
    return { input, cuts: cuts.map((cut) => cut % (to + 1)).sort((a, b) => a - b) }
  })

/** The rows of a selection or a search. */
export const ranksOf = ({ bound, cost, number }: Pick<Selection, keyof Rank>): Rank[] =>
  Array.from(number, (n, i) => ({ bound: bound[i], cost: cost[i], number: n }))
