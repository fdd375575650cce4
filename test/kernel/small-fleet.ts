import fc from 'fast-check'
import type { DispatcherSetup } from '../../src/kernel/dispatch-contract.ts'
import type { DispatchRule } from '../../src/kernel/rules.ts'

const cells = (...values: number[]) => fc.array(fc.constantFrom(...values), { minLength: 12, maxLength: 12 })

/** Fleets of up to three types and four bins, with few distinct times: ties and penalties are frequent. */
export const smallFleet = (instances: { min: number; max: number }): fc.Arbitrary<DispatcherSetup> =>
  fc
    .record({
      types: fc.integer({ min: 1, max: 3 }),
      bins: fc.integer({ min: 1, max: 4 }),
      times: cells(1, 2, 3.3, 5, 8, 13.7, 40),
      guards: cells(1, 2.5, 6, 15, 50),
      looseGuards: cells(1, 2, 4, 18),
      longestLate: cells(1, 6, 20, 50, 50, Infinity),
      typicals: cells(1, 2.2, 5, 12, 40),
      // the last one is more than a miss costs
      reducedCosts: cells(0, 0, 0.5, 3, 7.1, 0.5, 3, 250),
      coefficient: fc.array(fc.constantFrom(1, 0.5, 0.3, 0.1), { minLength: 3, maxLength: 3 }),
      instances: fc.array(fc.nat(), { minLength: instances.min, maxLength: instances.max }),
      groups: fc.array(fc.constantFrom(0, 1), { minLength: 4, maxLength: 4 }),
      learns: fc.constantFrom('types', 'types', 'instances', 'nothing'),
      seed: fc.constantFrom(0, 1, 2 ** 32 - 1),
      kind: fc.constantFrom(
        'fcfs',
        'matching',
        'matching',
        'priced',
        'priced',
        'flow',
        'flow',
        'deadline',
        'soonest',
        'two',
        'partition',
        'oldest',
        'urgent',
        'batched',
        'batched',
      ),
      largest: fc.array(fc.constantFrom(0, 4, 9, 20), { minLength: 3, maxLength: 3 }),
      unit: fc.constantFrom(1, 0.7, 3),
      fastType: fc.constantFrom(-1, 0, 1),
      lightLoad: fc.constantFrom(-1, 0.3, 0.6, 1),
      lightGapMs: fc.constantFrom(0, 0, 0.05, 0.3),
      lateShare: fc.constantFrom(0, 0.0003, 0.0006, 0.3),
      inOrder: fc.constantFrom(0, 1),
      joinAge: fc.constantFrom(0, 0, 0.3),
      missWorth: fc.constantFrom(0, 3),
      cheap: cells(0, 1, 1),
      stagger: fc.constantFrom(0, 0.03, 0.4),
    })
    .map(({ types, bins, kind, ...drawn }) => {
      const perCell = (values: readonly number[]) => Float64Array.from(values.slice(0, types * bins))
      const instanceType = Int32Array.from(drawn.instances, (instance) => instance % types)
      const coefficient = Float64Array.from(drawn.coefficient.slice(0, types))
      const guardMs = perCell(drawn.guards)
      const perBin = (values: readonly number[]) => Float64Array.from(values.slice(0, bins))
      const sizes = {
        batchSize: perBin([1, 2.5, 4, 9]),
        largest: Float64Array.from(drawn.largest.slice(0, types)),
      }
      // some instance may serve each query, so that none waits for ever
      const least = (bin: number) => Math.min(...Array.from(instanceType, (t) => drawn.times[t * bins + bin]))
      const longestLateMs = perCell(drawn.longestLate).map((ms, cell) => Math.max(ms, least(cell % bins)))
      const costs = { qosMs: 20, missCost: 200 }
      const rules: Record<typeof kind, DispatchRule> = {
        fcfs: { kind: 'fcfs' },
        matching: {
          ...{ kind: 'matching', coefficient, guardMs, ...costs },
          ...{ nearCost: 100, marginMs: 0.4 },
        },
        priced: {
          ...{ kind: 'priced', weight: coefficient, reducedCost: perCell(drawn.reducedCosts), ...costs },
          looseCost: 100,
          longestLateMs,
          ...{ guardMs, looseGuardMs: perCell(drawn.looseGuards), typicalMs: perCell(drawn.typicals) },
          lightLoad: drawn.lightLoad,
          lightGapMs: drawn.lightGapMs,
        },
        flow: {
          ...{ kind: 'flow', weight: coefficient, reducedCost: perCell(drawn.reducedCosts), qosMs: 20 },
          lateShare: drawn.lateShare,
          ...{ guardMs, looseGuardMs: perCell(drawn.looseGuards), typicalMs: perCell(drawn.typicals) },
          lightLoad: drawn.lightLoad,
          lightGapMs: drawn.lightGapMs,
        },
        deadline: { kind: 'deadline', qosMs: 20 },
        oldest: { kind: 'oldest', ...sizes },
        urgent: { kind: 'urgent', qosMs: 20, ...sizes },
        batched: {
          ...{
            kind: 'batched',
            qosMs: 20,
            ...sizes,
            unit: drawn.unit,
            lateShare: drawn.lateShare,
            mostAhead: 0.7,
            lightLoad: drawn.lightLoad,
            lightGapMs: drawn.lightGapMs,
            inOrder: drawn.inOrder,
            joinAge: drawn.joinAge,
            missWorth: drawn.missWorth,
          },
          ...{ weight: coefficient, fullCost: coefficient.map((weight) => 40 * weight) },
          isFast: Float64Array.from({ length: types }, (_, t) => (t === drawn.fastType ? 1 : 0)),
          timeFactor: Float64Array.from({ length: types }, (_, t) => (t === 0 ? 1.1 : 1.3)),
          aheadDiscount: Float64Array.from({ length: types }, (_, t) => (t === 0 ? 0 : 0.7)),
          ageScale: Float64Array.from({ length: types }, (_, t) => (t === 0 ? 0.9 : 1)),
          ageWorth: Float64Array.from({ length: types }, (_, t) => (t === 0 ? 5 : 2.5)),
          stagger: Float64Array.from({ length: types }, () => drawn.stagger),
          ...{ queryCost: perBin(drawn.typicals), worth: perBin(drawn.typicals) },
          longestLateMs,
          ...{ aloneMs: perBin(drawn.looseGuards), isCheap: perCell(drawn.cheap), guardMs },
        },
        soonest: { kind: 'completion', drawn: 0, seed: 0 },
        two: { kind: 'completion', drawn: 2, seed: drawn.seed },
        partition: {
          kind: 'partition',
          // the first type serves one group, the others another, and no query is left without
          groupOfType: Float64Array.from({ length: types }, (_, t) => (t === 0 ? 0 : 1)),
          groupOfBin: Float64Array.from({ length: bins }, (_, k) =>
            new Set(instanceType).size === types && types > 1
              ? drawn.groups[k]
              : Math.min(instanceType[0] ?? 0, 1),
          ),
        },
      }
      return {
        types,
        bins,
        meanMs: perCell(drawn.times),
        instanceType,
        rule: rules[kind],
        learns: drawn.learns,
      }
    })
