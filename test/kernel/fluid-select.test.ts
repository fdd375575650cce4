import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fluidProgramOf, latticeOfBox } from '../../bench/spaces.ts'
import { fluidProgram } from '../../src/bound/fluid.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import type { FluidProgram, FluidSelect, Kernel, Rank } from '../../src/kernel/contract.ts'
import { compareRanks, costOf, countsAt } from '../../src/kernel/lattice.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { PUBLISHED_SPACE } from '../fixtures/published.ts'
import { backends, wasmBackends } from './backends.ts'
import { ranksOf, selections } from './fluid-selections.ts'

/** Every configuration, bounded by a call of its own. */
function enumerate(kernel: Kernel, { lattice, program, from, to, byCost, includeInfeasible }: FluidSelect) {
  const rows: Rank[] = []
  let withinBudget = 0
  let feasible = 0
  for (let number = from; number < to; number++) {
    const counts = countsAt(lattice, number)
    const cost = costOf(lattice, counts)
    if (cost > lattice.budget || counts.every((count) => count === 0)) continue
    withinBudget++
    const bound = kernel.fluidBounds({ program, counts: Float64Array.from(counts) }).bound[0]
    if (bound > 0) feasible++
    if (bound > 0 || includeInfeasible) rows.push({ bound, cost, number })
  }
  return { withinBudget, feasible, rows: rows.sort((a, b) => compareRanks(a, b, byCost)) }
}

