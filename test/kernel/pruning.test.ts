/**
 * A matching of few queries to a large fleet looks only at instances that can matter. The schedule is that with all
 * instances.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { prune } from '../../src/kernel/fallback/prune.ts'
import { matchedTo } from '../../src/kernel/fallback/rules/matching.ts'
import type { Instance, Query, Scene } from '../../src/kernel/fallback/scene.ts'
import type { MatchingRule } from '../../src/kernel/rules.ts'
import { backends } from './backends.ts'

const NOW = 100

const instanceOf = (number: number, type: number, left: number): Instance => ({
  ...{ number, type, slowdown: 1, busy: left > 0, startMs: 0, bin: 0 },
  expectedFinishMs: left > 0 ? NOW + left : -Infinity,
})

/** Few distinct times: most pairs tie with others, in time, near the target and beyond it. */
const scenes = fc
  .record({
    types: fc.integer({ min: 1, max: 3 }),
    bins: fc.integer({ min: 1, max: 3 }),
    lefts: fc.array(fc.constantFrom(0, 0, 0, 2, 2.5, 5, 9.3, 17, 19.9, 60), {
      minLength: 48,
      maxLength: 140,
    }),
    typeOf: fc.array(fc.nat(2), { minLength: 140, maxLength: 140 }),
    isSorted: fc.constantFrom(true, true, true, false),
    times: fc.array(fc.constantFrom(1, 2, 3.3, 5, 8, 13.7, 19.8), { minLength: 9, maxLength: 9 }),
    margins: fc.array(fc.constantFrom(0, 0, 1.7), { minLength: 9, maxLength: 9 }),
    coefficient: fc.array(fc.constantFrom(1, 0.5, 0.3), { minLength: 3, maxLength: 3 }),
    queries: fc.array(fc.tuple(fc.nat(2), fc.constantFrom(0, 0, 1, 4, 10, 19, 25)), {
      minLength: 2,
      maxLength: 14,
    }),
  })
  .map(({ types, bins, lefts, ...drawn }) => {
    const typeOf = drawn.typeOf.slice(0, lefts.length).map((type) => type % types)
    if (drawn.isSorted) typeOf.sort((a, b) => a - b)
    const meanMs = Float64Array.from(drawn.times.slice(0, types * bins))
    const rule: MatchingRule = {
      kind: 'matching',
      coefficient: Float64Array.from(drawn.coefficient.slice(0, types)),
      guardMs: meanMs.map((ms, cell) => ms + drawn.margins[cell]),
      ...{ qosMs: 20, marginMs: 0.4, missCost: 200, nearCost: 100 },
    }
    const fleet = lefts.map((left, number) => instanceOf(number, typeOf[number], left))
    const ages = drawn.queries.toSorted((a, b) => b[1] - a[1])
    const queue = ages.map(
      ([bin, age], query): Query => ({ query, bin: bin % bins, arrivalMs: NOW - age, sequence: query }),
    )
    return { types, rule, scene: { queue, fleet, bins, meanMs, nowMs: NOW } as unknown as Scene }
  })

test.each(backends)(
  'few queries on a large fleet start where all instances would let them start: %s',
  (_, kernel) => {
    fc.assert(
      fc.property(scenes, ({ types, rule, scene }) => {
        const { queue, fleet, bins, meanMs } = scene
        const instanceType = Int32Array.from(fleet, ({ type }) => type)
        const dispatcher = kernel.createDispatcher({ types, bins, meanMs, instanceType, rule })
        for (const { number, busy, expectedFinishMs } of fleet) {
          if (busy) dispatcher.hold(number, 0, expectedFinishMs)
        }
        for (const { query, bin, arrivalMs } of queue) dispatcher.arrive(query, bin, arrivalMs)
        const started = Array.from({ length: dispatcher.decide(NOW) }, (_, i) => [
          dispatcher.startedQuery[i],
          dispatcher.startedInstance[i],
        ])
        const all = fleet.some(({ busy }) => !busy) ? matchedTo(fleet, queue, rule, scene) : []
        expect(started).toEqual(all.map(({ query, instance }) => [query.query, instance.number]))
      }),
      { numRuns: 400 },
    )
  },
)

test.each([
  [
    'a miss costs less than a near miss',
    { meanMs: 19.8, guardMs: 19.8, nearCost: 100, missCost: 50, left: 1 },
  ],
  ['a near miss costs less than a hit', { meanMs: 10, guardMs: 10, nearCost: 8, missCost: 200, left: 9.8 }],
  ['means exceed guards', { meanMs: 150, guardMs: 5, nearCost: 100, missCost: 200, left: 14.8 }],
])(
  'queries wait for the last instances, which are busy, where %s',
  (_, { meanMs, guardMs, left, ...costs }) => {
    const one = (value: number) => Float64Array.of(value)
    const rule: MatchingRule = {
      ...{ kind: 'matching', coefficient: one(1), guardMs: one(guardMs), qosMs: 20, marginMs: 0.4 },
      ...costs,
    }
    const setup = { types: 1, bins: 1, meanMs: one(meanMs), instanceType: new Int32Array(48), rule }
    for (const [, kernel] of backends) {
      const dispatcher = kernel.createDispatcher(setup)
      for (const instance of [46, 47]) dispatcher.hold(instance, NOW, NOW + left)
      for (const query of [0, 1]) dispatcher.arrive(query, 0, NOW)
      expect(dispatcher.decide(NOW)).toBe(0)
    }
  },
)

test('of a type the soonest and first are kept, and the first of all', () => {
  const lefts = [9, 8, 3, 0, 7, 0, 5, 0, 1, 0]
  const fleet = lefts.map((left, number) => instanceOf(number, 0, left))
  const kept = (queries: number) => prune(queries, fleet, NOW).map(({ number }) => number)
  expect(kept(1)).toEqual([0, 1, 2, 3])
  expect(kept(2)).toEqual([0, 1, 2, 3, 5])
  expect(kept(3)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(kept(10)).toHaveLength(10)
})
