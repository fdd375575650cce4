import { describe, expect, test } from 'vitest'
import { cheapestConfigurations } from '../../src/allocate/cheapest/cheapest.ts'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { budgetFor, COST_TOLERANCE, mostInstances, type Space } from '../../src/model/fleet/space.ts'
import { workload } from '../../src/model/workload/build-workload.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

// three times 0.1 is 0.30000000000000004 in doubles
const space: Space = { types: [{ name: 'fast', max: 5, pricePerHour: 0.1 }], budgetPerHour: 0.3 }
const example = smallWorkload()

describe.each(['wasm', 'fallback'] as const)('prices that sum to the budget, %s kernel', (kernel) => {
  test.each(['fluid', 'closed-form'] as const)('are within it by the %s bound', async (bound) => {
    const { rows, withinBudget } = await rankConfigurations({
      workload: example,
      space,
      bound,
      topN: 10,
      kernel,
    })
    expect(rows.map(({ counts }) => counts[0])).toEqual([3, 2, 1])
    expect(withinBudget).toBe(3)
    if (bound === 'fluid') expect(rows.map(({ budgetSlack }) => budgetSlack)).toEqual([0, 0.1, 0.2])
  })

  test('are within it where the cheapest for a target are searched', async () => {
    const [best] = (await rankConfigurations({ workload: example, space, topN: 1, kernel })).rows
    const { rows } = await cheapestConfigurations({
      workload: example,
      space,
      targetQps: best.bound,
      topN: 1,
      kernel,
    })
    expect(rows.map(({ counts }) => counts)).toEqual([[3]])
  })
})

test('prices that sum to the budget are within it where the space is too large to enumerate', async () => {
  const types = ['fast', 'slow'].map((name) => ({ name, max: 20_000, pricePerHour: 0.1 }))
  const { rows, proof } = await rankConfigurations({ workload: example, space: { ...space, types }, topN: 1 })
  expect(proof?.gap).toBe(0)
  expect(rows[0].counts).toEqual([3, 0])
})

test('large prices that sum to the budget are within it', async () => {
  const types = [{ name: 'fast', max: 5, pricePerHour: 33_554_432.1 }]
  const { rows } = await rankConfigurations({
    workload: example,
    space: { types, budgetPerHour: 100_663_296.3 },
  })
  expect(rows.map(({ counts }) => counts[0])).toEqual([3, 2, 1])
})

test('prices that costs are too coarse for are refused', async () => {
  const types = [{ name: 'fast', max: 5, pricePerHour: 9e-7 }]
  const asked = { workload: example, space: { types, budgetPerHour: 1 } }
  await expect(rankConfigurations(asked)).rejects.toThrow(
    /types\[0\].pricePerHour: is 9e-7 for fast; prices are dollars per hour, from \$0.000001 on/,
  )
})

test('the smallest budget that is named for a target is enough', async () => {
  const small = { ...space, budgetPerHour: 0.1 }
  const [{ bound }] = (await rankConfigurations({ workload: example, space, topN: 1 })).rows
  const { infeasible } = await cheapestConfigurations({
    workload: example,
    space: small,
    targetQps: bound,
    topN: 1,
  })
  expect(infeasible?.smallestBudget).toBe(0.3)
})

test('as many instances as the budget buys, and the budget that buys a cost', () => {
  expect(mostInstances(space)).toBe(3)
  expect(budgetFor(0.1 + 0.2)).toBe(0.3)
  expect(budgetFor(0.3 + 2 * COST_TOLERANCE)).toBe(0.300001)
})

test('a row is dominated by one with a higher bound whose prices sum to the same', async () => {
  const alone = workload({
    latency: { fast: [[1, 10, 10]], slow: [[1, 4, 4]] },
    mix: { 1: 1 },
    qosMs: 100,
  })
  const types = [
    { name: 'fast', max: 3, pricePerHour: 0.1 },
    { name: 'slow', max: 1, pricePerHour: 0.3 },
  ]
  const request = { workload: alone, space: { types, budgetPerHour: 0.3 }, topN: 3 }
  const { rows } = await rankConfigurations(request)
  expect(rows.map(({ counts, dominatedBy }) => [...counts, dominatedBy])).toEqual([
    [3, 0, null],
    [0, 1, 1],
    [2, 0, null],
  ])
  const frontier = await rankConfigurations({ ...request, pareto: true })
  expect(frontier.rows.map(({ counts }) => counts)).toEqual([
    [3, 0],
    [2, 0],
    [1, 0],
  ])
})
