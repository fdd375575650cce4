/** When a query starts where it may miss its target: `priced` with batches on a safe instance and on one at a risk. */
import { describe, expect, it } from 'vitest'
import type { BatchedRule } from '../../src/kernel/rules.ts'
import { backends } from './backends.ts'
import { starts } from './two-types.ts'

/** Of two types, one bin; no two queries fit into a batch. Times are 4 and 8 ms, with a safe time of 5 ms on the first type only. */
const both = (value: number) => Float64Array.of(value, value)
const rule: BatchedRule = {
  ...({ kind: 'batched', qosMs: 20, unit: 10, inOrder: 0, joinAge: 0, missWorth: 0 } as const),
  ...{ lightLoad: -1, lightGapMs: 0, lateShare: 0.01, mostAhead: 1e9 },
  ...{ batchSize: Float64Array.of(60), largest: both(100), weight: both(1) },
  ...{ fullCost: Float64Array.of(4, 8), isFast: both(1), timeFactor: both(1), aheadDiscount: both(0) },
  ...{ ageScale: both(1), ageWorth: both(0), stagger: both(0) },
  ...{ queryCost: Float64Array.of(4), worth: Float64Array.of(4), aloneMs: Float64Array.of(5) },
  longestLateMs: both(Infinity),
  ...{ guardMs: Float64Array.of(5, Infinity), isCheap: both(1) },
}

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

  it('does not start where it is late by the mean', () => {
    const dispatcher = busyUntil(30)
    dispatcher.arrive(1, 0, -12.1)
    expect(starts(dispatcher, 0)).toEqual([])
    dispatcher.cancel(1)
    dispatcher.arrive(2, 0, -12)
    expect(starts(dispatcher, 0)).toEqual([[2, 1]])
  })
})
