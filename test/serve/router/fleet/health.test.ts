import { expect, test } from 'vitest'
import { createHealth, noteAnswer } from '../../../../src/serve/router/fleet/health.ts'

const TABLE_MS = 6
const SLOTS = 8

/** Answers of all slots of a server at one time. @returns whether it is to be taken out */
function answers(health: ReturnType<typeof createHealth>, tookMs: number, nowMs: number): boolean {
  const slowdown = tookMs / TABLE_MS
  const answer = {
    ...{ endsBatch: true, startMs: nowMs - tookMs, tookMs, tableMs: TABLE_MS, slowdown },
    ...{ usual: () => 1, shareOut: () => 0.5 },
  }
  return Array.from({ length: SLOTS }, () => noteAnswer(health, answer, nowMs)).includes(true)
}

test('one pause of a server makes the answers of all its slots late, and does not take it out', () => {
  const health = createHealth(0)
  for (let ms = 6; ms <= 600; ms += 6) expect(answers(health, 6, ms)).toBe(false)
  expect(answers(health, 156, 756)).toBe(false)
  expect(answers(health, 6, 762)).toBe(false)
})

test('a server that stays slow is taken out', () => {
  const health = createHealth(0)
  expect(answers(health, 156, 156)).toBe(false)
  expect(answers(health, 156, 312)).toBe(true)
})

test('a server of which every second answer is slow is taken out', () => {
  const health = createHealth(0)
  const answer = (tookMs: number, nowMs: number) =>
    noteAnswer(
      health,
      {
        ...{ endsBatch: true, startMs: nowMs - tookMs, tookMs, tableMs: TABLE_MS, slowdown: 10 },
        ...{ usual: () => 1, shareOut: () => 0.5 },
      },
      nowMs,
    )
  const out = [6, 120, 6, 120, 6].map((tookMs, i) => answer(tookMs, 200 * (i + 1)))
  expect(out).toEqual([false, false, false, false, true])
})
