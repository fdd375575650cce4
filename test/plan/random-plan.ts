import fc from 'fast-check'
import type { PlanInput } from '../../src/model/fleet/plan.ts'

/**
 * Small plans with coarse prices (ties) and delays around the window length, some of which need an instance of a type.
 * Capacities grow with the counts; where throughputs are measured, every fifth configuration has less than that.
 */
export const randomPlan = (cyclic = false): fc.Arbitrary<PlanInput> =>
  fc
    .record({
      max: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
      windowS: fc.constantFrom(300, 600, 3600),
      windows: fc.integer({ min: 1, max: 7 }),
      seed: fc.infiniteStream(fc.integer({ min: 0, max: 999 })),
      withBudget: fc.boolean(),
      isMeasured: fc.boolean(),
    })
    .map(({ max, windowS, windows, seed, withBudget, isMeasured }) => {
      const next = (below: number) => seed.next().value % below
      const types = max.map((count, t) => ({
        name: `type-${t}`,
        min: next(4) === 0 ? 1 : 0,
        max: count,
        pricePerHour: (1 + next(5)) / 10,
        startDelayS: 60 * next(30),
        startFee: next(4) / 100,
      }))
      const gain = types.map(() => 10 + next(40))
      const configurations = max.reduce((size, count) => size * (count + 1), 1)
      const capacityQps = Float64Array.from({ length: configurations }, (_, n) => {
        let rest = n
        let qps = 0
        for (let t = types.length - 1; t >= 0; t--) {
          qps += (rest % (max[t] + 1)) * gain[t]
          rest = Math.floor(rest / (max[t] + 1))
        }
        return isMeasured && next(5) === 0 ? qps * 0.6 : qps
      })
      const most = capacityQps[configurations - 1]
      return {
        types,
        budgetPerHour: withBudget
          ? 0.3 * types.reduce((sum, t) => sum + t.max * t.pricePerHour, 0) + 0.5
          : Infinity,
        capacityQps,
        windowS,
        rateQps: Float64Array.from({ length: windows }, () => (most * next(100)) / 160),
        initial: cyclic ? undefined : types.map(({ max: count }) => next(count + 1)),
        cyclic,
      }
    })
