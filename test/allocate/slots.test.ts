import { expect, test } from 'vitest'
import { explainConfiguration } from '../../src/allocate/explain.ts'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { searchConfigurations } from '../../src/allocate/search/search.ts'
import { fluidBound } from '../../src/bound/fluid.ts'
import { checkSpace, type Space } from '../../src/model/fleet/space.ts'
import { metricsOf } from '../../src/replay/metrics.ts'
import { replay } from '../../src/replay/replay.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const workload = smallWorkload()
const types = ['fast', 'slow']

/** One or two fast instances and two slow ones, with slots. */
const spaceOf = (slots: readonly number[]): Space => ({
  types: [
    { name: 'fast', min: 1, max: 2, pricePerHour: 2, slots: slots[0], base: true },
    { name: 'slow', min: 2, max: 2, pricePerHour: 1, slots: slots[1], base: false },
  ],
  budgetPerHour: 10,
})

test.each(['fluid', 'closed-form'] as const)(
  'the %s bound of n instances with s slots is the one of s n instances',
  async (bound) => {
    const { rows } = await rankConfigurations({ workload, space: spaceOf([4, 3]), bound, topN: 2 })
    const { types: one, budgetPerHour } = spaceOf([1, 1])
    const single = one.map((type) => ({ ...type, min: 0, max: 12 }))
    const all = await rankConfigurations({
      workload,
      space: { types: single, budgetPerHour: 10 * budgetPerHour },
      bound,
      topN: 169,
    })
    expect(rows.map(({ counts }) => counts)).toEqual([
      [2, 2],
      [1, 2],
    ])
    for (const { counts, bound: found, costPerHour } of rows) {
      const wide = all.rows.find((row) => row.counts[0] === 4 * counts[0] && row.counts[1] === 6)!
      expect(Math.abs(found / wide.bound - 1)).toBeLessThan(1e-9)
      expect(costPerHour).toBe(2 * counts[0] + 2)
    }
  },
)

test('an explanation gives the share of the time of all slots', () => {
  const found = explainConfiguration(workload, spaceOf([4, 3]), [1, 2])
  const wide = explainConfiguration(workload, spaceOf([1, 1]), [4, 6])
  expect(found.bound).toBeCloseTo(wide.bound, 6)
  found.types.forEach((type, t) => {
    expect(type.utilisation).toBeCloseTo(wide.types[t].utilisation, 6)
  })
})

test('a replay serves as many queries at the same time as an instance has slots', () => {
  const trace = { arrivalMs: Float64Array.of(0, 0, 0), batchSize: Float64Array.of(100, 100, 100) }
  const one = replay({ workload, types, counts: [1, 0], trace, policy: 'fcfs', service: 'mean' })
  expect([...one.finishMs]).toEqual([10, 20, 30])
  const two = replay({
    workload,
    types,
    counts: [1, 0],
    slots: [2, 1],
    trace,
    policy: 'fcfs',
    service: 'mean',
  })
  expect([...two.finishMs]).toEqual([10, 10, 20])
  expect(two.counts).toEqual([1, 0])
  expect(metricsOf(two).utilisation).toEqual([30 / 40, 0])
})

test('a search measures slots, and never more than their bound', async () => {
  const options = { workload, queries: 1000, repeats: 1, threads: 1 }
  const { rows } = await searchConfigurations({ ...options, space: spaceOf([4, 3]) })
  const single = await searchConfigurations({ ...options, space: spaceOf([1, 1]) })
  const bound = fluidBound(workload, types, [2, 2], { slots: [4, 3] })
  expect(rows[0].mean).toBeGreaterThan(3 * single.rows[0].mean)
  expect(rows[0].mean).toBeLessThan(1.05 * bound)
})

test.each([0, 1.5, 1025])('refuses %s slots', (slots) => {
  expect(() => checkSpace(spaceOf([1, slots]))).toThrow(
    expect.objectContaining({ code: 'BAD_MODEL', place: { field: 'types[1].slots' } }),
  )
})
