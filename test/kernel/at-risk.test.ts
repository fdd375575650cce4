/** When a query starts where it may miss its target: `priced` with batches on a safe instance and on one at a risk. */
import { describe, expect, it } from 'vitest'
import { backends } from './backends.ts'
import { batchedRule } from './plain-rules.ts'
import { starts } from './two-types.ts'

/**
 * Two types, one bin; no two queries fit into a batch. Times are 4 and 8 ms, with a safe time of 5 ms on the first type
 * only.
 */
const rule = batchedRule({
  ...{ batchSize: Float64Array.of(60), largest: Float64Array.of(100, 100), fullCost: Float64Array.of(4, 8) },
  ...{ queryCost: Float64Array.of(4), aloneMs: Float64Array.of(5), guardMs: Float64Array.of(5, Infinity) },
})

describe.each(backends)('a query that may miss its target, %s', (_, kernel) => {
  /** Instance 0 is safe, and busy until some time; instance 1 is idle. */
  const busyUntil = (ms: number) => {
    const dispatcher = kernel.createDispatcher({
      ...{ types: 2, bins: 1, meanMs: Float64Array.of(4, 8), learns: 'nothing' },
      ...{ instanceType: Int32Array.of(0, 1), rule },
    })
    dispatcher.hold(0, 0, ms)
    return dispatcher
  }

  it('waits for an instance on which it is in time by its safe time', () => {
    const dispatcher = busyUntil(15)
    dispatcher.arrive(1, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([])
  })

  it('waits for an instance that should be idle by now, and has just enough time then', () => {
    const dispatcher = kernel.createDispatcher({
      ...{ types: 2, bins: 1, meanMs: Float64Array.of(4, 8), learns: 'nothing' },
      ...{ instanceType: Int32Array.of(0, 1), rule: { ...rule, guardMs: Float64Array.of(12, Infinity) } },
    })
    dispatcher.hold(0, 0, 8)
    dispatcher.arrive(1, 0, 0)
    expect(starts(dispatcher, 8)).toEqual([])
  })

  it('starts at a risk if none is idle soon enough', () => {
    const dispatcher = busyUntil(15.1)
    dispatcher.arrive(1, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([[1, 1]])
  })

  it('starts at a risk if those that arrived before it leave too little time', () => {
    const dispatcher = busyUntil(11.1)
    dispatcher.arrive(1, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([])
    dispatcher.arrive(2, 0, 0)
    // 11.1 + 4 + 5
    expect(starts(dispatcher, 0)).toEqual([[2, 1]])
    expect(dispatcher.pending).toBe(1)
  })

  it('counts on the first of those on which it finishes at the same time', () => {
    const of = (...values: number[]) => Float64Array.from(values)
    const dispatcher = kernel.createDispatcher({
      ...{ types: 3, bins: 2, meanMs: of(4, 4, 8, 8, 8, 8), learns: 'nothing' },
      instanceType: Int32Array.of(0, 1, 2),
      rule: {
        ...rule,
        ...{ batchSize: of(60, 70), largest: of(100, 100, 100), weight: of(1, 1, 1), fullCost: of(4, 8, 8) },
        ...{ isFast: of(1, 1, 1), timeFactor: of(1, 1, 1), aheadDiscount: of(0, 0, 0), stagger: of(0, 0, 0) },
        ...{ ageScale: of(1, 1, 1), ageWorth: of(0, 0, 0), queryCost: of(4, 8), worth: of(4, 8) },
        ...{ aloneMs: of(5, 5), longestLateMs: new Float64Array(6).fill(Infinity) },
        ...{ guardMs: of(5, 5, 13, 13, Infinity, Infinity), isCheap: new Float64Array(6).fill(1) },
      },
    })
    dispatcher.hold(0, 0, 8)
    dispatcher.hold(1, 0, 4)
    // 8 + 4 and 4 + 8: the first one is ahead of 4 ms more then, the second one of 8 ms by the next query
    dispatcher.arrive(1, 0, 0)
    dispatcher.arrive(2, 1, 0)
    // 12 + 5 on the first one; it would be 16 + 5 there and 8 + 13 on the second one
    dispatcher.arrive(3, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([])
  })

  it('starts only if it is one of the 16 oldest', () => {
    const behind = (others: number) => {
      const dispatcher = busyUntil(30)
      // these are late by the mean on the idle one
      for (let query = 0; query < others; query++) dispatcher.arrive(query, 0, -13)
      dispatcher.arrive(99, 0, 0)
      return starts(dispatcher, 0)
    }
    expect(behind(15)).toEqual([[99, 1]])
    expect(behind(16)).toEqual([])
  })

  it('does not start where it is late by the mean', () => {
    const dispatcher = busyUntil(30)
    dispatcher.arrive(1, 0, -12.1)
    expect(starts(dispatcher, 0)).toEqual([])
    dispatcher.cancel(1)
    dispatcher.arrive(2, 0, -12)
    expect(starts(dispatcher, 0)).toEqual([[2, 1]])
  })
})
