/** When late queries start where the flow decides. */
import { describe, expect, it } from 'vitest'
import { backends } from './backends.ts'
import { flowRule } from './plain-rules.ts'
import { starts } from './two-types.ts'

describe.each(backends)('flow, late queries, %s', (_, kernel) => {
  /** One instance; a query takes 20 ms of 100. */
  const dispatcherOf = (lateShare: number) => {
    const ofBins = (ms: number) => new Float64Array(2).fill(ms)
    const rule = flowRule({ weight: Float64Array.of(1), lateShare, guardMs: ofBins(20) })
    const setup = { types: 1, bins: 2, meanMs: ofBins(20), learns: 'nothing' } as const
    return kernel.createDispatcher({ ...setup, rule, instanceType: Int32Array.of(0) })
  }
  const withLate = (lateShare: number, late: number) => {
    const dispatcher = dispatcherOf(lateShare)
    for (let query = 0; query < late; query++) dispatcher.arrive(query, 0, 0)
    dispatcher.arrive(5000, 1, 150)
    return dispatcher
  }

  it('start before others once they have waited for QoS', () => {
    expect(starts(withLate(0.01, 1), 100)).toEqual([[5000, 0]])
    expect(starts(withLate(0.01, 1), 101)).toEqual([[0, 0]])
  })

  it('start after others if no share may be late, or more than that are', () => {
    expect(starts(withLate(0, 1), 101)).toEqual([[5000, 0]])
    // of 200 and 2 to 4 that have arrived
    expect(starts(withLate(0.01, 2), 101)).toEqual([[5000, 0]])
    expect(starts(withLate(0.02, 3), 101)).toEqual([[0, 0]])
    expect(starts(withLate(0.02, 4), 101)).toEqual([[5000, 0]])
  })

  it('may be a thousand more than the share at most', () => {
    expect(starts(withLate(10, 999), 101)).toEqual([[0, 0]])
    expect(starts(withLate(10, 1000), 101)).toEqual([[5000, 0]])
  })
})

describe.each(backends)('flow, a backlog of late queries, %s', (_, kernel) => {
  it.each([
    [64, 63],
    [65, 64],
    [66, 66],
  ])('with %i instances looks at 64 late queries at most: query %i starts', (instances, query) => {
    // the first type is idle and dear; all others are of the second one, and busy
    const rule = flowRule({ weight: Float64Array.of(10, 1), qosMs: 10, guardMs: Float64Array.of(20, 20) })
    const setup = { types: 2, bins: 1, meanMs: Float64Array.of(20, 20), learns: 'nothing' } as const
    const instanceType = Int32Array.from({ length: instances }, (_, i) => (i === 0 ? 0 : 1))
    const dispatcher = kernel.createDispatcher({ ...setup, rule, instanceType })
    for (let instance = 1; instance < instances; instance++) dispatcher.hold(instance, 0, 5)
    for (let late = 0; late < 70; late++) dispatcher.arrive(late, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([[query, 0]])
  })

  it('starts on all types once more are late than there are instances', () => {
    // 20 ms on the first type, which costs twice as much; 60 ms on the other one
    const rule = flowRule({ weight: Float64Array.of(1, 0.5), qosMs: 10, guardMs: Float64Array.of(20, 60) })
    const setup = { types: 2, bins: 1, meanMs: Float64Array.of(20, 60), learns: 'nothing' } as const
    const dispatcher = kernel.createDispatcher({ ...setup, rule, instanceType: Int32Array.of(0, 1) })
    dispatcher.hold(0, 0, 5)
    dispatcher.arrive(1, 0, 0)
    dispatcher.arrive(2, 0, 0)
    // 5 + 20 against 0.5 x 60
    expect(starts(dispatcher, 0)).toEqual([])
    dispatcher.arrive(3, 0, 0)
    // the first one waits for the instance that is free in 5 ms
    expect(starts(dispatcher, 0)).toEqual([[2, 1]])
    expect(dispatcher.pending).toBe(2)
  })
})
