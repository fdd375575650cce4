/**
 * Which query starts first if one would be late otherwise, and which are given up: `priced` with batches on one
 * instance.
 */
import { describe, expect, it } from 'vitest'
import type { BatchedRule } from '../../src/kernel/rules.ts'
import { backends } from './backends.ts'
import { batchedRule } from './plain-rules.ts'

const QOS = 20
const NOW = 100

/** The bins: what a query costs and is worth, its time, and that with which it is in time alone, ms. */
interface Bin {
  readonly cost: number
  readonly ms: number
  readonly aloneMs?: number
}

function ruleOf(bins: readonly Bin[], more: Partial<BatchedRule> = {}): BatchedRule {
  const perBin = (of: (bin: Bin) => number) => Float64Array.from(bins, of)
  return batchedRule({
    // no two queries fit into a batch
    ...{ batchSize: Float64Array.from(bins, (_, k) => 60 + 10 * k), largest: Float64Array.of(100) },
    ...{ fullCost: Float64Array.of(4), queryCost: perBin(({ cost }) => cost), qosMs: QOS },
    ...{ aloneMs: perBin(({ ms, aloneMs }) => aloneMs ?? ms), guardMs: perBin(({ ms }) => ms) },
    ...more,
  })
}

describe.each(backends)('on one instance, %s', (_, kernel) => {
  /** The bins in the order in which their queries start: of each, the age at time 100. They start one at a time. */
  const starts = (
    bins: readonly Bin[],
    queries: readonly [bin: number, age: number][],
    rule: BatchedRule,
  ) => {
    const dispatcher = kernel.createDispatcher({
      ...{ types: 1, bins: bins.length, meanMs: Float64Array.from(bins, ({ ms }) => ms) },
      ...{ instanceType: Int32Array.of(0), rule, learns: 'nothing' },
    })
    for (const [bin, age] of queries) dispatcher.arrive(bin, bin, NOW - age)
    const order: number[] = []
    let now = NOW
    while (dispatcher.decide(now) > 0) {
      const [bin] = dispatcher.startedQuery
      order.push(bin)
      now += bins[bin].ms
      dispatcher.complete(0, now)
    }
    return order
  }

  describe('a query that costs too much', () => {
    // what is ahead may take 6 ms, and nearly 5 ms before the dearest query
    const dear = { cost: 5, ms: 2, aloneMs: 15 }
    const givenUp = (other: number, lateShare = 0.01) => {
      const bins = [{ cost: other, ms: 2 }, dear]
      return starts(
        bins,
        [
          [0, 1],
          [1, 1],
        ],
        ruleOf(bins, { mostAhead: 0.3, lateShare }),
      )
    }

    it('is given up while no more are late than the share of all that arrived, and of 4,000 more', () => {
      expect(givenUp(4.9, 1 / 4002)).toEqual([0, 1])
      expect(givenUp(4.9, 0.9999 / 4002)).toEqual([1, 0])
    })

    it('is taken back where it and what is ahead take 0.85 of the limit, and no more', () => {
      const order = (cost: number) => {
        const bins = [
          { cost: 5, ms: 2 },
          { cost: 0.5, ms: 2 },
          { cost, ms: 2, aloneMs: 15 },
        ]
        const queries: [number, number][] = [0, 1, 2].map((bin) => [bin, 1])
        return starts(bins, queries, ruleOf(bins, { mostAhead: 0.5 }))
      }
      // the limit is 10 ms, of which the last two take 8.5
      expect(order(8)).toEqual([0, 2, 1])
      expect(order(8.01)).toEqual([0, 1, 2])
    })

    it('is late once it has less time than it takes alone', () => {
      const bins = [{ cost: 1, ms: 2 }, dear]
      const order = (age: number) =>
        starts(
          bins,
          [
            [1, age],
            [0, 0],
          ],
          // both may be ahead; a late one would not be taken back
          ruleOf(bins, { mostAhead: 0.3 }),
        )
      expect(order(5)).toEqual([1, 0])
      expect(order(5.1)).toEqual([0, 1])
    })

    it('is given up, and taken back once there is time for it', () => {
      const small = { cost: 0.05, ms: 2 }
      const bins = [small, { cost: 4.9, ms: 2 }, dear]
      // of the last two, which are live when the first ends, the dear one starts first
      expect(
        starts(
          bins,
          [
            [2, 1],
            [1, 1],
            [0, 0],
          ],
          ruleOf(bins, { mostAhead: 0.3 }),
        ),
      ).toEqual([1, 2, 0])
    })

    it('is not given up if the others leave it the time that it can wait', () => {
      expect(givenUp(4.9)).toEqual([0, 1])
      expect(givenUp(4.5)).toEqual([1, 0])
    })

    it('is not given up if it is a small one among what takes too long', () => {
      const bins = [
        { cost: 1.5, ms: 1 },
        { cost: 8, ms: 8 },
      ]
      const rule = ruleOf(bins, { mostAhead: 0.01 })
      const queries: [number, number][] = [
        [1, 4],
        [1, 3],
        [1, 2],
        [0, 1],
      ]
      expect(starts(bins, queries, rule)).toEqual([0, 1, 1, 1])
    })
  })

  describe('late queries that fill a batch', () => {
    const bins = [
      { cost: 0.5, ms: 2 },
      { cost: 4, ms: 4 },
    ]
    const rule = ruleOf(bins, { largest: Float64Array.of(70) })

    it('wait for a live query that would be late otherwise', () => {
      const order = (age: number) =>
        starts(
          bins,
          [
            [1, 21],
            [0, age],
          ],
          rule,
        )
      expect(order(13)).toEqual([1, 0])
      expect(order(15)).toEqual([0, 1])
    })

    it('start before others where they have 0.9 of its size', () => {
      const order = (size: number) =>
        starts(
          bins,
          [
            [1, 21],
            [0, 13],
          ],
          ruleOf(bins, { batchSize: Float64Array.of(60, size) }),
        )
      expect(order(90)).toEqual([1, 0])
      expect(order(89.9)).toEqual([0, 1])
    })
  })

  it('a query that has been late for very long starts before others only while the budget of misses lasts', () => {
    const bins = [
      { cost: 1, ms: 2 },
      { cost: 1, ms: 4 },
    ]
    const order = (age: number, lateShare: number) =>
      starts(
        bins,
        [
          [1, age],
          [0, 17],
        ],
        ruleOf(bins, { lateShare }),
      )
    // one of two queries is late
    expect(order(120 * QOS + 1, 0.6)).toEqual([1, 0])
    expect(order(120 * QOS - 1, 0.6)).toEqual([0, 1])
    expect(order(120 * QOS + 1, 0.5)).toEqual([0, 1])
  })

  it('where batches gain little, one that costs much more here than elsewhere starts after the others', () => {
    const bins = [
      { cost: 1, ms: 2 },
      { cost: 2, ms: 8 },
    ]
    // that of 8 ms must start 5 ms earlier
    const order = (...isCheap: number[]) =>
      starts(
        bins,
        [
          [0, 2],
          [1, 1],
        ],
        ruleOf(bins, { inOrder: 1, isCheap: Float64Array.from(isCheap) }),
      )
    expect(order(1, 1)).toEqual([1, 0])
    expect(order(1, 0)).toEqual([0, 1])
    expect(order(0, 0)).toEqual([1, 0])
  })

  it('where batches gain little, one joins another if the time that it adds is just in time, and worth its cost', () => {
    const bins = [
      { cost: 2, ms: 4 },
      { cost: 3, ms: 6 },
    ]
    const membersOf = (age: number, more: Partial<BatchedRule> = {}) => {
      const sizes = { batchSize: Float64Array.of(10, 20), largest: Float64Array.of(20) }
      const dispatcher = kernel.createDispatcher({
        ...{ types: 1, bins: 2, meanMs: Float64Array.of(4, 6), learns: 'nothing' },
        ...{ instanceType: Int32Array.of(0), rule: ruleOf(bins, { inOrder: 1, ...sizes, ...more }) },
      })
      dispatcher.arrive(1, 0, NOW - age)
      dispatcher.arrive(2, 0, NOW)
      return dispatcher.decide(NOW)
    }
    // both take 6 ms together, 2 more than the first one alone
    expect([membersOf(14), membersOf(14.1)]).toEqual([2, 1])
    expect(membersOf(14, { worth: Float64Array.of(1.9, 3) })).toBe(1)
  })

  describe('a cheap query at its last chance', () => {
    const bins = [
      { cost: 0.1, ms: 1 },
      { cost: 4, ms: 4 },
    ]
    const order = (cheap: number, dear: number, rule: BatchedRule) =>
      starts(
        bins,
        [
          [0, cheap],
          [1, dear],
        ],
        rule,
      )

    it('starts before a dear one that is old as well, and not earlier', () => {
      const rule = ruleOf(bins, { missWorth: 4, ageWorth: Float64Array.of(20) })
      expect(order(14.5, 12, rule)).toEqual([1, 0])
      expect(order(15.5, 12, rule)).toEqual([0, 1])
    })

    it('starts before the most urgent one if that can wait, where batches gain little', () => {
      const rule = ruleOf(bins, { inOrder: 1 })
      expect(order(14.5, 14, rule)).toEqual([1, 0])
      expect(order(16, 14, rule)).toEqual([0, 1])
      expect(order(16, 15.5, rule)).toEqual([1, 0])
    })
  })
})