describe.each(wasmBackends)('%s', (_name, kernel) => {
  test('the rows are the best of all configurations, bounded one by one', () => {
    fc.assert(
      fc.property(selections, ({ input }) => {
        const all = enumerate(kernel, input)
        const selection = kernel.selectFluid(input)
        expect(ranksOf(selection)).toEqual(all.rows.slice(0, input.limit))
        expect(selection.withinBudget).toBe(all.withinBudget)
        expect(selection.feasible).toBe(all.feasible)
      }),
      { numRuns: 300 },
    )
  })

  test('consecutive pages give every row once, in order', () => {
    fc.assert(
      fc.property(selections, ({ input }) => {
        const pages: Rank[] = []
        for (let after: Rank | undefined; ; after = pages.at(-1)) {
          const page = ranksOf(kernel.selectFluid(after ? { ...input, after } : input))
          pages.push(...page)
          if (page.length < input.limit) break
        }
        expect(pages).toEqual(enumerate(kernel, input).rows)
      }),
    )
  })

  test('a range in pieces gives the same rows, bit by bit, and the same counts', () => {
    fc.assert(
      fc.property(selections, ({ input, cuts }) => {
        const whole = kernel.selectFluid(input)
        const ends = [0, ...cuts, input.to]
        const pieces = ends
          .slice(1)
          .map((to, i) => ({ ...input, from: ends[i], to }))
          .filter(({ from, to }) => from < to)
          .map((piece) => kernel.selectFluid(piece))
        const rows = pieces.flatMap(ranksOf).sort((a, b) => compareRanks(a, b, input.byCost))
        expect(rows.slice(0, input.limit)).toEqual(ranksOf(whole))
        expect(pieces.reduce((sum, { withinBudget }) => sum + withinBudget, 0)).toBe(whole.withinBudget)
        expect(pieces.reduce((sum, { feasible }) => sum + feasible, 0)).toBe(whole.feasible)
      }),
    )
  })

  test('a selection in steps gives the same rows, bit by bit, and the same counts', () => {
    fc.assert(
      fc.property(selections, fc.integer({ min: 1, max: 40 }), ({ input }, work) => {
        const selection = kernel.createSelection(input)
        while (selection.advance(work) < input.to);
        expect(selection.finish()).toEqual(kernel.selectFluid(input))
      }),
    )
  })

  test('a selection that ends early has the rows of the configurations that are done', () => {
    // so many runs that some are sampled first
    const lattice = { ...latticeOfBox([200, 200, 1]), min: Float64Array.of(0, 0, 1) }
    const page = { lattice, program: fluidProgramOf(3, 5), from: 7, to: 40_000, byCost: true }
    const selection = kernel.createSelection({ ...page, limit: 40_000 })
    let next = page.from
    while (next < 500) next = selection.advance()
    expect(next).toBeLessThan(2000)
    const early = ranksOf(selection.finish()).filter(({ number }) => number < next)
    expect(early).toEqual(ranksOf(kernel.selectFluid({ ...page, to: next, limit: 40_000 })))
    const few = { ...page, limit: 30 }
    const inSteps = kernel.createSelection(few)
    let steps = 1
    while (inSteps.advance() < page.to) steps++
    expect(steps).toBeGreaterThan(8)
    expect(inSteps.finish()).toEqual(kernel.selectFluid(few))
  })

  test('of thousands of infeasible rows the cheapest come first', () => {
    const lattice = { ...latticeOfBox([101, 101]), price: Float64Array.of(0.001, 1), budget: Infinity }
    const program = { ...fluidProgramOf(2, 5), violation: new Float64Array(10).fill(1) }
    const page = { from: 0, to: 101 * 101, limit: 60, byCost: true, includeInfeasible: true }
    const rows = ranksOf(kernel.selectFluid({ lattice, program, ...page }))
    // those of the first type alone
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 60 }, (_, i) => 101 * (i + 1)))
  })

  test('a selection pauses within a run of thousands of rows', () => {
    const lattice = { ...latticeOfBox([1, 2000]), min: Float64Array.of(1, 0) }
    const input = { lattice, program: fluidProgramOf(2, 5), from: 0, to: 2000, limit: 2000, byCost: true }
    const selection = kernel.createSelection(input)
    expect(selection.advance()).toBe(0)
    let steps = 1
    while (selection.advance() < input.to) steps++
    expect(steps).toBeGreaterThan(20)
    expect(selection.finish()).toEqual(kernel.selectFluid(input))
  })

  test('the first rows of a large space do not depend on how many are asked for', () => {
    const large = fc.tuple(
      selections,
      fc.array(fc.integer({ min: 9, max: 14 }), { minLength: 5, maxLength: 5 }),
    )
    fc.assert(
      fc.property(large, ({ 0: { input }, 1: sizes }) => {
        const types = Math.min(4, input.lattice.size.length)
        fc.pre(types === input.lattice.size.length && types > 2)
        const size = Float64Array.from(sizes.slice(0, types), (n) => (types === 3 ? n + 9 : n))
        const to = size.reduce((a, b) => a * b, 1)
        const { program } = input
        const lattice = { ...input.lattice, min: new Float64Array(types), size, budget: 100 }
        const all = kernel.selectFluid({ ...input, lattice, program, to, limit: to })
        const few = kernel.selectFluid({ ...input, lattice, program, to })
        expect(ranksOf(few)).toEqual(ranksOf(all).slice(0, input.limit))
        expect(few.feasible).toBe(all.feasible)
      }),
      { numRuns: 25 },
    )
  })

  test('rows and counts equal those of the fallback', () => {
    fc.assert(
      fc.property(selections, ({ input }) => {
        const found = kernel.selectFluid(input)
        const expected = loadKernel('fallback').selectFluid(input)
        expect(found.withinBudget).toBe(expected.withinBudget)
        expect(found.feasible).toBe(expected.feasible)
        expect(found.bound.length).toBe(expected.bound.length)
        found.bound.forEach((bound, i) => {
          expect(Math.abs(bound - expected.bound[i])).toBeLessThan(1e-6 * (1 + bound))
        })
      }),
      { numRuns: 25 },
    )
  })

  test.each(['rm2', 'mtwnd'])(
    'the rows of the whole published space, %s, have the bounds of a list',
    async (model) => {
      const program = fluidProgram(
        await readWorkload(model),
        PUBLISHED_SPACE.types.map(({ name }) => name),
      )
      const input = publishedSelect(program)
      const selection = kernel.selectFluid(input)
      const rows = ranksOf(selection)
      const { bound } = kernel.fluidBounds({
        program,
        counts: Float64Array.from(rows.flatMap(({ number }) => countsAt(input.lattice, number))),
      })
      expect(rows.map((row) => row.bound)).toEqual(Array.from(bound))
      expect(rows).toEqual(rows.toSorted((a, b) => compareRanks(a, b, true)))
      // 6 x 7 x 18 x 16 without the empty one; those with a g4dn.xlarge keep the percentile: 5 x 7 x 18 x 16
      expect(selection.withinBudget).toBe(12_095)
      expect(selection.feasible).toBe(10_080)
      expect(ranksOf(kernel.selectFluid({ ...input, limit: 20 }))).toEqual(rows.slice(0, 20))
    },
  )
})

/** All rows of the published space, at any cost. */
function publishedSelect(program: FluidProgram): FluidSelect {
  const { types } = PUBLISHED_SPACE
  return {
    program,
    lattice: {
      min: Float64Array.from(types, ({ min = 0 }) => min),
      size: Float64Array.from(types, ({ max }) => max + 1),
      price: Float64Array.from(types, ({ pricePerHour }) => pricePerHour),
      budget: Infinity,
    },
    from: 0,
    to: 12_096,
    limit: 12_096,
    byCost: true,
  }
}

test.each(backends)('%s: a page begins after a row, and a search ends with its floor', (_name, kernel) => {
  const input = { lattice: latticeOfBox([3, 4]), program: fluidProgramOf(2, 5), from: 0, to: 12, limit: 12 }
  for (const byCost of [false, true]) {
    const all = ranksOf(kernel.selectFluid({ ...input, byCost }))
    expect(all.length).toBeGreaterThan(4)
    expect(ranksOf(kernel.selectFluid({ ...input, byCost, after: all[2] }))).toEqual(all.slice(3))
    const found = kernel.searchFluid({ ...input, byCost, limit: 3, floor: all[2] })
    expect(ranksOf(found)).toEqual(all.slice(0, 3))
  }
})
