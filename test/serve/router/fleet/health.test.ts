import { expect, test } from 'vitest'
import {
  createHealth,
  noteAnswer,
  noteEjection,
  noteFailure,
  noteGivenUp,
  noteReturn,
} from '../../../../src/serve/router/fleet/health.ts'

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

/** Whether a server is to be taken out after each of some batches that clients gave up, as [start, end] in ms. */
function afterGivenUp(batches: readonly (readonly [number, number])[], usual = 1, shareOut = 0.5): boolean[] {
  const health = createHealth(0)
  return batches.map(([startMs, endMs]) =>
    noteGivenUp(health, { startMs, tableMs: TABLE_MS, usual: () => usual, shareOut: () => shareOut }, endMs),
  )
}

const LONG = [
  [0, 200],
  [200, 400],
  [400, 600],
] as const

test('a server is taken out after three batches in a row that clients gave up, half a second together', () => {
  expect(afterGivenUp(LONG)).toEqual([false, false, true])
  const short = [0, 100, 200, 300, 400].map((ms) => [ms, ms + 100] as const)
  expect(afterGivenUp(short)).toEqual([false, false, false, false, true])
})

test.each([
  ['at the same time, after the first', [...LONG.slice(0, 2), [0, 400], [190, 600]] as const, 1, 0.5],
  [
    'before four times the table',
    Array.from({ length: 30 }, (_, i) => [23 * i, 23 * i + 23] as const),
    1,
    0.5,
  ],
  ['while all servers are as slow', LONG, 10, 0.5],
  ['while more than half of the servers are out', LONG, 1, 0.6],
])('it is not for batches that are given up %s', (_what, batches, usual, shareOut) => {
  expect(afterGivenUp(batches, usual, shareOut)).not.toContain(true)
})

test('an answer between them ends the row', () => {
  const health = createHealth(0)
  const given = { tableMs: TABLE_MS, usual: () => 1, shareOut: () => 0.5 }
  for (const [startMs, endMs] of LONG.slice(0, 2)) noteGivenUp(health, { ...given, startMs }, endMs)
  noteAnswer(health, { ...given, endsBatch: true, startMs: 400, tookMs: 6, slowdown: 1 }, 406)
  expect(noteGivenUp(health, { ...given, startMs: 406 }, 1006)).toBe(false)
})

test('a server that returns may fail as often again as before it was taken out', () => {
  const health = createHealth(0)
  const failures = () => Array.from({ length: 5 }, () => noteFailure(health, 'invalid', 0.5))
  const expected = [undefined, undefined, undefined, undefined, 'failing']
  expect(failures()).toEqual(expected)
  noteEjection(health, 'failing', 0)
  noteReturn(health, 1_000)
  expect(failures()).toEqual(expected)
})
