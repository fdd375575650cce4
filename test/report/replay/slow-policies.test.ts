import { expect, test } from 'vitest'
import { slowPolicies } from '../../../src/report/replay/slow-policies.ts'

test('kairos is said to be slow beyond 200 instances, with what is not', () => {
  const words = slowPolicies(['fcfs', 'kairos'], 201)
  expect(words).toContain('kairos is slow')
  expect(words).toContain('here 201')
  expect(words).toContain('--policy priced')
  expect(slowPolicies(['kairos'], 200)).toBeUndefined()
  expect(slowPolicies(['priced', 'fcfs'], 2000)).toBeUndefined()
})
