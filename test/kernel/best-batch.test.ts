/** The batch that `priced` starts is, of all sets of waiting queries, worth most, less the cost of its time. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BatchedRule } from '../../src/kernel/rules.ts'
import { backends } from './backends.ts'
import { batchedRule } from './plain-rules.ts'

const QOS = 20
const NOW = 100
const SIZES = [10, 20, 50, 100]
const BINS = SIZES.length

const setups = fc.record({
  // oldest first
  ages: fc
    .array(fc.integer({ min: 0, max: 100 }), { minLength: 4, maxLength: 9 })
    .map((ages) => ages.toSorted((a, b) => b - a)),
  binOf: fc.array(fc.nat(BINS - 1), { minLength: 9, maxLength: 9 }),
  // not sorted: tables need not be monotone
  meanMs: fc.array(fc.integer({ min: 8, max: 72 }), { minLength: 2 * BINS, maxLength: 2 * BINS }),
  margins: fc.array(fc.integer({ min: 0, max: 16 }), { minLength: 2 * BINS, maxLength: 2 * BINS }),
  worth: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: BINS, maxLength: BINS }),
  largest: fc.constantFrom(20, 60, 100),
  isFast: fc.array(fc.constantFrom(0, 1), { minLength: 2, maxLength: 2 }),
  // of other instances, of type 1, in eighths of a ms
  left: fc.array(fc.integer({ min: 1, max: 250 }), { minLength: 1, maxLength: 3 }),
  ageScale: fc.constantFrom(0.8, 1.3),
  ageWorth: fc.constantFrom(0, 3, 12),
  aheadDiscount: fc.constantFrom(0, 0.75),
  stagger: fc.constantFrom(0, 0.3, 2),
  slowdown: fc.constantFrom(1, 1.5),
  missWorth: fc.constantFrom(0, 1, 20),
})

type Setup = typeof setups extends fc.Arbitrary<infer T> ? T : never

function ruleOf({ meanMs, margins, worth, largest, isFast, ...drawn }: Setup): BatchedRule {
  const guardMs = Float64Array.from(meanMs, (mean, cell) => (mean + margins[cell]) / 8)
  const worths = Float64Array.from(worth, (value) => value / 8)
  const perType = (value: number) => Float64Array.of(value, value)
  return batchedRule({
    // no query is given up, nor late: at least 7.5 ms are left
    ...{ qosMs: QOS, missWorth: drawn.missWorth, aloneMs: new Float64Array(BINS).fill(5) },
    ...{ batchSize: Float64Array.from(SIZES), largest: perType(largest) },
    ...{ weight: Float64Array.of(1, 0.4), fullCost: Float64Array.of(8, 5) },
    ...{ isFast: Float64Array.from(isFast), timeFactor: Float64Array.of(1.1, 1.4) },
    ...{ aheadDiscount: perType(drawn.aheadDiscount), ageScale: perType(drawn.ageScale) },
    ...{ ageWorth: perType(drawn.ageWorth), stagger: perType(drawn.stagger) },
    ...{ queryCost: worths, guardMs },
  })
}

/** What a batch on the idle instance gains by when it ends, between the ends of the others. */
function gainOf(bin: number, rule: BatchedRule, { meanMs, left, slowdown }: Setup): number {
  if (!rule.isFast[1]) return 0
  const end = (slowdown * Math.max(...meanMs.slice(0, bin + 1))) / 8
  const ends = left.map((eighths) => eighths / 8).toSorted((a, b) => a - b)
  const before = ends.findLast((other) => other <= end) ?? 0
  const behind = ends.find((other) => other > end) ?? Math.max(end, ends[0] + 0.9 * 8)
  return rule.stagger[0] * (end - before) * (behind - end)
}

