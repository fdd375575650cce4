import fc from 'fast-check'
import { expect, test } from 'vitest'
import { selectBest } from '../../../src/allocate/select/enumerate.ts'
import type { FluidSpace } from '../../../src/allocate/select/lattice.ts'
import { plateauEnds } from '../../../src/allocate/select/plateau.ts'
import { relax } from '../../../src/allocate/select/relaxation.ts'
import { selectSetting } from '../../../src/allocate/select/setting.ts'
import { solve } from '../../../src/kernel/fallback/lp-solver.ts'
import { costOf, countsAt } from '../../../src/kernel/lattice.ts'
import { loadKernel } from '../../../src/kernel/load.ts'
import { question } from './random-space.ts'

const kernel = loadKernel('wasm')

/** The best fractional configuration by another solver: counts are variables of the fluid program. */
function relaxedBySolver({ lattice, program }: FluidSpace): number {
  const { min, size, price, budget } = lattice
  const { probability, service, violation, epsilon } = program
  const bins = probability.length
  // the smallest counts are paid for
  const left = budget - min.reduce((sum, n, t) => sum + n * price[t], 0)
  const constraints: Record<string, { max: number }> = { budget: { max: left } }
  const variables: Record<string, Record<string, number>> = {}
  for (let k = 0; k < bins; k++) constraints[`bin${k}`] = { max: 0 }
  constraints.late = { max: 0 }
  variables.rate = { rate: 1, late: -epsilon }
  for (let k = 0; k < bins; k++) variables.rate[`bin${k}`] = probability[k]
  for (const t of price.keys()) {
    constraints[`time${t}`] = { max: min[t] }
    constraints[`more${t}`] = { max: size[t] - 1 }
    variables[`count${t}`] = { [`time${t}`]: -1, [`more${t}`]: 1, budget: price[t] }
    for (let k = 0; k < bins; k++) {
      const cell = t * bins + k
      variables[`x${t}.${k}`] = { [`bin${k}`]: -1, [`time${t}`]: service[cell] / 1000, late: violation[cell] }
    }
  }
  const solved = solve({ constraints, variables, objective: 'rate' })
  return solved.status === 'optimal' ? solved.value : Number.NaN
}

test('the ceiling is the bound of the best fractional configuration', () => {
  fc.assert(
    fc.property(question, (query) => {
      const { lattice, program } = query
      fc.pre(costOf(lattice, Array.from(lattice.min)) <= lattice.budget)
      const { ceiling, counts } = relax(kernel, query)
      fc.pre(ceiling < Infinity)
      const exact = relaxedBySolver(query)
      expect(ceiling).toBeGreaterThanOrEqual(exact * (1 - 1e-7))
      expect(ceiling).toBeLessThanOrEqual(exact * (1 + 1e-5))
      const { bound } = kernel.fluidBounds({ program, counts: Float64Array.from(counts) })
      expect(bound[0]).toBeGreaterThan(exact * (1 - 1e-5))
    }),
    { numRuns: 100 },
  )
})

test('a relaxation that is ended has solved a point, and its ceiling holds', () => {
  fc.assert(
    fc.property(question, (query) => {
      let points = 0
      const counting = {
        ...kernel,
        fluidBounds: (asked: Parameters<typeof kernel.fluidBounds>[0]) => {
          points++
          return kernel.fluidBounds(asked)
        },
      }
      const whole = relax(counting, query)
      fc.pre(whole.ceiling < Infinity && points > 3)
      points = 0
      const ended = relax(counting, query, () => true)
      expect(ended.ceiling).toBeLessThan(Infinity)
      expect(ended.ceiling).toBeGreaterThanOrEqual(whole.ceiling * (1 - 1e-7))
      expect(points).toBe(1)
    }),
    { numRuns: 30 },
  )
})

test('the ends of a plateau cannot move further within the budget', async () => {
  const setting = selectSetting({ kernel: 'wasm', threads: 1 })
  await fc.assert(
    fc.asyncProperty(question, fc.constantFrom(0.05, 0.3, 0.9), async (query, width) => {
      const { lattice, program, size } = query
      const input = { ...query, from: 0, to: size, limit: 1, byCost: true }
      const [best] = (await selectBest({ name: 'selectFluid', input }, setting)).number
      fc.pre(best !== undefined)
      const counts = countsAt(lattice, best)
      const boundOf = (n: readonly number[]) =>
        kernel.fluidBounds({ program, counts: Float64Array.from(n) }).bound[0]
      const floor = (1 - width) * boundOf(counts)
      const ends = plateauEnds(kernel, query, counts, floor)
      fc.pre(ends.length > 0)
      for (const end of ends) {
        expect(end.bound).toBe(boundOf(end.counts))
        expect(end.bound).toBeGreaterThanOrEqual(floor)
        expect(costOf(lattice, end.counts)).toBeLessThanOrEqual(lattice.budget)
        const changed = end.counts.map((n, t) => n - counts[t])
        expect(changed.filter((n) => n !== 0).length).toBe(2)
        expect(end.counts.every((n, t) => n >= lattice.min[t] && n < lattice.min[t] + lattice.size[t])).toBe(
          true,
        )
        const from = changed.findIndex((n) => n < 0)
        const to = changed.findIndex((n) => n > 0)
        // one more of the type that is given back, and one more of the other at most
        const further = end.counts.with(from, end.counts[from] - 1)
        const paid = further.with(to, further[to] + 1)
        if (further[from] >= lattice.min[from] && costOf(lattice, paid) > lattice.budget) {
          expect(boundOf(further)).toBeLessThan(floor)
        }
      }
    }),
    // one question of twenty has a plateau
    { numRuns: 40 },
  )
})
