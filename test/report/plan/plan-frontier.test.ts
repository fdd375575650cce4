import { expect, test } from 'vitest'
import { planFrontierText } from '../../../src/report/plan/plan-frontier.ts'

const frontierOf = (...costs: number[]) => ({
  ...{ model: 'm', windows: 3, windowS: 60, cyclic: false, capacity: 'bound' as const, types: ['a'] },
  rows: costs.map((cost) => ({ utilisation: 0.5, cost, starts: 1, meanUtilisation: 0.4 })),
})

test('costs of plans are cents, and three digits below ten cents', () => {
  const dollarsOf = (...costs: number[]) =>
    [...planFrontierText(frontierOf(...costs), 'table', false).matchAll(/40% +(\S+)/g)].map(
      ([, dollars]) => dollars,
    )
  expect(dollarsOf(17.009999999999998, 0.82, 0.1)).toEqual(['17.01', '0.82', '0.10'])
  expect(dollarsOf(0.0123456, 0.01, 0.00083333)).toEqual(['0.0123', '0.0100', '0.000833'])
  expect(dollarsOf(0)).toEqual(['0.00'])
})