/** The net worth of a set of queries on the idle instance, of type 0; -Infinity if it may not start. */
function netOf(set: readonly number[], rule: BatchedRule, setup: Setup, saved = 0): number {
  const { ages, binOf, slowdown } = setup
  const sizeOf = (query: number) => SIZES[binOf[query]]
  const left = (query: number) => QOS - ages[query] / 8
  const others = setup.left.map((eighths) => eighths / 8)
  // an instance that is held counts as one that serves the first bin
  const margin = setup.margins[BINS] / 8
  if (set.some((q) => slowdown * rule.guardMs[binOf[q]] > left(q))) return -Infinity
  const total = set.reduce((sum, query) => sum + sizeOf(query), 0)
  const bin = binOfSet(set, setup)
  if (
    set.length > 1 &&
    (total > rule.largest[0] || slowdown * rule.guardMs[bin] > Math.min(...set.map(left)))
  )
    return -Infinity
  const waits = [QOS]
  if (rule.isFast[0]) waits.push(8)
  if (rule.isFast[1]) waits.push(...others)
  const wait = Math.min(...waits)
  const busy = others.reduce((sum, ms) => sum + 0.4 * ms, 0)
  const ahead = ages.reduce((sum, _, query) => sum + rule.queryCost[binOf[query]], busy)
  const worth = set.map((query) => {
    const z = (rule.ageScale[0] * (ages[query] / 8 + wait)) / QOS
    const isLastChance =
      left(query) - Math.min(8, ...others.map((ms) => ms + margin)) < rule.aloneMs[binOf[query]]
    const value = rule.worth[binOf[query]] + (isLastChance ? rule.missWorth : 0)
    return value * (1 + rule.ageWorth[0] * z ** (rule.isFast[0] ? 4 : 3))
  })
  const costOfMs = 1.1 / (1 + rule.aheadDiscount[0] * (ahead / (QOS * (1 + 0.4 * others.length))))
  const gain = total <= rule.largest[0] ? gainOf(bin, rule, setup) : 0
  return worth.reduce((a, b) => a + b) - ((costOfMs - saved) * setup.meanMs[bin]) / 8 + gain
}

function binOfSet(set: readonly number[], { binOf }: Setup): number {
  const total = set.reduce((sum, query) => sum + SIZES[binOf[query]], 0)
  return set.length === 1 ? binOf[set[0]] : SIZES.findIndex((size) => size >= total)
}

/**
 * The cost of a millisecond that is saved where no set is worth its time: the best one is then worth it exactly. More
 * than one number where several sets are the best.
 */
function savings(sets: readonly number[][], rule: BatchedRule, setup: Setup): number[] {
  const nets = sets.map((set) => netOf(set, rule, setup))
  const most = Math.max(...nets)
  if (most >= 0) return [0]
  const best = sets.filter((_, i) => nets[i] > most - 1e-9)
  return best.map((set) => -most / (setup.meanMs[binOfSet(set, setup)] / 8))
}

describe.each(backends)('the best batch, %s', (_, kernel) => {
  it('is worth as much as that of all sets', () => {
    fc.assert(
      fc.property(setups, (setup) => {
        const queries = setup.ages.map((_, query) => query)
        const rule = ruleOf(setup)
        const dispatcher = kernel.createDispatcher({
          ...{ types: 2, bins: BINS, meanMs: Float64Array.from(setup.meanMs, (ms) => ms / 8) },
          ...{ instanceType: Int32Array.of(0, ...setup.left.map(() => 1)), rule, learns: 'nothing' },
        })
        dispatcher.setSlowdown(0, setup.slowdown, NOW)
        for (const [other, left] of setup.left.entries()) dispatcher.hold(other + 1, NOW, NOW + left / 8)
        for (const query of queries) dispatcher.arrive(query, setup.binOf[query], NOW - setup.ages[query] / 8)
        const started = dispatcher.decide(NOW)
        const batch = Array.from(dispatcher.startedQuery.subarray(0, started))
        const sets = Array.from({ length: 2 ** queries.length - 1 }, (_, i) =>
          queries.filter((query) => ((i + 1) >> query) & 1),
        ).filter((set) => netOf(set, rule, setup) > -Infinity)
        if (sets.length === 0) {
          expect(batch).toEqual([])
          return
        }
        const short = savings(sets, rule, setup).map((saved) => {
          const most = Math.max(...sets.map((set) => netOf(set, rule, setup, saved)))
          return most - netOf(batch, rule, setup, saved)
        })
        expect(Math.min(...short)).toBeLessThan(1e-9)
      }),
      { numRuns: 400 },
    )
  })
})

