import { describe, expect, test } from 'vitest'
import { cheapestConfigurations } from '../../src/allocate/cheapest/cheapest.ts'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { searchConfigurations } from '../../src/allocate/search/search.ts'
import { fluidSpace } from '../../src/allocate/select/lattice.ts'
import { searchSpace } from '../../src/allocate/select/search-space.ts'
import { selectSetting } from '../../src/allocate/select/setting.ts'
import { fluidBound, fluidProgram } from '../../src/bound/fluid.ts'
import { readSpace } from '../../src/files/documents/space.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'

const space = await readSpace('hpdc23')
const types = space.types.map(({ name }) => name)
const batching = { maxBatch: 1000 }
const workload = { ...(await readWorkload('mtwnd')), batching }
const all = await rankConfigurations({ workload, space, topN: 12_096 })

test('a ranking names the batches, and is refused by the closed form, which does not support them', async () => {
  expect(all.workload.batching).toEqual(batching)
  await expect(rankConfigurations({ workload, space, bound: 'closed-form', topN: 1 })).rejects.toThrow(
    /batching: is set, but the closed form does not support batching; leave it out \(--no-batching\)/,
  )
})

test('prices that rounding leaves are no limits', async () => {
  const asked = { ...workload, percentile: 99.9, batching: { maxBatch: 400 } }
  const { rows } = await rankConfigurations({ workload: asked, space, topN: 12_096 })
  for (const { bound, counts, limits, marginalQps, marginalQpsPerPoint } of rows) {
    const prices = new Map(types.map((name, t) => [name, marginalQps![t] * counts[t]]))
    prices.set('percentile', marginalQpsPerPoint!)
    for (const limit of limits!)
      expect(prices.get(limit)! / bound, `${counts}: ${limit}`).toBeGreaterThan(1e-9)
  }
})

describe('with batches', () => {
  test('the rows of a ranking have the bounds of their configurations, and there is no other', () => {
    const alone = { ...workload, batching: undefined }
    for (const { counts, bound } of all.rows.filter((_, i) => i % 40 === 0)) {
      expect(bound).toBe(fluidBound(workload, types, counts))
      expect(bound).toBeGreaterThanOrEqual(fluidBound(alone, types, counts))
    }
  })

  test('the frontier has exactly the rows that no row at the same or lower cost equals or exceeds', async () => {
    const { rows } = await rankConfigurations({ workload, space, pareto: true, topN: Infinity })
    const best = all.rows.filter(({ counts, costPerHour, bound }) =>
      all.rows.every(
        (other) =>
          other.counts === counts ||
          other.costPerHour > costPerHour ||
          other.bound < bound ||
          (other.bound === bound && other.costPerHour === costPerHour),
      ),
    )
    expect(rows.map(({ counts }) => counts)).toEqual(best.map(({ counts }) => counts))
  })

  test.each([0, 1])(
    'the cheapest for a target with %i spares is the first that reaches it',
    async (spare) => {
      const targetQps = all.rows[0].bound / 2
      const survives = (counts: readonly number[]) =>
        counts.every((n, t) => n === 0 || fluidBound(workload, types, counts.with(t, n - 1)) >= targetQps)
      const cheapest = all.rows
        .filter(({ counts, bound }) => (spare === 0 ? bound >= targetQps : survives(counts)))
        .sort((a, b) => a.costPerHour - b.costPerHour || b.bound - a.bound)
      const { rows } = await cheapestConfigurations({ workload, space, targetQps, spare, topN: 3 })
      expect(rows.map(({ counts }) => counts)).toEqual(cheapest.slice(0, 3).map(({ counts }) => counts))
    },
  )

  test('branch and bound finds the rows of a ranking', async () => {
    const query = fluidSpace(space, fluidProgram(workload, types))
    const { rows, proof } = await searchSpace(
      { ...query, limit: 20, byCost: true },
      selectSetting({ kernel: 'wasm', threads: 1 }),
    )
    expect(Array.from(rows.bound)).toEqual(all.rows.slice(0, 20).map(({ bound }) => bound))
    expect(proof.gap).toBe(0)
  })

  test('n instances with s slots have the bound of s n instances', () => {
    const bound = fluidBound(workload, types, [2, 0, 3, 1], { slots: [2, 1, 3, 4] })
    expect(Math.abs(bound / fluidBound(workload, types, [4, 0, 9, 4]) - 1)).toBeLessThan(1e-12)
  })

  test('the proven best is the best of all that are measured', async () => {
    const request = {
      workload: { ...(await readWorkload('dien')), batching },
      space: { ...space, budgetPerHour: 1.4 },
      ...{ queries: 3000, repeats: 2, threads: 1 },
    }
    const proven = await searchConfigurations(request)
    const measured = await searchConfigurations({ ...request, exhaustive: true })
    expect(measured.proof.replays).toBeGreaterThan(2 * proven.proof.replays)
    expect(proven.rows[0].counts).toEqual(measured.rows[0].counts)
    expect(proven.rows[0].mean).toBe(measured.rows[0].mean)
  })
})
