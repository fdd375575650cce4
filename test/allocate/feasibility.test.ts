import { expect, test } from 'vitest'
import { cheapestConfigurations } from '../../src/allocate/cheapest/cheapest.ts'
import { explainInfeasible } from '../../src/allocate/feasibility.ts'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { fluidProgram } from '../../src/bound/fluid.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { space as buildSpace } from '../../src/model/fleet/build-space.ts'
import { type Space, typeNames } from '../../src/model/fleet/space.ts'
import { workload as buildWorkload } from '../../src/model/workload/build-workload.ts'
import type { Workload } from '../../src/model/workload/workload.ts'
import { PUBLISHED_SPACE } from '../fixtures/published.ts'

const feasible = async (workload: Workload, space: Space) =>
  (await rankConfigurations({ workload, space, topN: 1 })).feasible! > 0

const explain = (workload: Workload, space: Space) =>
  explainInfeasible(workload, space, fluidProgram(workload, typeNames(space)))

/** One type, by batch size its mean and its percentiles 1 and 99, ms. */
function workloadOf(times: Record<number, readonly [number, number, number]>, mix: Record<number, number>) {
  const rows = Object.entries(times).map(([size, ms]) => [Number(size), ...ms])
  return buildWorkload({ latency: { gpu: rows }, quantiles: [1, 99], mix, qosMs: 100, percentile: 99 })
}

const spaceOf = (budgetPerHour: number) =>
  buildSpace({ types: { gpu: { max: 4, pricePerHour: 1 } }, budgetPerHour })

test('each remedy for a small budget is enough alone, and slightly less of it is not', async () => {
  const workload = await readWorkload('rm2')
  const space = { ...PUBLISHED_SPACE, budgetPerHour: 0.3 }
  const { remedies, limits, smallestBudget } = explain(workload, space)
  expect(limits).toEqual(['budget', 'qos', 'percentile'])
  const value = (limit: string) => remedies.find((remedy) => remedy.limit === limit)!.value!
  expect(smallestBudget).toBe(0.526)
  expect(await feasible(workload, { ...space, budgetPerHour: 0.526 })).toBe(true)
  expect(await feasible(workload, { ...space, budgetPerHour: 0.525999 })).toBe(false)
  expect(await feasible({ ...workload, qosMs: value('qos') }, space)).toBe(true)
  expect(await feasible({ ...workload, qosMs: value('qos') - 0.01 }, space)).toBe(false)
  expect(await feasible({ ...workload, percentile: value('percentile') }, space)).toBe(true)
  expect(await feasible({ ...workload, percentile: value('percentile') + 0.001 }, space)).toBe(false)
})

test('proposes the largest percentile where the shares that are late sum to a round number', async () => {
  const late = [200, 199, 201] as const
  const workload = workloadOf({ 8: late, 16: late, 32: [50, 49, 51] }, { 8: 0.01, 16: 0.197, 32: 0.793 })
  const { remedies } = explain(workload, spaceOf(4))
  expect(remedies[1]).toEqual({
    limit: 'percentile',
    value: 79.3,
    message: 'lower the percentile to 79.3',
  })
  expect(await feasible({ ...workload, percentile: 79.3 }, spaceOf(4))).toBe(true)
})

test.each([
  [0.002, 0.0041],
  [0.002, 0.0043],
  [1e-7, 4.1e-7],
  [3, 12.347],
  [1e-9, 1e6],
])('the target that is proposed has the digits that it needs: %d ms instead of %d', async (qosMs, ms) => {
  const latency = { gpu: [[8, ms, ms, ms] as const] }
  const workload = buildWorkload({ latency, quantiles: [1, 99], mix: { 8: 1 }, qosMs, percentile: 99 })
  const [{ limit, value }] = explain(workload, spaceOf(4)).remedies
  expect(limit).toBe('qos')
  expect(value).toBeGreaterThanOrEqual(ms)
  expect(value! - ms).toBeLessThan(Math.min(0.01, ms * 1e-2))
  expect(await feasible({ ...workload, qosMs: value! }, spaceOf(4))).toBe(true)
})

test('proposes an instance of a type whose largest count is 0', async () => {
  const workload = await readWorkload('rm2')
  const types = PUBLISHED_SPACE.types.map((type, t) => (t === 0 ? { ...type, max: 0 } : type))
  const space = { ...PUBLISHED_SPACE, types }
  const { limits, remedies } = explain(workload, space)
  expect(limits).toEqual(['maximum', 'qos', 'percentile'])
  expect(remedies[0].message).toBe('allow an instance of g4dn.xlarge')
  // the others help without that type
  const [qosMs, percentile] = remedies.slice(1).map(({ value }) => value!)
  for (const [changed, isEnough] of [
    [{ ...workload, qosMs }, true],
    [{ ...workload, qosMs: qosMs - 0.01 }, false],
    [{ ...workload, percentile }, true],
    [{ ...workload, percentile: percentile + 0.001 }, false],
  ] as const) {
    expect(await feasible(changed, space)).toBe(isEnough)
  }
  // it is not among what a larger budget buys, and a type that may run is not allowed again
  expect(explain(workload, { ...space, budgetPerHour: 0.3 }).limits).toEqual(['qos', 'percentile'])
  const also = types.map((type, t) => (t === 2 ? { ...type, min: 1 } : type))
  expect(explain(workload, { ...space, types: also }).remedies[0].message).toBe(remedies[0].message)
})

