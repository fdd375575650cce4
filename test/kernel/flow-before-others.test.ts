/** When the flow puts a query before others that may start later. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadKernel } from '../../src/kernel/load.ts'
import { backends, wasmBackends } from './backends.ts'
import { flowRule } from './plain-rules.ts'
import { starts } from './two-types.ts'

describe.each(backends)('flow, a query before others, %s', (_, kernel) => {
  /**
   * Busy instances of the first type, free at the times given; an idle one of a second type, on which no query is in
   * time.
   */
  const dispatcherOf = (freeMs: readonly number[], moreOfLarge = 0) => {
    // a small query has to start within 80 ms, a large one within 35
    const rule = flowRule({
      ...{ weight: Float64Array.of(1, 10), guardMs: Float64Array.of(20, 65, 500, 500) },
      ...{ reducedCost: Float64Array.of(0, moreOfLarge, 0, 0) },
    })
    const instanceType = Int32Array.from([...freeMs.map(() => 0), 1])
    const meanMs = new Float64Array(4).fill(20)
    const setup = { types: 2, bins: 2, meanMs, learns: 'nothing', rule, instanceType } as const
    const dispatcher = kernel.createDispatcher(setup)
    for (const [instance, untilMs] of freeMs.entries()) dispatcher.hold(instance, 0, untilMs)
    return dispatcher
  }
  /** Which query starts on the first instance, free after 30 ms: a small one, or the large one, which is the last. */
  const first = (dispatcher: ReturnType<typeof dispatcherOf>, small: number) => {
    for (let query = 0; query < small; query++) dispatcher.arrive(query, 0, 0)
    dispatcher.arrive(small, 1, 0)
    expect(starts(dispatcher, 0)).toEqual([])
    dispatcher.complete(0, 30)
    return starts(dispatcher, 30)
  }

  it('is first if those behind it stay in time', () => {
    expect(first(dispatcherOf([30, 40, 50]), 2)).toEqual([[2, 0]])
    expect(first(dispatcherOf([30, 40, 80]), 2)).toEqual([[2, 0]])
    expect(first(dispatcherOf([30, 40, 81]), 2)).toEqual([[0, 0]])
  })

  it('is first only where it costs at most 1% more than where it is cheapest', () => {
    // a cost of 20 on the cheapest type
    expect(first(dispatcherOf([30, 40, 50], 0.19), 2)).toEqual([[2, 0]])
    expect(first(dispatcherOf([30, 40, 50], 0.21), 2)).toEqual([[0, 0]])
  })

  it('is first unless a late query has waited for twice QoS', () => {
    const withLate = (arrivalMs: number) => {
      // it counts on the last instance
      const dispatcher = dispatcherOf([30, 40, 50, 60])
      dispatcher.arrive(100, 1, arrivalMs)
      return dispatcher
    }
    expect(first(withLate(-200), 2)).toEqual([[2, 0]])
    expect(first(withLate(-201), 2)).toEqual([[0, 0]])
  })

  it('is put before 64 others at most', () => {
    const freeMs = Array.from({ length: 70 }, (_, i) => 30 + i / 10)
    expect(first(dispatcherOf(freeMs), 64)).toEqual([[64, 0]])
    expect(first(dispatcherOf(freeMs), 65)).toEqual([[0, 0]])
  })
})

