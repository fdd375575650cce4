/** Late queries and instances that take very long for them: `priced`, with batches and without. */
import { describe, expect, it } from 'vitest'
import { loadKernel } from '../../src/kernel/load.ts'
import type { BatchedRule, PricedRule } from '../../src/kernel/rules.ts'
import { backends } from './backends.ts'
import { batchedRule } from './plain-rules.ts'
import { fleetOf, MEANS, priced, starts } from './two-types.ts'

const LIMIT = { short: Float64Array.of(16, 16, 16, 16), none: new Float64Array(4).fill(Infinity) }

/** A large query wastes more on the slow type than the fast one loses in 100 ms. */
const single = (longestLateMs: Float64Array): PricedRule => ({
  ...priced,
  reducedCost: Float64Array.of(1, 0, 0, 120),
  longestLateMs,
})

/** Times of 2 and 4 ms for the small bin, 8 and 32 ms for the large; two small queries are a batch of the large bin. */
const batched = (longestLateMs: Float64Array): BatchedRule =>
  batchedRule({
    ...{ batchSize: Float64Array.of(60, 120), largest: Float64Array.of(120, 120) },
    ...{ fullCost: Float64Array.of(8, 32), queryCost: Float64Array.of(2, 8), aloneMs: Float64Array.of(2, 8) },
    ...{ guardMs: MEANS, longestLateMs },
  })

describe.each(backends)('a query that is late, %s', (_, kernel) => {
  /** Instance 0 is slow and idle; instance 1 is fast, and busy until some time. */
  const busyUntil = (rule: PricedRule | BatchedRule, ms: number) => {
    const dispatcher = kernel.createDispatcher({
      ...{ types: 2, bins: 2, meanMs: MEANS, learns: 'nothing' },
      ...{ instanceType: Int32Array.of(1, 0), rule },
    })
    dispatcher.hold(1, 0, ms)
    return dispatcher
  }

  it('does not start where it takes too long, alone or beside others', () => {
    for (const others of [0, 1, 3]) {
      const starting = (longestLateMs: Float64Array) => {
        const dispatcher = busyUntil(single(longestLateMs), 100)
        for (let query = 0; query <= others; query++) dispatcher.arrive(query, 1, query / 10)
        return { dispatcher, started: starts(dispatcher, 1) }
      }
      expect(starting(LIMIT.none).started).toHaveLength(1)
      // it takes as long as it may
      expect(starting(new Float64Array(4).fill(32)).started).toHaveLength(1)
      const { dispatcher, started } = starting(LIMIT.short)
      expect(started).toEqual([])
      // it is not forgotten
      dispatcher.complete(1, 100)
      expect(starts(dispatcher, 100)[0]).toEqual([0, 1])
    }
  })

  it('starts there all the same if that costs less than to wait', () => {
    const dispatcher = busyUntil(single(LIMIT.short), 121)
    dispatcher.arrive(1, 1, 0)
    expect(starts(dispatcher, 0)).toEqual([[1, 0]])
  })

  it('does not start there while it is in time elsewhere, nor once it has waited for the target', () => {
    for (const { ms, nowMs } of [
      { ms: 10, nowMs: 0 },
      { ms: 100, nowMs: 30 },
    ]) {
      const dispatcher = busyUntil(single(LIMIT.short), ms)
      dispatcher.arrive(1, 1, 0)
      expect(starts(dispatcher, nowMs)).toEqual([])
    }
  })

  it('starts in time where it takes longer than a late one may', () => {
    const dispatcher = busyUntil(single(new Float64Array(4).fill(1)), 100)
    dispatcher.arrive(1, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([[1, 0]])
  })

  it('does not start where it takes too long with batches', () => {
    const starting = (longestLateMs: Float64Array) => {
      const dispatcher = busyUntil(batched(longestLateMs), 100)
      dispatcher.arrive(1, 1, 0)
      dispatcher.arrive(2, 0, 0.1)
      return starts(dispatcher, 25)
    }
    // no batch of both is possible; the older one goes first
    expect(starting(LIMIT.none)).toEqual([[1, 0]])
    expect(starting(LIMIT.short)).toEqual([[2, 0]])
  })

  it('starts there with batches once it has waited for as long as it takes', () => {
    const dispatcher = busyUntil(batched(LIMIT.short), 1e9)
    dispatcher.arrive(1, 1, 0)
    expect(starts(dispatcher, 31.9)).toEqual([])
    expect(starts(dispatcher, 32)).toEqual([[1, 0]])
  })

  it('joins no batch of late queries that it makes too long', () => {
    const starting = (longestLateMs: Float64Array) => {
      const dispatcher = busyUntil(batched(longestLateMs), 100)
      for (const query of [1, 2]) dispatcher.arrive(query, 0, 0)
      return starts(dispatcher, 25)
    }
    expect(starting(LIMIT.none)).toEqual([
      [1, 0],
      [2, 0],
    ])
    // two small ones take 32 ms instead of 4, and have waited for 25
    expect(starting(LIMIT.short)).toEqual([[1, 0]])
  })
})

describe.each(backends)('priced, which queries are late where they are matched, %s', (_, kernel) => {
  const over = (rule: PricedRule, ...instanceType: number[]) =>
    kernel.createDispatcher(fleetOf(rule, ...instanceType))

  it('lets no query wait for an idle instance that starts nothing', () => {
    // a large query costs more on the fast one, which is in time, than a miss on a slow one
    const dispatcher = over({ ...priced, reducedCost: Float64Array.of(1, 1000, 0, 3) }, 1, 1, 0)
    for (const query of [1, 2]) dispatcher.arrive(query, 1, 0)
    expect(starts(dispatcher, 0)).toEqual([
      [1, 0],
      [2, 1],
    ])
  })

  it('takes a query whose slack is its guard, or its loose guard, for one in time', () => {
    const guards = Float64Array.of(2.9, 9, 3, 40)
    for (const rule of [
      { guardMs: guards },
      { guardMs: new Float64Array(4).fill(50), looseGuardMs: guards },
    ]) {
      const start = (ageMs: number) => {
        const dispatcher = over({ ...priced, ...rule }, 1, 0)
        dispatcher.arrive(1, 0, -ageMs)
        return starts(dispatcher, 0)
      }
      expect([start(17), start(17.05)]).toEqual([[[1, 0]], [[1, 1]]])
    }
  })

  it('lets no query wait behind a late one that starts where it would have been in time', () => {
    // of both instances only the slow one serves a small query in time, at more than a miss costs
    const guards = { guardMs: Float64Array.of(30, 30, 6, 40), looseGuardMs: Float64Array.of(30, 30, 4, 32) }
    const dispatcher = over({ ...priced, ...guards, reducedCost: Float64Array.of(1, 0, 1000, 3) }, 1, 0)
    dispatcher.arrive(1, 1, 0)
    dispatcher.arrive(2, 0, 0)
    // 20 - 32 - 6 < 0
    expect(starts(dispatcher, 0)).toEqual([
      [1, 0],
      [2, 1],
    ])
  })
})

describe('priced, when far more queries are late than are looked at', () => {
  it('still serves those in time', () => {
    const late = 3000
    const all = [loadKernel('wasm'), loadKernel('fallback')].map((kernel) => {
      const dispatcher = kernel.createDispatcher(fleetOf(priced, 0, 1, 1))
      for (let query = 0; query < late; query++) dispatcher.arrive(query, 1, 0)
      dispatcher.arrive(late, 0, 100)
      return starts(dispatcher, 100)
    })
    expect(all[0]).toEqual(all[1])
    expect(all[0][0]).toEqual([late, 1])
  })
})
