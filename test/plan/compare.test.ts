import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareFleets } from '../../src/plan/compare.ts'
import { optimalPlan } from '../../src/plan/optimal.ts'
import { wasmBackends } from '../kernel/backends.ts'
import { randomPlan } from './random-plan.ts'

const [[, wasm]] = wasmBackends

test.each([false, true])(
  'no fleet that always serves costs less than the optimal plan, cyclic %s',
  async (cyclic) => {
    await fc.assert(
      fc.asyncProperty(randomPlan(cyclic), async (input) => {
        const plan = optimalPlan(wasm, input)
        fc.pre(plan.status === 'optimal')
        const options = { forecast: 'last', utilisation: 1, headrooms: [0.2], targets: [0.7] } as const
        const { runs } = await compareFleets(wasm, input, plan, options)
        const fixed = runs.find(({ name }) => name === 'static')!
        expect(fixed.shortShare).toBe(0)
        expect(plan.cost).toBeLessThanOrEqual(fixed.cost + 1e-9)
        if (cyclic) expect(fixed.starts).toBe(0)
      }),
      { numRuns: 60 },
    )
  },
)

test('a plan that changes nothing costs what the static fleet costs, with its starts', async () => {
  const types = [{ name: 'a', min: 0, max: 2, pricePerHour: 0.6, startDelayS: 600, startFee: 0.05 }]
  const input = {
    ...{ types, budgetPerHour: 9, capacityQps: Float64Array.of(0, 10, 20), windowS: 600 },
    rateQps: Float64Array.of(15, 15, 15),
  }
  for (const initial of [undefined, [1], [2]]) {
    const plan = optimalPlan(wasm, { ...input, initial })
    if (plan.status === 'infeasible') throw new Error('infeasible')
    const options = { forecast: 'last', utilisation: 1, headrooms: [], targets: [] } as const
    const { runs } = await compareFleets(wasm, { ...input, initial }, plan, options)
    expect(runs.map(({ cost }) => cost)).toEqual([expect.closeTo(plan.cost, 12), plan.cost])
    expect(runs.map(({ starts }) => starts)).toEqual([plan.starts, plan.starts])
  }
})
