import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FluidSelect, Rank } from '../../src/kernel/contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { wasmBackends } from './backends.ts'
import { ranksOf, selections } from './fluid-selections.ts'

/** Every row comes before this one. */
const LAST: Rank = { bound: 0, cost: Infinity, number: Infinity }

/** A search takes no infeasible rows. */
const feasible = (input: FluidSelect): FluidSelect => ({ ...input, includeInfeasible: false })

describe.each(wasmBackends)('%s', (_name, kernel) => {
  test('a search without a floor finds the rows of a selection, bit by bit', () => {
    fc.assert(
      fc.property(selections, ({ input }) => {
        const found = kernel.searchFluid({ ...input, floor: LAST })
        expect(ranksOf(found)).toEqual(ranksOf(kernel.selectFluid(feasible(input))))
      }),
      { numRuns: 300 },
    )
  })

  test('a search finds the rows up to the floor, the floor itself included', () => {
    fc.assert(
      fc.property(selections, fc.nat(), ({ input }, place) => {
        const rows = ranksOf(kernel.selectFluid(feasible(input)))
        fc.pre(rows.length > 0)
        const end = place % rows.length
        const found = kernel.searchFluid({ ...input, floor: rows[end] })
        expect(ranksOf(found)).toEqual(rows.slice(0, end + 1))
      }),
    )
  })

  test('a search after a row finds the rows that follow it', () => {
    fc.assert(
      fc.property(selections, fc.nat(), ({ input }, place) => {
        const rows = ranksOf(kernel.selectFluid(feasible({ ...input, limit: input.to })))
        fc.pre(rows.length > 0)
        const start = place % rows.length
        const found = kernel.searchFluid({ ...input, after: rows[start], floor: LAST })
        expect(ranksOf(found)).toEqual(rows.slice(start + 1, start + 1 + input.limit))
      }),
    )
  })

  test('a search of a large space visits a small part of its nodes, and prunes some of these', () => {
    const types = 6
    const bins = 20
    const price = Float64Array.from({ length: types }, (_, t) => 0.1 * 2 ** t)
    const service = Float64Array.from({ length: types * bins }, (_, i) => {
      const t = Math.floor(i / bins)
      return 3 + ((t * 7) % 5) + ((i % bins) + 1) / price[t] ** 0.8
    })
    const program = {
      probability: new Float64Array(bins).fill(1 / bins),
      service,
      violation: service.map((ms) => Math.min(1, Math.max(0, (ms - 30) / 20))),
      epsilon: 0.01,
    }
    const size = new Float64Array(types).fill(12)
    const lattice = { min: new Float64Array(types), size, price, budget: 8 }
    const input = { program, lattice, from: 0, to: 12 ** types, limit: 5, byCost: true }
    const found = kernel.searchFluid({ ...input, floor: LAST })
    expect(ranksOf(found)).toEqual(ranksOf(kernel.selectFluid(input)))
    expect(found.visited).toBeLessThan(input.to / 100)
    expect(found.pruned).toBeLessThan(found.visited)
    expect(found.pruned).toBeGreaterThan(0)
  })

  test('rows equal those of the fallback', () => {
    fc.assert(
      fc.property(selections, ({ input }) => {
        const found = kernel.searchFluid({ ...input, floor: LAST })
        const expected = loadKernel('fallback').searchFluid({ ...feasible(input), floor: LAST })
        expect(found.bound.length).toBe(expected.bound.length)
        found.bound.forEach((bound, i) => {
          expect(Math.abs(bound - expected.bound[i])).toBeLessThan(1e-6 * (1 + bound))
        })
      }),
      { numRuns: 25 },
    )
  })
})
