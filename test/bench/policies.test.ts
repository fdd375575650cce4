import { expect, test } from 'vitest'
import { gainsOver } from '../../bench/suites/policies/gains.ts'

test('gains are relative to what the published policy allows, where it allows anything', () => {
  expect(gainsOver([10, 20, 0], [11, 19, 5])).toEqual(['+2.5%', '-5.0%', '+10.0%'])
  expect(gainsOver([0, 0], [1, 0])).toEqual(['', '', ''])
})
