import { expect, test } from 'vitest'
import { shortReplays } from '../../../src/report/replay/short-replays.ts'

test('replays that are short beside the target are worth a word, with how many queries are enough', () => {
  const words = shortReplays({ queries: 1000, qosMs: 25 }, 1000, 0.075)
  expect(words).toContain('replays of 1.00 s are short for a target of 25 ms')
  expect(words).toContain('7.5% more')
  expect(words).toContain('(--queries 4000: 2%)')
  expect(shortReplays({ queries: 4000, qosMs: 25 }, 1000, 0.02)).toBeUndefined()
})
