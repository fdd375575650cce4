import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  affordableSpace,
  type Counts,
  costLimit,
  costOf,
  countAffordable,
  type Space,
} from '../../../src/model/fleet/space.ts'

const spaces = fc
  .record({
    types: fc.array(
      fc.record({
        min: fc.nat({ max: 2 }),
        more: fc.nat({ max: 5 }),
        pricePerHour: fc.constantFrom(0.1, 0.25, 0.3, 0.7, 1.9, 4),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    budgetPerHour: fc.oneof(
      fc.constantFrom(0.3, 0.6, 0.7, 1.9),
      fc.double({ min: 0.05, max: 12, noNaN: true }),
    ),
  })
  .map(({ types, budgetPerHour }): Space => {
    const named = types.map(({ min, more, pricePerHour }, t) => {
      return { name: `type${t}`, min, max: min + more, pricePerHour }
    })
    return { types: named, budgetPerHour }
  })

/** The configurations within the budget, in the order of the lattice. */
function listed(space: Space): Counts[] {
  const all = space.types.reduce<Counts[]>(
    (before, { min = 0, max }) =>
      before.flatMap((counts) => Array.from({ length: max - min + 1 }, (_, i) => [...counts, min + i])),
    [[]],
  )
  return all.filter((counts) => costOf(space, counts) <= costLimit(space))
}

test('without the counts that are too dear a space has the same configurations within the budget, in order', () => {
  fc.assert(
    fc.property(spaces, (space) => {
      const affordable = affordableSpace(space)
      expect(listed(affordable)).toEqual(listed(space))
      // the largest count that is left can be paid, unless the smallest counts cost too much
      for (const [t, { min = 0, max }] of affordable.types.entries()) {
        const dearest = space.types.map((type, other) => (other === t ? max : (type.min ?? 0)))
        if (max > min) expect(costOf(space, dearest)).toBeLessThanOrEqual(costLimit(space) * (1 + 1e-9))
      }
    }),
  )
})

test('configurations within the budget are counted up to a limit', () => {
  fc.assert(
    fc.property(spaces, fc.nat({ max: 50 }), (space, most) => {
      const { length } = listed(space)
      expect(countAffordable(space, Infinity)).toBe(length)
      const counted = countAffordable(space, most)
      if (length <= most) expect(counted).toBe(length)
      else expect(counted).toBeGreaterThan(most)
    }),
  )
})
