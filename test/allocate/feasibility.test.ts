import { expect, test } from 'vitest'
import { explainInfeasible } from '../../src/allocate/feasibility.ts'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import type { Space } from '../../src/model/space.ts'
import type { Workload } from '../../src/model/workload.ts'
import { PUBLISHED_SPACE } from '../fixtures/published.ts'

const feasible = async (workload: Workload, space: Space) =>
  (await rankConfigurations({ workload, space, topN: 1 })).feasible! > 0

test('each remedy for a small budget is enough alone, and slightly less of it is not', async () => {
  const workload = await readWorkload('rm2')
  const space = { ...PUBLISHED_SPACE, budgetPerHour: 0.3 }
  const { remedies, limits, smallestBudget } = explainInfeasible(workload, space)
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

test('proposes an instance of a type whose largest count is 0', async () => {
  const workload = await readWorkload('rm2')
  const types = PUBLISHED_SPACE.types.map((type, t) => (t === 0 ? { ...type, max: 0 } : type))
  const { remedies } = explainInfeasible(workload, { ...PUBLISHED_SPACE, types })
  expect(remedies[0]).toMatchObject({ limit: 'maximum', message: 'allow an instance of g4dn.xlarge' })
})

test('proposes lower minima or a larger budget where the minima cost more than the budget', async () => {
  const workload = await readWorkload('rm2')
  const types = PUBLISHED_SPACE.types.map((type) => ({ ...type, min: 2 }))
  const { limits, smallestBudget } = explainInfeasible(workload, { ...PUBLISHED_SPACE, types })
  expect(limits).toEqual(['budget', 'minimum'])
  expect(smallestBudget).toBeCloseTo(2 * (0.526 + 0.432 + 0.149 + 0.1664), 9)
})