it('is the same in every kernel where several instances are idle', () => {
  const more = fc.record({
    setup: setups,
    instanceType: fc.array(fc.constantFrom(0, 1), { minLength: 2, maxLength: 6 }),
  })
  fc.assert(
    fc.property(more, ({ setup, instanceType }) => {
      const started = backends.map(([, kernel]) => {
        const dispatcher = kernel.createDispatcher({
          ...{ types: 2, bins: BINS, meanMs: Float64Array.from(setup.meanMs, (ms) => ms / 8) },
          ...{ instanceType: Int32Array.from(instanceType), rule: ruleOf(setup), learns: 'nothing' as const },
        })
        for (const [query, age] of setup.ages.entries()) {
          dispatcher.arrive(query, setup.binOf[query], NOW - age / 8)
        }
        const count = dispatcher.decide(NOW)
        const { startedQuery, startedInstance } = dispatcher
        return Array.from({ length: count }, (_, i) => [startedQuery[i], startedInstance[i]])
      })
      for (const other of started) expect(other).toEqual(started[0])
    }),
    { numRuns: 1000 },
  )
})

describe.each(backends)('of equally good batches, %s', (_, kernel) => {
  it.each([
    [10, 20, 60],
    [20, 30, 70],
    [20, 30, 80],
    [30, 40, 90],
  ])('the smaller one starts: %d and not %d beside the oldest, up to %d', (smaller, larger, largest) => {
    // all batches take as long, and all queries are worth as much but for their age
    const sizes = [10, 20, 30, 40, 90]
    const times = new Float64Array(sizes.length).fill(4)
    const one = Float64Array.of(1)
    const dispatcher = kernel.createDispatcher({
      ...{ types: 1, bins: sizes.length, meanMs: times, instanceType: Int32Array.of(0) },
      rule: batchedRule({
        ...{ batchSize: Float64Array.from(sizes), largest: Float64Array.of(largest) },
        ...{ fullCost: Float64Array.of(4), ageWorth: one, queryCost: times, guardMs: times },
      }),
      learns: 'nothing',
    })
    // the oldest has 40 items: there is no room for both others beside it
    dispatcher.arrive(0, 3, NOW - 10)
    dispatcher.arrive(1, sizes.indexOf(larger), NOW)
    dispatcher.arrive(2, sizes.indexOf(smaller), NOW)
    const started = dispatcher.decide(NOW)
    expect(Array.from(dispatcher.startedQuery.subarray(0, started))).toEqual([0, 2])
  })
})

it.each(backends)('joins queries beside larger ones than every batch: %s', (_, kernel) => {
  const dispatcher = kernel.createDispatcher({
    ...{ types: 1, bins: 2, meanMs: Float64Array.of(1, 2), instanceType: Int32Array.of(0, 0) },
    rule: batchedRule({
      ...{ batchSize: Float64Array.of(10, 1e9), largest: Float64Array.of(100), fullCost: Float64Array.of(2) },
      ...{ stagger: Float64Array.of(0.5), queryCost: Float64Array.of(9, 1), guardMs: Float64Array.of(1, 2) },
    }),
    learns: 'nothing',
  })
  // two of 10 items, and so many others that their sizes do not fit into 32 bits in sum
  for (let query = 0; query < 32; query++) dispatcher.arrive(query, query < 2 ? 0 : 1, NOW)
  expect(dispatcher.decide(NOW)).toBe(3)
  expect(Array.from(dispatcher.startedQuery.subarray(0, 3))).toEqual([0, 1, 31])
  expect(Array.from(dispatcher.startedInstance.subarray(0, 3))).toEqual([0, 0, 1])
})

