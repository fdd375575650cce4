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

test('a plan has its utilisations, its cost, what it costs more than the cheapest, and its starts', () => {
  const frontier = {
    ...frontierOf(),
    rows: [
      { utilisation: 0.7, cost: 3, starts: 1200, meanUtilisation: 0.42 },
      { utilisation: 0.9, cost: 2, starts: 5, meanUtilisation: 0.6 },
    ],
  }
  expect(planFrontierText(frontier, 'csv', false)).toBe(
    'utilisation,cost,starts,mean_utilisation\n0.7,3,1200,0.42\n0.9,2,5,0.6\n',
  )
  expect(planFrontierText(frontier, 'table', false).split('\n').slice(3)).toEqual([
    'utilisation  on average  dollars  more than the cheapest  starts',
    '        70%         42%     3.00                   50.0%   1,200',
    '        90%         60%     2.00                    0.0%       5',
    '',
  ])
})
