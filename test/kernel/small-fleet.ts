import fc from 'fast-check'
import type { DispatcherSetup, DispatchRule } from '../../src/kernel/dispatch-contract.ts'

/** Fleets of up to three types and four bins, with few distinct times: ties and penalties are frequent. */
export const smallFleet = (instances: { min: number; max: number }): fc.Arbitrary<DispatcherSetup> =>
  fc
    .record({
      types: fc.integer({ min: 1, max: 3 }),
      bins: fc.integer({ min: 1, max: 4 }),
      times: fc.array(fc.constantFrom(1, 2, 3.3, 5, 8, 13.7, 40), { minLength: 12, maxLength: 12 }),
      guards: fc.array(fc.constantFrom(1, 2.5, 6, 15, 50), { minLength: 12, maxLength: 12 }),
      coefficient: fc.array(fc.constantFrom(1, 0.5, 0.3, 0.1), { minLength: 3, maxLength: 3 }),
      instances: fc.array(fc.nat(), { minLength: instances.min, maxLength: instances.max }),
      latePenalty: fc.constantFrom(0, 400),
      fcfs: fc.boolean(),
    })
    .map(({ types, bins, times, guards, coefficient, instances, latePenalty, fcfs }) => {
      const matching: DispatchRule = {
        kind: 'matching',
        coefficient: Float64Array.from(coefficient.slice(0, types)),
        guardMs: Float64Array.from(guards.slice(0, types * bins)),
        qosMs: 20,
        marginMs: 0.4,
        missCost: 200,
        nearCost: 100,
        latePenalty,
      }
      return {
        types,
        bins,
        meanMs: Float64Array.from(times.slice(0, types * bins)),
        instanceType: Int32Array.from(instances, (instance) => instance % types),
        rule: fcfs ? { kind: 'fcfs' } : matching,
      }
    })
