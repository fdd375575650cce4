/**
 * Decisions under load, with times as tables have them: guards are above means, which grow with the batch size, and
 * instances are slow, held for a while, or overdue. So queries often are late on some instances only.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DispatcherSetup } from '../../src/kernel/dispatch-contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import type { BatchedRule, DispatchRule, PricedRule } from '../../src/kernel/rules.ts'
import { wasmBackends } from './backends.ts'
import { batchedRule } from './plain-rules.ts'
import { starts } from './two-types.ts'

const fallback = loadKernel('fallback')

const NOW = 1000
const QOS = 20
const SIZES = [10, 20, 50, 100]

const perCell = (...values: number[]) =>
  fc.array(fc.constantFrom(...values), { minLength: 12, maxLength: 12 })
const perType = (...values: number[]) => fc.array(fc.constantFrom(...values), { minLength: 3, maxLength: 3 })

/** Times are in eighths of a ms, so that sums of them are exact and ties frequent. */
const fleets = fc.record({
  types: fc.integer({ min: 1, max: 3 }),
  bins: fc.integer({ min: 2, max: 4 }),
  growths: perCell(0, 4, 8, 20, 40),
  first: perType(8, 16, 30, 60),
  margins: perCell(0, 0, 8, 20, 50, 200),
  looseMargins: perCell(-8, 0, 0, 4, 20),
  longestLate: perCell(2, 6, 12, Infinity),
  reducedCosts: perCell(0, 0, 0.5, 3, 250),
  weight: perType(1, 0.5, 0.3),
  worth: perCell(0, 0.5, 2, 5, 9),
  costs: perCell(0.5, 2, 3, 6),
  cheap: perCell(0, 1, 1),
  alone: perCell(1, 4, 6, 9),
  largest: perType(0, 20, 60, 100),
  fast: perType(0, 1, 1),
  stagger: perType(0, 0.3, 2),
  ageWorth: perType(0, 3, 12),
  aheadDiscount: perType(0, 0.75),
  inOrder: fc.constantFrom(0, 1),
  joinAge: fc.constantFrom(0, 0.3),
  missWorth: fc.constantFrom(0, 3, 20),
  mostAhead: fc.constantFrom(0.3, 0.7, 2, 1e9),
  lateShare: fc.constantFrom(0.0005, 0.001, 0.3),
  lightLoad: fc.constantFrom(-1, -1, 0.6),
})

type Fleet = typeof fleets extends fc.Arbitrary<infer T> ? T : never

/** An instance: busy for so many eighths of a ms, which have passed if that is below 0; idle at 0. */
const instance = fc.record({
  type: fc.nat(2),
  left: fc.constantFrom(0, 0, 0, -9, 1, 8, 16, 40, 60, 130),
  slowdown: fc.constantFrom(1, 1, 1, 1.5, 0.5),
})

const load = fc.record({
  instances: fc.array(instance, { minLength: 1, maxLength: 9 }),
  queries: fc.array(
    fc.record({ bin: fc.nat(3), age: fc.oneof(fc.nat(160), fc.nat(24), fc.integer({ min: 120, max: 400 })) }),
    { minLength: 1, maxLength: 24 },
  ),
})

const eighths = (values: readonly number[]) => Float64Array.from(values, (value) => value / 8)

function tablesOf({ types, bins, ...drawn }: Fleet) {
  const cells = Array.from({ length: types * bins }, (_, cell) => cell)
  const means: number[] = []
  for (const cell of cells) {
    means.push(cell % bins === 0 ? drawn.first[cell / bins] : means[cell - 1] + drawn.growths[cell])
  }
  return {
    meanMs: eighths(means),
    guardMs: eighths(cells.map((cell) => means[cell] + drawn.margins[cell])),
    looseGuardMs: eighths(cells.map((cell) => Math.max(1, means[cell] + drawn.looseMargins[cell]))),
    ofCells: (values: readonly number[]) => Float64Array.from(values.slice(0, types * bins)),
    ofTypes: (values: readonly number[]) => Float64Array.from(values.slice(0, types)),
    ofBins: (values: readonly number[]) => Float64Array.from(values.slice(0, bins)),
  }
}

function pricedOf(fleet: Fleet): PricedRule {
  const { meanMs, guardMs, looseGuardMs, ofCells, ofTypes } = tablesOf(fleet)
  return {
    ...({ kind: 'priced', qosMs: QOS, looseCost: 100, missCost: 200, lightGapMs: 0 } as const),
    ...{ weight: ofTypes(fleet.weight), reducedCost: ofCells(fleet.reducedCosts) },
    ...{ guardMs, looseGuardMs, typicalMs: meanMs, longestLateMs: ofCells(fleet.longestLate) },
    lightLoad: fleet.lightLoad,
  }
}

function batchedOf(fleet: Fleet): BatchedRule {
  const { meanMs, guardMs, ofCells, ofTypes, ofBins } = tablesOf(fleet)
  const { types, bins, inOrder, joinAge, missWorth, mostAhead, lateShare, lightLoad } = fleet
  const weight = ofTypes(fleet.weight)
  return batchedRule({
    ...{ qosMs: QOS, unit: 10, inOrder, joinAge, missWorth, mostAhead, lateShare, lightLoad, weight },
    ...{ batchSize: ofBins(SIZES), largest: ofTypes(fleet.largest) },
    fullCost: weight.map((cost, type) => (type < types ? cost * meanMs[(type + 1) * bins - 1] : 0)),
    ...{ isFast: ofTypes(fleet.fast), stagger: ofTypes(fleet.stagger), ageWorth: ofTypes(fleet.ageWorth) },
    ...{ aheadDiscount: ofTypes(fleet.aheadDiscount), timeFactor: weight.map(() => 1.1) },
    ...{ worth: ofBins(fleet.worth), queryCost: ofBins(fleet.costs), aloneMs: ofBins(fleet.alone) },
    ...{ guardMs, isCheap: ofCells(fleet.cheap), longestLateMs: ofCells(fleet.longestLate) },
  })
}

const RULES: [string, (fleet: Fleet) => DispatchRule][] = [
  ['priced', pricedOf],
  ['batched', batchedOf],
]

describe.each(wasmBackends)('a loaded fleet, %s against the fallback', (_, kernel) => {
  it.each(RULES)('starts the same by %s, now and when instances become idle', (_rule, ruleOf) => {
    fc.assert(
      fc.property(fleets, load, (fleet, { instances, queries }) => {
        const setup: DispatcherSetup = {
          ...{ types: fleet.types, bins: fleet.bins, meanMs: tablesOf(fleet).meanMs, rule: ruleOf(fleet) },
          ...{ instanceType: Int32Array.from(instances, ({ type }) => type % fleet.types) },
          learns: 'instances',
        }
        const both = [kernel, fallback].map((one) => one.createDispatcher(setup))
        for (const dispatcher of both) {
          for (const [i, { left, slowdown }] of instances.entries()) {
            dispatcher.setSlowdown(i, slowdown, NOW - 20)
            if (left !== 0) dispatcher.hold(i, NOW - 20, NOW + left / 8)
          }
          for (const [query, { bin, age }] of queries.entries())
            dispatcher.arrive(query, bin % fleet.bins, NOW - age / 8)
        }
        for (let step = 0; step < 4; step++) {
          const now = NOW + 2 * step
          const [ours, theirs] = both.map((dispatcher) => starts(dispatcher, now))
          expect(ours).toEqual(theirs)
          for (const dispatcher of both)
            if (dispatcher.stateOf(step) === 'busy') dispatcher.complete(step, now + 1, step > 1)
        }
      }),
      { numRuns: 400 },
    )
  })
})
