import { expect, test } from 'vitest'
import { slowPolicies } from '../../src/report/slow-policies.ts'

test('kairos is said to be slow beyond 200 instances, with what is not', () => {
  const words = slowPolicies(['fcfs', 'kairos'], [100, 0, 101])
  expect(words).toContain('kairos is slow')
  expect(words).toContain('all 201 instances')
  expect(words).toContain('--policy priced')
  expect(slowPolicies(['kairos'], [100, 0, 100])).toBeUndefined()
  expect(slowPolicies(['priced', 'fcfs'], [1000, 0, 1000])).toBeUndefined()
})