describe.each(backends)('flow, a query that is refused, %s', (_, kernel) => {
  /** Query 1, which has to start by 50, and `small` others, by 80, wait. Large queries have to start within 35 ms. */
  const waiting = (small: number) => {
    const rule = flowRule({
      ...{ weight: Float64Array.of(1, 10), guardMs: Float64Array.of(20, 50, 65, 500, 500, 500) },
    })
    const freeMs = [30, 51, ...Array.from({ length: small - 1 }, () => 52), 55, 85]
    const instanceType = Int32Array.from([...freeMs.map(() => 0), 1])
    const meanMs = new Float64Array(6).fill(200)
    const setup = { types: 2, bins: 3, meanMs, learns: 'nothing', rule, instanceType } as const
    const dispatcher = kernel.createDispatcher(setup)
    for (const [instance, untilMs] of freeMs.entries()) dispatcher.hold(instance, 0, untilMs)
    dispatcher.arrive(1, 1, 0)
    for (let n = 0; n < small; n++) dispatcher.arrive(100 + n, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([])
    return dispatcher
  }

  it.each([
    ['the first of the others would be late', 1],
    ['it would be before 65 others', 64],
  ])('does not stop one that may start later, where %s', (_, small) => {
    const dispatcher = waiting(small)
    dispatcher.arrive(2, 2, 0)
    // at 51, after the first one
    dispatcher.arrive(3, 1, 4)
    // by 84: at 55, unless that is needed
    dispatcher.arrive(4, 0, 4)
    expect(starts(dispatcher, 4)).toEqual([])
    dispatcher.complete(0, 30)
    expect(starts(dispatcher, 30)).toEqual([[1, 0]])
    dispatcher.complete(1, 51)
    expect(starts(dispatcher, 51)).toEqual([[3, 1]])
  })

  it('does not stop any in later decisions', () => {
    const dispatcher = waiting(1)
    dispatcher.arrive(2, 2, 0)
    expect(starts(dispatcher, 4)).toEqual([])
    dispatcher.cancel(1)
    dispatcher.cancel(2)
    dispatcher.arrive(3, 2, 5)
    expect(starts(dispatcher, 5)).toEqual([])
    dispatcher.complete(0, 30)
    expect(starts(dispatcher, 30)).toEqual([[3, 0]])
  })
})

describe.each(wasmBackends)('flow, queries before others, %s against the fallback', (_, kernel) => {
  const ofCells = (...from: number[]) =>
    fc.array(fc.constantFrom(...from), { minLength: 6, maxLength: 6 }).map((all) => Float64Array.from(all))
  const bursts = fc.record({
    freeMs: fc.array(fc.integer({ min: 20, max: 60 }), { minLength: 80, maxLength: 200 }),
    arrivals: fc.array(
      fc.record({
        atMs: fc.integer({ min: 0, max: 40 }),
        age: fc.integer({ min: 0, max: 9 }),
        bin: fc.nat(2),
      }),
      { minLength: 80, maxLength: 300 },
    ),
    guardMs: ofCells(5, 20, 35, 50, 65),
    reducedCost: ofCells(0, 0, 0, 0.1, 5),
  })

  it('starts the same on fleets whose instances are nearly all busy', () => {
    fc.assert(
      fc.property(bursts, ({ freeMs, arrivals, guardMs, reducedCost }) => {
        // an idle instance of the third type, on which no query is in time, so that there is something to decide
        const rule = flowRule({
          weight: Float64Array.of(1, 0.7, 10),
          guardMs: Float64Array.of(...guardMs, 500, 500, 500),
          reducedCost: Float64Array.of(...reducedCost, 0, 0, 0),
        })
        const instanceType = Int32Array.from([...freeMs.map((_, i) => (i % 4 === 3 ? 1 : 0)), 2])
        const setup = { types: 3, bins: 3, meanMs: new Float64Array(9).fill(20), learns: 'nothing' } as const
        const both = [kernel, loadKernel('fallback')].map((one) => {
          const dispatcher = one.createDispatcher({ ...setup, rule, instanceType })
          for (const [instance, untilMs] of freeMs.entries()) dispatcher.hold(instance, 0, untilMs)
          return dispatcher
        })
        for (let nowMs = 0; nowMs <= 60; nowMs += 2) {
          for (const dispatcher of both) {
            for (const [instance, untilMs] of freeMs.entries())
              if (untilMs > nowMs - 2 && untilMs <= nowMs) dispatcher.complete(instance, nowMs)
            for (const [query, { atMs, age, bin }] of arrivals.entries())
              if (atMs > nowMs - 2 && atMs <= nowMs) dispatcher.arrive(query, bin, nowMs - age)
          }
          expect(starts(both[0], nowMs)).toEqual(starts(both[1], nowMs))
        }
      }),
      { numRuns: 60 },
    )
  })
})
