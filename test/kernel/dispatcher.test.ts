import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DispatcherSetup } from '../../src/kernel/dispatch-contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import type { MatchingRule } from '../../src/kernel/rules.ts'
import { backends, wasmBackends } from './backends.ts'
import { smallFleet } from './small-fleet.ts'
import { starts } from './two-types.ts'

const fallback = loadKernel('fallback')

/** One fast and two slow instances, two bins; the target is 20 ms. */
const rule: MatchingRule = {
  kind: 'matching',
  coefficient: Float64Array.of(1, 0.25),
  guardMs: Float64Array.of(2, 8, 4, 32),
  qosMs: 20,
  marginMs: 0.4,
  missCost: 200,
  nearCost: 100,
}
const setup: DispatcherSetup = {
  types: 2,
  bins: 2,
  meanMs: rule.guardMs,
  instanceType: Int32Array.of(0, 1, 1),
  rule,
}

describe.each(backends)('dispatcher, %s', (_, kernel) => {
  it('starts a small query on the cheapest instance, the first of equal ones', () => {
    const dispatcher = kernel.createDispatcher(setup)
    dispatcher.arrive(7, 0, 0)
    // 1 x 2 on the fast one, 0.25 x 4 on the slow ones
    expect(starts(dispatcher, 0)).toEqual([[7, 1]])
    expect([dispatcher.instances, dispatcher.idle, dispatcher.pending]).toEqual([3, 2, 0])
    expect(dispatcher.stateOf(1)).toBe('busy')
    expect(dispatcher.complete(1, 3.5)).toBe(3.5)
    expect(dispatcher.stateOf(1)).toBe('idle')
  })

  it('keeps a large query for the instance that meets its target', () => {
    const dispatcher = kernel.createDispatcher(setup)
    dispatcher.arrive(1, 1, 0)
    expect(starts(dispatcher, 0)).toEqual([[1, 0]])
    dispatcher.arrive(2, 1, 1)
    // slack 20, 7 left, 8 to serve: in time behind the first query, late on an idle slow instance
    expect(starts(dispatcher, 1)).toEqual([])
    dispatcher.complete(0, 8)
    expect(starts(dispatcher, 8)).toEqual([[2, 0]])
  })

  it('prices a miss, a near miss, and a query that is already late', () => {
    /** The type of the instance on which a query of an age starts. Of equal costs the first instance wins. */
    const typeFor = (bin: number, ageMs: number, ...instanceType: [number, number]) => {
      const dispatcher = kernel.createDispatcher({ ...setup, instanceType: Int32Array.from(instanceType) })
      dispatcher.arrive(1, bin, 0)
      const [[, instance]] = starts(dispatcher, ageMs)
      return instanceType[instance]
    }
    // 20 - 15.5 - 4 = 0.5 is in time on the slow one: 0.25 x 4 against 1 x 2 on the fast one
    expect(typeFor(0, 15.5, 0, 1)).toBe(1)
    // 0.3 is a near miss there: 100 against 2
    expect(typeFor(0, 15.7, 1, 0)).toBe(0)
    // 20 - 11.7 - 8 = 0.3 is a near miss on the fast one, and the slow one misses: 100 against 200
    expect(typeFor(1, 11.7, 1, 0)).toBe(0)
    // a miss on either: 200 each
    expect([typeFor(1, 12.1, 0, 1), typeFor(1, 12.1, 1, 0)]).toEqual([0, 1])
    // late on either: 0.25 x 4 against 1 x 2, and not 200 each
    expect(typeFor(0, 20, 0, 1)).toBe(1)
  })

  it('looks at the first 2N pending queries, and matches them in one go', () => {
    const dispatcher = kernel.createDispatcher({ ...setup, instanceType: Int32Array.of(1, 1) })
    for (let query = 0; query < 4; query++) dispatcher.arrive(query, 1, query / 10)
    for (let query = 4; query < 9; query++) dispatcher.arrive(query, 0, query / 10)
    // all late by then, the small ones are cheaper, but only queries 0 to 3 are looked at
    expect(starts(dispatcher, 100)).toEqual([
      [0, 0],
      [1, 1],
    ])
    dispatcher.complete(1, 110)
    // of the small ones that are looked at now, query 4 goes to the busy instance and waits
    expect(starts(dispatcher, 110)).toEqual([[5, 1]])
  })

  it('serves in order of arrival, and gives a query that comes back its place', () => {
    const dispatcher = kernel.createDispatcher({ ...setup, rule: { kind: 'fcfs' } })
    dispatcher.arrive(1, 0, 10)
    dispatcher.arrive(2, 0, 10)
    dispatcher.arrive(3, 0, 30)
    dispatcher.arrive(4, 0, 20)
    expect(dispatcher.cancel(2)).toBe(true)
    expect(dispatcher.cancel(2)).toBe(false)
    dispatcher.arrive(5, 0, 10)
    expect(starts(dispatcher, 30)).toEqual([
      [1, 0],
      [5, 1],
      [4, 2],
    ])
    expect(dispatcher.pending).toBe(1)
  })

  it('gives the smallest free number to an instance that joins', () => {
    const dispatcher = kernel.createDispatcher({ ...setup, rule: { kind: 'fcfs' } })
    expect(dispatcher.join(0)).toBe(3)
    dispatcher.arrive(1, 0, 0)
    dispatcher.arrive(2, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([
      [1, 0],
      [2, 1],
    ])
    dispatcher.leave(1)
    expect(dispatcher.stateOf(1)).toBe('gone')
    dispatcher.leave(2)
    expect([dispatcher.instances, dispatcher.idle]).toEqual([2, 1])
    expect([dispatcher.join(1), dispatcher.join(1), dispatcher.join(0)]).toEqual([1, 2, 4])
    expect([dispatcher.instances, dispatcher.idle]).toEqual([5, 4])
    expect(dispatcher.complete(0, 9)).toBe(9)
  })

  it('goes by other tables from one decision to the next', () => {
    const dispatcher = kernel.createDispatcher(setup)
    dispatcher.retune({ ...rule, coefficient: Float64Array.of(0.1, 1) })
    dispatcher.arrive(1, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([[1, 0]])
  })

  it('takes the slowdown of an instance for a factor of its service times', () => {
    const dispatcher = kernel.createDispatcher(setup)
    expect([0, 1, 2].map((instance) => dispatcher.slowdownOf(instance, 0))).toEqual([1, 1, 1])
    dispatcher.setSlowdown(1, 3, 0)
    expect(dispatcher.slowdownOf(1, 0)).toBe(3)
    dispatcher.arrive(1, 0, 0)
    // 0.25 x 4 x 3 on the first slow one, 0.25 x 4 on the second
    expect(starts(dispatcher, 0)).toEqual([[1, 2]])
    dispatcher.setSlowdown(0, 0.1, 0)
    dispatcher.arrive(2, 0, 0)
    // 1 x 2 x 0.1 on the fast one
    expect(starts(dispatcher, 0)).toEqual([[2, 0]])
    dispatcher.leave(1)
    expect(dispatcher.join(1)).toBe(1)
    expect(dispatcher.slowdownOf(1, 0)).toBe(1)
  })

  it('expects an instance that is held to be idle again at the given time', () => {
    const dispatcher = kernel.createDispatcher({ ...setup, instanceType: Int32Array.of(0, 1) })
    dispatcher.hold(0, 0, 7)
    expect([dispatcher.idle, dispatcher.stateOf(0)]).toEqual([1, 'busy'])
    dispatcher.arrive(1, 1, 0)
    // slack 20, 7 left, 8 to serve: in time on the fast one
    expect(starts(dispatcher, 0)).toEqual([])
    dispatcher.complete(0, 5, false)
    expect(starts(dispatcher, 5)).toEqual([[1, 0]])
    dispatcher.complete(0, 13)
    dispatcher.hold(0, 13, 30)
    dispatcher.arrive(2, 1, 13)
    // 17 left, 8 to serve: missed on either, and the first of equal costs is held
    expect(starts(dispatcher, 13)).toEqual([])
    dispatcher.arrive(3, 0, 13)
    expect(starts(dispatcher, 13)).toEqual([[3, 1]])
  })

  it('expects an instance with a slowdown to finish later', () => {
    const dispatcher = kernel.createDispatcher({ ...setup, instanceType: Int32Array.of(1, 0) })
    dispatcher.setSlowdown(1, 1.5, 0)
    dispatcher.arrive(1, 1, 0)
    expect(starts(dispatcher, 0)).toEqual([[1, 1]])
    dispatcher.setSlowdown(1, 1, 1)
    dispatcher.arrive(2, 1, 1)
    // slack 20, 8 x 1.5 - 1 = 11 left, 8 to serve: in time behind the first query
    expect(starts(dispatcher, 1)).toEqual([])
    dispatcher.setSlowdown(1, 1.5, 1)
    // 12 to serve: missed on either, and the first of equal costs is idle
    expect(starts(dispatcher, 1)).toEqual([[2, 0]])
  })

  it('starts the same queries after it has grown from no instance to 100', () => {
    const dispatcher = kernel.createDispatcher({ ...setup, instanceType: new Int32Array() })
    expect(starts(dispatcher, 0)).toEqual([])
    for (let i = 0; i < 100; i++) expect(dispatcher.join(i % 2)).toBe(i)
    for (let query = 0; query < 3000; query++) dispatcher.arrive(query, query % 2, query)
    const reference = fallback.createDispatcher({
      ...setup,
      instanceType: Int32Array.from({ length: 100 }, (_, i) => i % 2),
    })
    for (let query = 0; query < 3000; query++) reference.arrive(query, query % 2, query)
    expect(starts(dispatcher, 3000)).toEqual(starts(reference, 3000))
    expect([dispatcher.instances, dispatcher.idle, dispatcher.pending]).toEqual([100, 0, 2900])
  })
})

const SLOWDOWNS = [1, 0.5, 1.15, 2, 3.7]

/** What may happen to a dispatcher; numbers are taken modulo what is there. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('arrive' as const), a: fc.nat(9), b: fc.nat(9) }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constant('decide' as const), a: fc.nat(3), b: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('complete' as const), a: fc.nat(99), b: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('cancel' as const), a: fc.nat(99), b: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('join' as const), a: fc.nat(9), b: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('hold' as const), a: fc.nat(99), b: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('leave' as const), a: fc.nat(99), b: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('slow' as const), a: fc.nat(99), b: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('age' as const), a: fc.nat(99), b: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('wait' as const), a: fc.nat(99), b: fc.nat(9) }) },
)

describe.each(wasmBackends)('dispatcher, %s against the fallback', (_, kernel) => {
  it('does the same whatever happens', () => {
    fc.assert(
      fc.property(
        smallFleet({ min: 0, max: 7 }),
        fc.array(happening, { maxLength: 120 }),
        (fleet, happenings) => {
          const ours = kernel.createDispatcher(fleet)
          const theirs = fallback.createDispatcher(fleet)
          let nowMs = 0
          let query = 0
          for (const { what, a, b } of happenings) {
            nowMs += b / 4
            const there = Array.from({ length: 40 }, (_, i) => i).filter((i) => theirs.stateOf(i) !== 'gone')
            const busy = there.filter((i) => theirs.stateOf(i) === 'busy')
            if (what === 'arrive') {
              for (const dispatcher of [ours, theirs])
                dispatcher.arrive(query, a % fleet.bins, nowMs - (b % 2))
              query++
            } else if (what === 'decide') {
              expect(starts(ours, nowMs)).toEqual(starts(theirs, nowMs))
            } else if (what === 'complete' && busy.length > 0) {
              const instance = busy[a % busy.length]
              const served = a % 7 > 0
              expect(ours.complete(instance, nowMs, served)).toBe(theirs.complete(instance, nowMs, served))
            } else if (what === 'cancel' && query > 0) {
              expect(ours.cancel(a % query)).toBe(theirs.cancel(a % query))
            } else if (what === 'join' && there.length < 30) {
              expect(ours.join(a % fleet.types)).toBe(theirs.join(a % fleet.types))
            } else if (what === 'leave' && there.length > 0) {
              for (const dispatcher of [ours, theirs]) dispatcher.leave(there[a % there.length])
            } else if (what === 'hold' && busy.length < there.length) {
              const idle = there.filter((i) => theirs.stateOf(i) === 'idle')
              for (const dispatcher of [ours, theirs])
                dispatcher.hold(idle[a % idle.length], nowMs, nowMs + a)
            } else if (what === 'wait') {
              nowMs += 100 * b
            } else if (what === 'age') {
              for (const dispatcher of [ours, theirs]) dispatcher.setAging((a % 3) / 2)
            } else if (what === 'slow' && there.length > 0) {
              const slowdown = SLOWDOWNS[a % SLOWDOWNS.length]
              for (const dispatcher of [ours, theirs]) {
                dispatcher.setSlowdown(there[a % there.length], slowdown, nowMs)
              }
            }
            expect([ours.instances, ours.idle, ours.pending]).toEqual([
              theirs.instances,
              theirs.idle,
              theirs.pending,
            ])
            for (const i of there) {
              expect(ours.stateOf(i)).toBe(theirs.stateOf(i))
              if (theirs.stateOf(i) === 'gone') continue
              expect(ours.slowdownOf(i, nowMs)).toBe(theirs.slowdownOf(i, nowMs))
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
