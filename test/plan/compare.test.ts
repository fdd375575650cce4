import fc from 'fast-check'
import { expect, test } from 'vitest'
import { horizontalAutoscaler } from '../../src/plan/autoscaler.ts'
import { compareFleets } from '../../src/plan/compare.ts'
import { simulateFleet } from '../../src/plan/fleet-simulation.ts'
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
        for (const run of runs.filter(({ shortShare }) => shortShare === 0)) {
          expect(plan.cost, run.name).toBeLessThanOrEqual(run.cost + 1e-9)
        }
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
    expect(runs.map(({ cost }) => cost)).toEqual([expect.closeTo(plan.cost, 9), plan.cost])
    expect(runs.map(({ starts }) => starts)).toEqual([plan.starts, plan.starts])
  }
})

test('the autoscaler aims at a share of the bound, of which the capacity is a part', async () => {
  const types = [{ name: 'a', min: 0, max: 5, pricePerHour: 1, startDelayS: 0, startFee: 0 }]
  const input = {
    // the bound of an instance is 10 queries a second
    ...{ types, budgetPerHour: 9, capacityQps: Float64Array.of(0, 8.5, 17, 25.5, 34, 42.5), windowS: 3600 },
    rateQps: Float64Array.of(20),
  }
  const options = { forecast: 'last', utilisation: 0.85 } as const
  const { runs } = await compareFleets(wasm, input, { cost: 3, starts: 3 }, options)
  expect(runs.map(({ name }) => name)).toEqual([
    'static',
    ...[0.5, 0.6, 0.7, 0.8].map((target) => `autoscaler at ${target}`),
    ...[10, 20, 30, 40].map((headroom) => `online + ${headroom}%`),
    'optimal',
  ])
  const [, half] = runs
  expect(half.cost).toBeCloseTo(4, 12)
  const [, whole] = (await compareFleets(wasm, input, { cost: 3, starts: 3 }, { ...options, targets: [1] }))
    .runs
  expect(whole.cost).toBeCloseTo(2, 12)
  expect(whole.shortShare).toBe(1)
})

test('in a cycle the rules pay for what they start for its begin', async () => {
  const types = [{ name: 'a', min: 0, max: 2, pricePerHour: 0.6, startDelayS: 600, startFee: 0.05 }]
  const input = {
    ...{ types, budgetPerHour: 9, capacityQps: Float64Array.of(0, 10, 20), windowS: 1200, cyclic: true },
    rateQps: Float64Array.of(15, 5, 5),
  }
  const options = { forecast: 'given', givenQps: input.rateQps, utilisation: 1, targets: [] } as const
  const plan = optimalPlan(wasm, input)
  if (plan.status === 'infeasible') throw new Error('infeasible')
  const { runs } = await compareFleets(wasm, input, plan, { ...options, headrooms: [0] })
  // four of six instance windows at $0.2, and a start at $0.15
  expect(plan).toMatchObject({ cost: expect.closeTo(0.95, 12), starts: 1 })
  expect(runs[1]).toMatchObject({ cost: expect.closeTo(0.95, 12), starts: 1, shortShare: 0 })
})

test('an instance that still starts when a cycle ends is paid for until it serves', async () => {
  const types = [{ name: 'a', min: 0, max: 2, pricePerHour: 0.6, startDelayS: 600, startFee: 0.05 }]
  const input = {
    ...{ types, budgetPerHour: 9, capacityQps: Float64Array.of(0, 10, 20), windowS: 1200, cyclic: true },
    ...{ rateQps: Float64Array.of(15), initial: [2] },
  }
  const decide = ({ timeS }: { timeS: number }) => [timeS < 900 ? 1 : 2]
  const { cost, starts } = await simulateFleet(input, () => 20, { periodS: 900, decide })
  // one instance for 1200 s, the other one for 600 s and its fee
  expect({ cost, starts }).toEqual({ cost: expect.closeTo(0.2 + 0.1 + 0.05, 12), starts: 1 })
})

test('an autoscaler without any rate keeps the least counts, also of a mix that serves none', () => {
  const types = [{ name: 'a', min: 1, max: 3, pricePerHour: 1, startDelayS: 0, startFee: 0 }]
  const input = { types, budgetPerHour: 9, capacityQps: new Float64Array(4), windowS: 600 }
  const { decide } = horizontalAutoscaler({ ...input, rateQps: Float64Array.of(0) }, [1], 0, 0.7)
  const state = { timeS: 0, window: 0, starting: [0], rateQps: 0 }
  expect(decide({ ...state, serving: [2] })).toEqual([1])
})

/** One hour at 10 queries a second, which one instance of either type serves at the same price. */
const twins = {
  types: ['a', 'b'].map((name) => ({
    ...{ name, min: 0, max: 1, pricePerHour: 1, startDelayS: 0 },
    startFee: name === 'a' ? 0.5 : 0.25,
  })),
  ...{ budgetPerHour: 9, capacityQps: Float64Array.of(0, 10, 10, 20), windowS: 3600 },
  rateQps: Float64Array.of(10),
}
const OPTIMAL = { cost: 1.25, starts: 1 }

test('of configurations at the same price the static fleet is the first', async () => {
  const options = { forecast: 'last', utilisation: 1, headrooms: [], targets: [] } as const
  const { runs } = await compareFleets(wasm, twins, OPTIMAL, options)
  expect(runs[0].cost).toBeCloseTo(1.25, 12)
})

test('prices that differ by rounding are the same', async () => {
  const types = [
    { name: 'a', min: 0, max: 1, pricePerHour: 0.3, startDelayS: 0, startFee: 0.5 },
    { name: 'b', min: 0, max: 3, pricePerHour: 0.1, startDelayS: 0, startFee: 0.5 },
  ]
  // one of the first type, or three of the second: 3 * 0.1 is more than 0.3
  const capacityQps = Float64Array.of(0, 0, 0, 10, 10, 10, 10, 20)
  const options = { forecast: 'last', utilisation: 1, headrooms: [], targets: [] } as const
  const { runs } = await compareFleets(wasm, { ...twins, types, capacityQps }, OPTIMAL, options)
  expect(runs[0].starts).toBe(3)
})

test('tells the progress of each run, and ends at a signal', async () => {
  const progress: object[] = []
  const stop = new AbortController()
  const options = {
    ...({ forecast: 'last', utilisation: 1, headrooms: [0.2], targets: [0.7] } as const),
    onProgress: (at: object) => void progress.push(at),
  }
  await compareFleets(wasm, twins, OPTIMAL, { ...options, signal: stop.signal })
  expect(progress).toEqual([1, 2, 3].map((done) => ({ done, total: 3 })))
  const reason = new Error('enough')
  stop.abort(reason)
  await expect(compareFleets(wasm, twins, OPTIMAL, { ...options, signal: stop.signal })).rejects.toBe(reason)
})
