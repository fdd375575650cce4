import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { isGrowing, queueOverTime, verdictOf } from '../../src/replay/queue.ts'

describe('queueOverTime', () => {
  it('averages over time and finds maxima', () => {
    const arrivals = Float64Array.of(0, 1, 2, 2, 8)
    const starts = Float64Array.of(0, 4, 3, 7, 8)
    const { edgesMs, mean, most } = queueOverTime(arrivals, starts, 0, 8, 4)
    expect([...edgesMs]).toEqual([0, 2, 4, 6, 8])
    // one waits from 1, three from 2, two from 3, one from 4 to 7
    expect([...mean]).toEqual([0.5, 2.5, 1, 0.5])
    expect([...most]).toEqual([3, 3, 1, 1])
    // what is given is not sorted
    expect([...starts]).toEqual([0, 4, 3, 7, 8])
  })

  it('adds up to the time that was waited', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap: fc.nat(5), wait: fc.nat(30) }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (queries, intervals) => {
          let at = 0
          const arrivals = Float64Array.from(queries, ({ gap }) => (at += gap))
          const starts = arrivals.map((time, i) => time + queries[i].wait)
          const last = Math.max(...starts) + 1
          const { edgesMs, mean } = queueOverTime(arrivals, starts, 0, last, intervals)
          const area = mean.reduce((sum, m, k) => sum + m * (edgesMs[k + 1] - edgesMs[k]), 0)
          expect(area).toBeCloseTo(
            queries.reduce((sum, { wait }) => sum + wait, 0),
            6,
          )
        },
      ),
    )
  })
})

describe('verdictOf', () => {
  const arrivals = Float64Array.from({ length: 400 }, (_, i) => i)
  const waiting = (wait: (i: number) => number) => arrivals.map((time, i) => time + wait(i))

  it('tells a queue that keeps growing from one that was long for a while', () => {
    expect(verdictOf(arrivals, arrivals, 3)).toBe('stable')
    expect(
      verdictOf(
        arrivals,
        waiting(() => 5),
        3,
      ),
    ).toBe('stable')
    expect(
      verdictOf(
        arrivals,
        waiting((i) => i / 2),
        3,
      ),
    ).toBe('overloaded')
    expect(
      verdictOf(
        arrivals,
        waiting((i) => (i > 100 && i < 200 ? 50 : 1)),
        3,
      ),
    ).toBe('backlogged')
    expect(
      verdictOf(
        arrivals,
        waiting(() => 50),
        3,
      ),
    ).toBe('backlogged')
  })

  it('needs no time at all', () => {
    expect(verdictOf(Float64Array.of(5), Float64Array.of(5), 1)).toBe('stable')
    // five that arrive at once, of which four wait for one instance
    const starts = Float64Array.of(5, 6, 7, 8, 9)
    expect(verdictOf(new Float64Array(5).fill(5), starts, 1)).toBe('backlogged')
  })

  it('calls a queue long from more than two queries for each instance on', () => {
    const verdictAt = (waitMs: number) =>
      verdictOf(
        arrivals,
        waiting(() => waitMs),
        3,
      )
    // a query arrives every millisecond: as many wait as milliseconds
    expect([verdictAt(5), verdictAt(7)]).toEqual(['stable', 'backlogged'])
  })
})

test.each([
  // 4 x √4
  ['the busy instances of a small fleet vary', 2000, 8],
  // half of 0.25% of 20,000
  ['an overload of 0.25% makes it grow', 20_000, 25],
])('a queue keeps growing if it grows by more than %s', (_, queries, growth) => {
  const isGrowingBy = (more: number) => isGrowing([0, 10, 11, 10 + more], queries, 4)
  expect([isGrowingBy(growth), isGrowingBy(growth + 0.1)]).toEqual([false, true])
  // not if it falls in between
  expect(isGrowing([0, 10, 9, 10 + 2 * growth], queries, 4)).toBe(false)
  expect(isGrowing([0, 10, 10 + 3 * growth, 10 + 2 * growth], queries, 4)).toBe(false)
})
