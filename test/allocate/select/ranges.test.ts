import fc from 'fast-check'
import { expect, test } from 'vitest'
import { divideAffordable } from '../../../src/allocate/select/ranges.ts'
import { costOf, countsAt } from '../../../src/kernel/lattice.ts'
import { question } from './random-space.ts'

test('ranges cover a lattice in order, and hold about as many configurations within the budget', () => {
  fc.assert(
    fc.property(
      question,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 20 }),
      ({ lattice, size }, a, b, most) => {
        const [from, to] = [Math.floor(Math.min(a, b) * size), Math.ceil(Math.max(a, b) * size)]
        const ranges = [...divideAffordable(lattice, { from, to }, most)]
        const edges = [from, ...ranges.map((range) => range.to)]
        expect(ranges.map((range) => range.from)).toEqual(edges.slice(0, -1))
        expect(edges.at(-1)).toBe(to)
        const within = ranges.map(
          (range) =>
            Array.from({ length: range.to - range.from }, (_, i) => countsAt(lattice, range.from + i)).filter(
              (counts) => costOf(lattice, counts) <= lattice.budget,
            ).length,
        )
        const run = lattice.size[lattice.size.length - 1]
        // the first and the last range may begin and end within a run
        for (const held of within) expect(held).toBeLessThan(most + run)
        for (const held of within.slice(1, -1)) expect(held).toBeGreaterThanOrEqual(Math.max(0, most - run))
      },
    ),
  )
})