test('proposes lower minima or a larger budget where the minima cost more than the budget', async () => {
  const workload = await readWorkload('rm2')
  const types = PUBLISHED_SPACE.types.map((type) => ({ ...type, min: 2 }))
  const { limits, smallestBudget, remedies } = explain(workload, { ...PUBLISHED_SPACE, types })
  expect(limits).toEqual(['budget', 'minimum'])
  expect(smallestBudget).toBeCloseTo(2 * (0.526 + 0.432 + 0.149 + 0.1664), 9)
  expect(remedies[1].message).toBe('lower the smallest count of g4dn.xlarge to 1')
  // where an instance costs most, whatever the order of the types
  const reversed = explain(workload, { ...PUBLISHED_SPACE, types: types.toReversed() })
  expect(reversed.remedies[1].message).toBe(remedies[1].message)
})

test('looks only at sets of types that have each type with a minimum', () => {
  const names = Array.from({ length: 10 }, (_, t) => `t${t}`)
  const latency = Object.fromEntries(names.map((name) => [name, [[1, 20, 19, 21]]]))
  const quantiles = [1, 99]
  const workload = buildWorkload({ latency, quantiles, mix: { 1: 1 }, qosMs: 10, percentile: 99 })
  let costs = 0
  const types = names.map((name) => ({
    ...{ name, min: 1, max: 2 },
    get pricePerHour() {
      costs++
      return 1
    },
  }))
  expect(explain(workload, { types, budgetPerHour: 20 }).limits).toEqual(['qos'])
  // the only set has every type; without minima there would be 1,024
  expect(costs).toBeLessThan(1_000)
})

test('proposes lower minima where they leave no room for a type that is needed', async () => {
  const workload = await readWorkload('rm2')
  const types = PUBLISHED_SPACE.types.map((type, t) => (t === 2 ? { ...type, min: 14 } : type))
  const space = { ...PUBLISHED_SPACE, types }
  const { remedies } = explain(workload, space)
  expect(remedies[1].message).toBe('lower the smallest count of r5n.large to 13')
  const lower = types.map((type, t) => (t === 2 ? { ...type, min: 13 } : type))
  expect(await feasible(workload, { ...space, types: lower })).toBe(true)
})

test.each(['fluid', 'closed-form'] as const)(
  'proposes no lower minima that are no help: %s',
  async (bound) => {
    const workload = workloadOf({ 8: [10, 5, 15] }, { 8: 1 })
    const space = buildSpace({ types: { gpu: { min: 1, max: 4, pricePerHour: 1 } }, budgetPerHour: 0.5 })
    const { infeasible } = await rankConfigurations({ workload, space, bound })
    expect(infeasible!.limits).toEqual(['budget'])
  },
)

test('proposes lower minima for the base type of the closed form, and no instance of it beyond the budget', async () => {
  const workload = await readWorkload('rm2')
  const explainClosedForm = async (max: number, budgetPerHour: number) => {
    const types = PUBLISHED_SPACE.types.map((type, t) => (t === 0 ? { ...type, max } : { ...type, min: 2 }))
    const request = {
      workload,
      space: { ...PUBLISHED_SPACE, types, budgetPerHour },
      bound: 'closed-form' as const,
    }
    return (await rankConfigurations(request)).infeasible!
  }
  expect((await explainClosedForm(5, 2)).message).toBe(
    'raise the budget to $2.0208 an hour (1 g4dn.xlarge + 2 c5n.2xlarge + 2 r5n.large + 2 t3.xlarge), or lower the smallest count of c5n.2xlarge to 1',
  )
  expect((await explainClosedForm(0, 2)).limits).toEqual([])
  const alone = { workload, space: { ...PUBLISHED_SPACE, budgetPerHour: 0.5 }, bound: 'closed-form' } as const
  expect((await rankConfigurations(alone)).infeasible!.message).toBe(
    'raise the budget to $0.526 an hour (1 g4dn.xlarge)',
  )
  expect((await explainClosedForm(0, 2.5)).limits).toEqual(['maximum'])
})

test('with batches, a budget that buys an instance is enough although a single query is never in time', async () => {
  const alone = workloadOf({ 8: [150, 140, 160], 16: [12, 11, 18], 32: [20, 15, 30] }, { 8: 0.9, 32: 0.1 })
  const workload = { ...alone, batching: { maxBatch: 32 } }
  const space = spaceOf(0.5)
  const { limits, smallestBudget } = explain(workload, space)
  expect(limits).toEqual(['budget'])
  expect(smallestBudget).toBe(1)
  expect(await feasible(workload, { ...space, budgetPerHour: 1 })).toBe(true)
  expect(explain(alone, space).limits).toEqual([])
})

test.each(['sampled', 'mean'] as const)('each remedy is enough with %s service times', async (service) => {
  const workload = workloadOf({ 8: [10, 5, 15], 32: [101, 60, 150] }, { 8: 0.95, 32: 0.05 })
  const request = { space: spaceOf(10), targetQps: 1, service }
  const { infeasible } = await cheapestConfigurations({ ...request, workload })
  expect(infeasible!.limits).toEqual(['qos', 'percentile'])
  const [qosMs, percentile] = infeasible!.remedies.map(({ value }) => value!)
  for (const [changed, rows] of [
    [{ ...workload, qosMs }, 4],
    [{ ...workload, qosMs: qosMs - 0.01 }, 0],
    [{ ...workload, percentile }, 4],
    [{ ...workload, percentile: percentile + 0.001 }, 0],
  ] as const) {
    expect((await cheapestConfigurations({ ...request, workload: changed })).rows).toHaveLength(rows)
  }
})
