import { expect, test } from 'vitest'
import { excessShare } from '../../../src/replay/drain.ts'
import { shortReplays } from '../../../src/report/replay/short-replays.ts'

test('replays that are short beside the target are worth a word, with how many queries are enough', () => {
  const words = shortReplays({ queries: 1000, qosMs: 25 }, 1000, (queries) => 75 / queries)
  expect(words).toContain('replays of 1.00 s are short for a target of 25 ms')
  expect(words).toContain('7.5% more')
  expect(words).toContain('(--queries 4000: 2%)')
  expect(shortReplays({ queries: 4000, qosMs: 25 }, 1000, () => 0.02)).toBeUndefined()
})

test('what may be parked does not fall with the number of queries: the number that it names is enough', () => {
  const target = { qosMs: 350, percentile: 50 }
  const noteOf = (queries: number) =>
    shortReplays({ queries, ...target }, 100, (count) => excessShare(count, 100, target))
  const enough = Number(/--queries (\d+)/.exec(noteOf(500)!)?.[1])
  expect(enough).toBe(7000)
  expect(noteOf(enough)).toBeUndefined()
  expect(noteOf(enough - 1000)).toContain('more than the long run does')
  // 2.1% may be parked: no number of queries is enough
  const low = { qosMs: 350, percentile: 30 }
  const words = shortReplays({ queries: 500, ...low }, 100, (count) => excessShare(count, 100, low))
  expect(words).toMatch(/9\.1% more than the long run does$/)
})
