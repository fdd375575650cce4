import { expect, test } from 'vitest'
import type { VerifiedSearch } from '../../../src/model/results/search.ts'
import { remarkOn, replaysText } from '../../../src/report/allocation/search-remarks.ts'

test.each([
  [5, 'tied with the first'],
  [100, 'too few repetitions to tell from the first'],
  [261.3, 'too few repetitions to tell from the first'],
])('a row of 100 ± %d q/s that may equal the first is remarked on as %s', (halfWidth, remark) => {
  const row = { outcome: 'measured', counts: [1], mean: 100, halfWidth, tied: true } as never
  expect(remarkOn(row, ['a'])).toBe(remark)
})

test('a search that ended early does not claim to have made no replays', () => {
  const text = (proof: object) => replaysText(proof as VerifiedSearch['proof'])
  expect(text({ replays: 0, endedEarly: true })).toBe(
    '0 replays, without those of the configuration at which it ended',
  )
  expect(text({ replays: 1, endedEarly: false })).toBe('1 replay')
})