describe.each(backends)('queries that wait for the first instance, %s', (_, kernel) => {
  it('start as one batch however often was decided without instances', () => {
    const meanMs = Float64Array.of(4, 5, 6, 8)
    const one = Float64Array.of(1)
    const rule = batchedRule({
      ...{ mostAhead: 1, batchSize: Float64Array.from(SIZES), largest: Float64Array.of(100) },
      ...{ fullCost: Float64Array.of(8), aheadDiscount: one, ageWorth: one, stagger: one },
      ...{ queryCost: meanMs, guardMs: meanMs, aloneMs: new Float64Array(BINS).fill(Infinity) },
    })
    const empty = { types: 1, bins: BINS, meanMs, instanceType: new Int32Array(), rule }
    const dispatcher = kernel.createDispatcher({ ...empty, learns: 'nothing' })
    dispatcher.arrive(1, 0, 0)
    dispatcher.arrive(2, 0, 0)
    for (const now of [1, 2]) expect(dispatcher.decide(now)).toBe(0)
    for (let instance = 0; instance < 3; instance++) dispatcher.join(0)
    expect(dispatcher.decide(3)).toBe(2)
    expect([dispatcher.pending, dispatcher.idle]).toEqual([0, 2])
    expect(Array.from(dispatcher.startedInstance.subarray(0, 2))).toEqual([0, 0])
  })
})

it.each(backends)('starts on the idle instance of a type that is least slow: %s', (_, kernel) => {
  const meanMs = Float64Array.of(2, 3, 5, 8)
  const one = Float64Array.of(1)
  const start = (slowdowns: readonly number[], bin: number) => {
    const dispatcher = kernel.createDispatcher({
      ...{ types: 1, bins: BINS, meanMs, instanceType: Int32Array.from(slowdowns, () => 0) },
      rule: batchedRule({
        ...{ mostAhead: 1, batchSize: Float64Array.from(SIZES), largest: Float64Array.of(100) },
        ...{ fullCost: Float64Array.of(8), aheadDiscount: one, ageWorth: one, stagger: one },
        ...{ queryCost: meanMs, aloneMs: meanMs, guardMs: meanMs },
      }),
      learns: 'instances',
    })
    for (const [instance, slowdown] of slowdowns.entries()) dispatcher.setSlowdown(instance, slowdown, NOW)
    dispatcher.hold(0, NOW, NOW + 5)
    dispatcher.arrive(1, bin, NOW)
    const started = dispatcher.decide(NOW)
    return Array.from(dispatcher.startedInstance.subarray(0, started))
  }
  // 3 x 8 ms are more than the target of 20, 2 x 8 are not
  expect(start([1, 3, 2, 2], 3)).toEqual([2])
  expect(start([1, 3, 3], 3)).toEqual([])
  expect(start([1, 3, 3], 0)).toEqual([1])
})

it.each(backends)('tells types beyond the 64th from those before: %s', (_, kernel) => {
  const types = 66
  const perType = (value: number) => new Float64Array(types).fill(value)
  const times = perType(4)
  const rule = batchedRule({
    ...{ batchSize: Float64Array.of(10), largest: perType(10), fullCost: times },
    ...{ queryCost: Float64Array.of(4), aloneMs: Float64Array.of(4) },
    // a query is in time on the last type only
    guardMs: times.map((ms, type) => (type === types - 1 ? ms : Infinity)),
  })
  const instanceType = Int32Array.of(types - 1 - 64, types - 1)
  const setup = { types, bins: 1, meanMs: times, instanceType, rule, learns: 'nothing' as const }
  const dispatcher = kernel.createDispatcher(setup)
  dispatcher.arrive(7, 0, NOW)
  expect(dispatcher.decide(NOW)).toBe(1)
  expect([dispatcher.startedQuery[0], dispatcher.startedInstance[0]]).toEqual([7, 1])
})

it.each(backends)('is one of the 64 oldest that are in time: %s', (_, kernel) => {
  const times = Float64Array.of(4, 4)
  const rule = batchedRule({
    ...{ batchSize: Float64Array.of(10, 1000), largest: Float64Array.of(1000), fullCost: Float64Array.of(4) },
    ...{ ageWorth: Float64Array.of(1), queryCost: times, aloneMs: times, guardMs: times },
  })
  const setup = { types: 1, bins: 2, meanMs: times, instanceType: Int32Array.of(0), rule }
  const dispatcher = kernel.createDispatcher({ ...setup, learns: 'nothing' })
  // all of them would fit, and take no longer
  for (let query = 0; query < 70; query++) dispatcher.arrive(query, 0, NOW - 10 + query / 10)
  expect(dispatcher.decide(NOW)).toBe(64)
  expect(Array.from(dispatcher.startedQuery.subarray(0, 64))).toEqual(Array.from({ length: 64 }, (_, i) => i))
})
