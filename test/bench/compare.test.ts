import { describe, expect, test } from 'vitest'
import { compareRuns, FLOOR, unlike } from '../../bench/compare.ts'
import { type GroupedTiming, medianAndSpread, timingOf } from '../../bench/measure.ts'
import { runWith } from './runs.ts'

const timing = (medianMs: number, change: Partial<GroupedTiming> = {}) => ({
  group: 'scan',
  name: 'wasm',
  minMs: 0.9 * medianMs,
  medianMs,
  spread: 0.01,
  samples: 100,
  ...change,
})

const regressions = (now: GroupedTiming, before: GroupedTiming) =>
  compareRuns(runWith({ timings: [now] }), runWith({ timings: [before] })).regressions

describe('the noise of a timing', () => {
  test('a timing that is slower by more than the floor is a regression', () => {
    expect(regressions(timing(1 + FLOOR + 0.01), timing(1))).toBe(1)
    expect(regressions(timing(1 + FLOOR - 0.01), timing(1))).toBe(0)
  })

  test.each(['now', 'before'])('the spread of the run %s widens it', (wide) => {
    const now = timing(1.2, { spread: wide === 'now' ? 0.3 : 0.01 })
    const before = timing(1, { spread: wide === 'before' ? 0.3 : 0.01 })
    expect(regressions(now, before)).toBe(0)
    expect(regressions(timing(1.2), timing(1))).toBe(1)
  })

  test('a slower median alone is no regression: the fastest sample has to be slower too', () => {
    expect(regressions(timing(1.5, { minMs: 0.9 }), timing(1, { minMs: 0.9 }))).toBe(0)
    expect(regressions(timing(1.5, { minMs: 1.3 }), timing(1, { minMs: 0.9 }))).toBe(1)
  })

  test('a reference may become slower', () => {
    expect(regressions(timing(2, { reference: true }), timing(1, { reference: true }))).toBe(0)
  })

  test('a faster timing is named as an improvement', () => {
    const { text, regressions } = compareRuns(
      runWith({ timings: [timing(0.5)] }),
      runWith({ timings: [timing(1)] }),
    )
    expect(regressions).toBe(0)
    expect(text).toMatch(/scan: wasm +1\.00 ms +500\.00 µs +-50\.0% +5\.0% +better/)
    expect(text).toContain('1 compared, 0 regressions, 1 improvements')
  })
})

describe('figures', () => {
  const figure = { what: 'throughput', unit: 'x', spread: 0.02 }

  test('the goal says in which direction a change is a regression', () => {
    for (const [goal, value, worse] of [
      [{ atLeast: 1 }, 0.8, 1],
      [{ atLeast: 1 }, 1.2, 0],
      [{ atMost: 1 }, 0.8, 0],
      [{ atMost: 1 }, 1.2, 1],
    ] as const) {
      const now = runWith({ figures: [{ ...figure, goal, value }] })
      const before = runWith({ figures: [{ ...figure, goal, value: 1 }] })
      expect(compareRuns(now, before).regressions).toBe(worse)
    }
  })

  test('a figure without a spread or without a goal is not compared', () => {
    for (const other of [
      { what: 'memory', unit: 'MB', goal: { atMost: 1 } },
      { what: 'rate', unit: 'x', spread: 0 },
    ]) {
      const { text } = compareRuns(
        runWith({ figures: [{ ...other, value: 9 }] }),
        runWith({ figures: [{ ...other, value: 1 }] }),
      )
      expect(text).toContain('0 compared')
    }
  })
})

test('what only the later run has is named, and what only the earlier has is ignored', () => {
  const { text, regressions } = compareRuns(
    runWith({ timings: [timing(1, { name: 'new' })] }),
    runWith({ timings: [timing(1, { name: 'old' })] }),
  )
  expect(regressions).toBe(0)
  expect(text).toMatch(/not in the earlier run: lattice: scan: new$/)
})

test.each([
  ['another machine', { machine: '4 x other' }, 'machine is'],
  ['another platform', { platform: 'linux arm64' }, 'platform is'],
  ['another Node version', { node: 'v22.0.0' }, 'node is'],
  ['a suite that was not measured', { results: [] }, 'suite lattice is not'],
])('%s is unlike', (_what, change, reason) => {
  const run = runWith({})
  expect(unlike(run, { ...run, ...change })).toContain(reason)
  expect(unlike(run, { ...run, date: 'another' })).toBeUndefined()
})

test('the spread is the interquartile range over the median', () => {
  expect(medianAndSpread([5, 1, 2, 4, 3])).toEqual({ median: 3, spread: 2 / 3 })
  expect(timingOf('x', [4])).toEqual({ name: 'x', minMs: 4, medianMs: 4, spread: 0, samples: 1 })
})
