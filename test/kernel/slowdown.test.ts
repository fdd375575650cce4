import { describe, expect, it } from 'vitest'
import type { DispatcherSetup, KernelDispatcher, Learning } from '../../src/kernel/dispatch-contract.ts'
import { backends } from './backends.ts'

/** Two types of which the first takes 10 ms for every query, the second 20; `counts` instances of each. */
function setup(counts: readonly [number, number], learns: Learning): DispatcherSetup {
  return {
    types: 2,
    bins: 1,
    meanMs: Float64Array.of(10, 20),
    instanceType: Int32Array.from([...Array(counts[0]).fill(0), ...Array(counts[1]).fill(1)]),
    rule: { kind: 'fcfs' },
    learns,
  }
}

describe.each(backends)('slowdowns of instances, %s', (_, kernel) => {
  /** A dispatcher and a clock: rounds in which every instance serves a query, in `factors` times its table's time. */
  function fleet(counts: readonly [number, number], learns: Learning = 'instances') {
    const dispatcher = kernel.createDispatcher(setup(counts, learns))
    const all = Array.from({ length: counts[0] + counts[1] }, (_, i) => i)
    let nowMs = 1000
    let query = 0
    const serve = (rounds: number, factors: readonly number[], served = true) => {
      for (let round = 0; round < rounds; round++) {
        for (const _instance of all) dispatcher.arrive(query++, 0, nowMs)
        dispatcher.decide(nowMs)
        const finishes = all.map((i) => ({ i, atMs: nowMs + factors[i] * (i < counts[0] ? 10 : 20) }))
        for (const { i, atMs } of finishes.sort((a, b) => a.atMs - b.atMs)) {
          nowMs = atMs
          dispatcher.complete(i, nowMs, served)
        }
        nowMs += 20
      }
    }
    const wait = (ms: number) => {
      nowMs += ms
    }
    return {
      dispatcher,
      serve,
      wait,
      known: () => all.map((i) => dispatcher.slowdownOf(i, nowMs)),
      now: () => nowMs,
    }
  }

  it('learns how much slower than its table an instance is, within about ten queries', () => {
    const { serve, known } = fleet([3, 2])
    serve(20, [1, 3, 1, 0.5, 0.5])
    const [a, b, c, d, e] = known()
    for (const slowdown of [a, c]) expect(slowdown).toBeCloseTo(1, 2)
    expect(b).toBeCloseTo(3, 1)
    for (const slowdown of [d, e]) expect(slowdown).toBeCloseTo(0.5, 2)
  })

  it('forgets a slowdown that was set, also where queries are rare', () => {
    const { dispatcher, serve, wait, known, now } = fleet([1, 0])
    dispatcher.setSlowdown(0, 5, now())
    for (let i = 0; i < 20; i++) {
      wait(1_400)
      serve(1, [1])
    }
    expect(known()[0]).toBeLessThan(1.01)
  })

  it('forgets a slowdown that was set once it has been silent for long', () => {
    const { dispatcher, serve, wait, known, now } = fleet([1, 0])
    dispatcher.setSlowdown(0, 7, now())
    wait(3000)
    serve(1, [5])
    // as if none had been set
    expect(known()[0]).toBeCloseTo((5 + 3 * 0.8464) / (1 + 3 * 0.8464), 9)
  })

  it('moves by a share with a single query', () => {
    const { serve, known } = fleet([1, 0])
    serve(1, [5])
    // 3 x 0.92^2 queries at 1 and one at 5
    expect(known()[0]).toBeCloseTo((5 + 3 * 0.8464) / (1 + 3 * 0.8464), 9)
  })

  it('starts an instance that has not served yet from the median of its type', () => {
    const { dispatcher, serve, now } = fleet([3, 0])
    serve(10, [2, 2, 9])
    const joined = dispatcher.join(0)
    expect(dispatcher.slowdownOf(joined, now() + 100)).toBeCloseTo(2, 1)
  })

  it('returns to the table within two seconds of silence', () => {
    const { serve, wait, known } = fleet([2, 0])
    serve(20, [4, 4])
    const learned = known()[0]
    wait(400)
    expect(known()[0]).toBe(learned)
    wait(900)
    expect(known()[0]).toBeLessThan(learned)
    expect(known()[0]).toBeGreaterThan(1)
    wait(900)
    expect(known()).toEqual([1, 1])
  })

  it('returns to the table more slowly where silence counts for less', () => {
    const { dispatcher, serve, wait, known } = fleet([2, 0])
    serve(20, [4, 4])
    const learned = known()[0]
    dispatcher.setAging(0.1)
    // a tenth of it counts
    for (let i = 0; i < 40; i++) {
      wait(100)
      expect(known()[0]).toBe(learned)
    }
    for (let i = 0; i < 170; i++) {
      wait(100)
      known()
    }
    expect(known()).toEqual([1, 1])
    serve(20, [4, 4])
    dispatcher.setAging(1)
    wait(2200)
    expect(known()).toEqual([1, 1])
  })

  it('forgets a bad time after three fast queries in a row', () => {
    const { serve, known } = fleet([1, 0])
    serve(30, [20])
    serve(2, [1])
    expect(known()[0]).toBeGreaterThan(10)
    serve(1, [1])
    // three queries at 1 and a prior at the usual slowdown, which has not been brought up to date yet
    expect(known()[0]).toBeLessThan(12)
    serve(8, [1])
    expect(known()[0]).toBeLessThan(1.2)
  })

  it('counts a query as fast only below 0.6 of the estimate', () => {
    const afterTwoMore = (factor: number) => {
      const { serve, known } = fleet([1, 0])
      serve(30, [1])
      for (const each of [factor, 0.1, 0.1]) serve(1, [each])
      return known()[0]
    }
    // it moves by a share with each of them
    expect(afterTwoMore(0.6)).toBeGreaterThan(0.7)
    // or starts anew from three
    expect(afterTwoMore(0.59)).toBeLessThan(0.7)
  })

  it('learns nothing from a query that was not served', () => {
    const { serve, known } = fleet([1, 0])
    serve(10, [0.01], false)
    expect(known()).toEqual([1])
  })

  it('starts from what the caller sets, and learns on from there', () => {
    const { dispatcher, serve, wait, known, now } = fleet([2, 0])
    serve(20, [2, 2])
    dispatcher.setSlowdown(0, 6, now())
    expect(known()[0]).toBe(6)
    expect(known()[1]).toBeCloseTo(2, 1)
    serve(15, [2, 2])
    expect(known()[0]).toBeCloseTo(2, 0)
    dispatcher.setSlowdown(0, 6, now())
    wait(3000)
    expect(known()).toEqual([1, 1])
  })

  it('starts afresh when an instance leaves and joins', () => {
    const { dispatcher, serve, now } = fleet([1, 1])
    serve(20, [7, 1])
    dispatcher.leave(0)
    expect(dispatcher.join(1)).toBe(0)
    expect(dispatcher.slowdownOf(0, now() + 200)).toBeCloseTo(1, 2)
  })

  it('learns nothing where that is not asked for', () => {
    for (const learns of ['types', 'nothing'] as const) {
      const { serve, known } = fleet([2, 1], learns)
      serve(20, [4, 4, 4])
      expect(known()).toEqual([1, 1, 1])
    }
  })

  it('passes by an instance that has become slow', () => {
    const soonest = (dispatcher: KernelDispatcher, nowMs: number) => {
      dispatcher.arrive(9999, 0, nowMs)
      dispatcher.decide(nowMs)
      return dispatcher.startedInstance[0]
    }
    const dispatcher = kernel.createDispatcher({
      ...setup([2, 0], 'instances'),
      rule: { kind: 'completion', drawn: 0, seed: 0 },
    })
    expect(soonest(dispatcher, 0)).toBe(0)
    dispatcher.complete(0, 50)
    expect(soonest(dispatcher, 50)).toBe(1)
  })
})
