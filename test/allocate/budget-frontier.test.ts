import { expect, test } from 'vitest'
import { budgetFrontier } from '../../src/allocate/budget-frontier.ts'
import type { Space } from '../../src/model/fleet/space.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const request = {
  workload: smallWorkload(),
  space: { types: [{ name: 'fast', max: 5, pricePerHour: 0.1 }], budgetPerHour: 0.2 } as Space,
}

test('reaches half more than the budget', async () => {
  const rows = await budgetFrontier(request)
  expect(rows?.map(({ counts }) => counts)).toEqual([[3], [2], [1]])
})

test('is left out where a large space and half more than the budget leave too many configurations', async () => {
  // half more than $173.2 buys 2,598 instances, which are 3.4 million pairs
  const types = ['fast', 'slow'].map((name) => ({ name, max: 20_000, pricePerHour: 0.1 }))
  const rowsWithin = (budgetPerHour: number) =>
    budgetFrontier({ ...request, space: { types, budgetPerHour } })
  expect(await rowsWithin(0.2)).toHaveLength(3)
  expect(await rowsWithin(173.2)).toBeUndefined()
})

test.each([
  ...[{ timeLimitMs: 1e6 }, { stop: AbortSignal.abort() }, { topN: 1 }, { pareto: true }],
  ...[{ ties: 'counts' }, { bound: 'closed-form' }, { includeInfeasible: true }],
])('refuses an option of a ranking that a frontier does not have: %j', async (option) => {
  await expect(budgetFrontier({ ...request, ...option })).rejects.toMatchObject({
    code: 'BAD_USAGE',
    place: { field: Object.keys(option)[0] },
    problem: 'is no option of this function',
  })
})
