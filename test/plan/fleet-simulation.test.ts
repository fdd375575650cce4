import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { numberOf } from '../../src/kernel/lattice.ts'
import type { PlanInput } from '../../src/model/fleet/plan.ts'
import type { Counts } from '../../src/model/fleet/space.ts'
import { horizontalAutoscaler } from '../../src/plan/autoscaler.ts'
import { type Controller, simulateFleet } from '../../src/plan/fleet-simulation.ts'
import { forecaster } from '../../src/plan/forecast.ts'
import { countRanges } from '../../src/plan/lattice.ts'
import { onlineController, onlineRule } from '../../src/plan/online.ts'
import { optimalPlan } from '../../src/plan/optimal.ts'
import { wasmBackends } from '../kernel/backends.ts'
import { randomPlan } from './random-plan.ts'

const [[, wasm]] = wasmBackends

/** One type of $1 an hour that serves 10 queries a second, after 100 s. */
const one = (rates: number[], startDelayS = 100): PlanInput => ({
  types: [{ name: 'a', min: 0, max: 5, pricePerHour: 1, startDelayS, startFee: 0.5 }],
  budgetPerHour: 5,
  capacityQps: Float64Array.from([0, 10, 20, 30, 40, 50]),
  windowS: 600,
  rateQps: Float64Array.from(rates),
  initial: [1],
})

const capacityOf = (counts: Counts) => counts.reduce((sum, count) => sum + 10 * count, 0)

/** A run, and the counts that served at the end of each window. The controller decides in each window. */
async function runOf(input: PlanInput, { periodS, decide }: Controller) {
  const serving: Counts[] = []
  let now = 0
  const noted = (counts: Counts) => {
    serving[now] = counts
    return capacityOf(counts)
  }
  const run = await simulateFleet(input, noted, {
    periodS,
    decide(state) {
      now = state.window
      return decide(state)
    },
  })
  return { ...run, serving }
}

describe('a simulated fleet', () => {
  test('is short until what it starts is ready, and pays from the start on', async () => {
    const wanted = [[2], [1]]
    const run = await runOf(one([20, 10]), { periodS: 600, decide: ({ window }) => wanted[window] })
    expect(run.starts).toBe(1)
    expect(run.shortShare).toBeCloseTo(100 / 1200, 12)
    expect(run.cost).toBeCloseTo(0.5 + (2 * 600 + 1 * 600) / 3600, 12)
    expect(run.serving).toEqual([[2], [1]])
  })

  test('decides nothing at its end, which rounding puts behind the last period', async () => {
    // 225 windows of 2.2 s end at 495.00000000000006 s
    const input = { ...one(new Array<number>(225).fill(10)), windowS: 2.2 }
    let decisions = 0
    await runOf(input, { periodS: 15, decide: () => [++decisions % 2] })
    expect(decisions).toBe(33)
  })

  test('is not short without instances while nothing is asked', async () => {
    const run = await runOf({ ...one([0, 10]), initial: [0] }, { periodS: 600, decide: () => [0] })
    expect(run).toMatchObject({ shortShare: 0.5, cost: 0 })
  })

  test('keeps an instance until its replacement of another type is ready', async () => {
    const input: PlanInput = {
      ...one([10]),
      types: ['a', 'b'].map((name) => ({
        name,
        min: 0,
        max: 1,
        pricePerHour: 1,
        startDelayS: 100,
        startFee: 0,
      })),
      capacityQps: Float64Array.of(0, 10, 10, 20),
      initial: [1, 0],
    }
    const run = await runOf(input, { periodS: 600, decide: () => [0, 1] })
    expect(run.shortShare).toBe(0)
    expect(run.cost).toBeCloseTo((600 + 100) / 3600, 12)
    expect(run.serving).toEqual([[0, 1]])
  })

  test('stops what one decision after another no longer wants, and keeps what is wanted again', async () => {
    const types = ['a', 'b'].map((name) => ({ ...one([]).types[0], name, max: 2, startFee: 0 }))
    const input = { ...one([20]), types, capacityQps: new Float64Array(9), initial: [2, 0] }
    const decided = async (...wanted: Counts[]) =>
      runOf(input, { periodS: 30, decide: ({ timeS }) => wanted[timeS / 30] ?? wanted[wanted.length - 1] })
    // both serve until the other type does
    const stopped = await decided([1, 1], [0, 1])
    expect(stopped.shortShare).toBeCloseTo(500 / 600, 12)
    expect(stopped.cost).toBeCloseTo((2 * 100 + 600) / 3600, 12)
    const kept = await decided([1, 1], [2, 1])
    expect(kept.starts).toBe(1)
    expect(kept.cost).toBeCloseTo((3 * 600) / 3600, 12)
    const oneKept = await decided([0, 1], [1, 1])
    expect(oneKept.starts).toBe(1)
    expect(oneKept.cost).toBeCloseTo((100 + 2 * 600) / 3600, 12)
  })

  test('gives up the instance that was started last, of those that do not serve yet', async () => {
    // a second starts at 0 s and a third at 60 s, of which one is wanted from 90 s on
    const wanted = [[2], [2], [3], [2], [2], [2], [2]]
    const { starts, shortShare, cost } = await runOf(one([20]), {
      periodS: 30,
      decide: ({ timeS }) => wanted[timeS / 30] ?? [2],
    })
    expect(starts).toBe(2)
    expect(shortShare).toBeCloseTo(100 / 600, 12)
    expect(cost).toBeCloseTo(2 * 0.5 + (2 * 600 + 30) / 3600, 12)
  })

  test('ends with the reason of its signal in the middle of a run', async () => {
    const windows = 1e6
    const controller = new AbortController()
    const reason = new Error('stopped by the user')
    let decisions = 0
    const decide = () => {
      if (++decisions === 10) setTimeout(() => controller.abort(reason))
      return [1]
    }
    const input = { ...one([]), rateQps: new Float64Array(windows) }
    const run = simulateFleet(input, capacityOf, { periodS: 600, decide }, controller.signal)
    await expect(run).rejects.toBe(reason)
    expect(decisions).toBeLessThan(windows)
  })

  test('costs what the optimal plan costs under its own counts, and is never short without delays', async () => {
    await fc.assert(
      fc.asyncProperty(randomPlan(), async (random) => {
        const input = { ...random, types: random.types.map((type) => ({ ...type, startDelayS: 0 })) }
        const plan = optimalPlan(wasm, input)
        fc.pre(plan.status === 'optimal')
        const ranges = countRanges(input.types)
        const capacity = (counts: readonly number[]) => input.capacityQps[numberOf(ranges, counts)]
        const decide = ({ window }: { window: number }) => plan.windows[window].counts
        const run = await simulateFleet(input, capacity, { periodS: input.windowS, decide })
        expect(run.cost).toBeCloseTo(plan.cost, 9)
        expect(run.starts).toBe(plan.starts)
        expect(run.shortShare).toBe(0)
      }),
      { numRuns: 100 },
    )
  })
})

test('an instance that is ready at a decision, but for rounding, serves in it', async () => {
  const serving: Counts[] = []
  // 3 x 0.7 is 2.0999999999999996
  const input = { ...one([10, 10, 10, 10], 2.1), windowS: 0.7, initial: [0] }
  await simulateFleet(input, capacityOf, {
    periodS: 0.7,
    decide(state) {
      serving.push(state.serving)
      return [1]
    },
  })
  expect(serving).toEqual([[0], [0], [0], [1]])
})

describe('the Kubernetes autoscaler', () => {
  const input = one([10, 30, 30, 10, 10])
  const run = (targetUtilisation: number) =>
    runOf(input, horizontalAutoscaler(input, [1], 10, targetUtilisation))

  test('starts ceil(rate / target) replicas', async () => {
    expect((await run(0.75)).serving[1]).toEqual([4])
    expect((await run(1)).serving[1]).toEqual([3])
  })

  test('stops replicas only after the stabilisation window', () => {
    const controller = horizontalAutoscaler(input, [1], 10, 1)
    const at = (timeS: number, rateQps: number, serving: number) =>
      controller.decide({ timeS, window: 0, serving: [serving], starting: [0], rateQps })[0]
    expect(at(0, 30, 3)).toBe(3)
    expect(at(15, 10, 3)).toBe(3)
    expect(at(300, 10, 3)).toBe(3)
    expect(at(315, 10, 3)).toBe(1)
  })

  test('starts no replica that it wanted a while ago, and wants no more', () => {
    const controller = horizontalAutoscaler(input, [1], 10, 1)
    const at = (timeS: number, rateQps: number) =>
      controller.decide({ timeS, window: 0, serving: [3], starting: [0], rateQps })
    expect(at(0, 50)).toEqual([5])
    expect(at(15, 10)).toEqual([3])
  })

  test('keeps the proportions of a mix, and the smallest counts', () => {
    const types = [0, 3, 1].map((min, t) => ({ ...input.types[0], name: `type-${t}`, min, max: 9 }))
    // 30 queries a second for every two of the first type and one of the second
    const controller = horizontalAutoscaler({ ...input, types }, [2, 1, 0], 30, 1)
    const at = (rateQps: number) =>
      controller.decide({ timeS: 0, window: 0, serving: [0, 0, 0], starting: [0, 0, 0], rateQps })
    expect(at(120)).toEqual([8, 4, 1])
    expect(at(60)).toEqual([4, 3, 1])
  })

  test('decides every 15 seconds, and keeps one replica of each type of the mix without requests', () => {
    const types = ['a', 'b'].map((name) => ({ ...input.types[0], name }))
    const { periodS, decide } = horizontalAutoscaler({ ...input, types }, [1, 0], 10, 1)
    expect(periodS).toBe(15)
    const idle = { timeS: 0, window: 0, serving: [2, 0], starting: [0, 0], rateQps: 0 }
    expect(decide(idle)).toEqual([1, 0])
  })

  test('changes nothing within the tolerance', () => {
    const controller = horizontalAutoscaler(input, [1], 10, 1)
    const decide = (rateQps: number) =>
      controller.decide({ timeS: 0, window: 0, serving: [3], starting: [0], rateQps })
    expect(decide(32)).toEqual([3])
    expect(decide(34)).toEqual([4])
  })

  test('starts what the rate needs where none runs, also within the tolerance', () => {
    const { decide } = horizontalAutoscaler(input, [1], 10, 1)
    expect(decide({ timeS: 0, window: 0, serving: [0], starting: [0], rateQps: 10.5 })).toEqual([2])
  })

  test('wants no more than the largest count, whatever the rate', () => {
    const { decide } = horizontalAutoscaler(input, [1], 10, 1)
    expect(decide({ timeS: 0, window: 0, serving: [1], starting: [0], rateQps: 100 })).toEqual([5])
  })

  test('counts what it has started', () => {
    const { decide } = horizontalAutoscaler(input, [1], 10, 1)
    expect(decide({ timeS: 0, window: 0, serving: [1], starting: [1], rateQps: 21 })).toEqual([2])
  })
})

test('the online rule keeps the headroom over the recent maximum', async () => {
  // three windows are an hour
  const input = { ...one([10, 30, 10, 10, 10, 10, 10, 10, 10], 0), windowS: 1200 }
  const options = { forecast: 'recent-maximum', headroom: 0.2 } as const
  const { serving } = await runOf(input, onlineController(wasm, input, options))
  expect(serving.map(([count]) => count)).toEqual([2, 4, 4, 4, 4, 2, 2, 2, 2])
})

test('the online rule forecasts until every type that starts now serves', () => {
  const [a] = one([]).types
  const types = [a, { ...a, name: 'b', startDelayS: 900 }]
  const input = { ...one([0]), types, capacityQps: new Float64Array(36).fill(50), initial: undefined }
  const rates = Float64Array.of(10, 20, 30, 40)
  const forecast = forecaster(rates, 600, { forecast: 'given', givenQps: rates })
  // 900 s end in the window after the next one
  expect(onlineRule(wasm, input, { headroom: 0 })(forecast, 0, [0, 0]).forecastQps).toBe(30)
})

test('the online rule plans from what runs, also over the rates of a cycle', () => {
  const rates = new Float64Array(18).fill(10).fill(30, 1, 2)
  // a start costs more than a window, and less than two
  const types = [{ ...one([]).types[0], startDelayS: 0, startFee: 0.25 }]
  const options = { forecast: 'given', givenQps: rates, headroom: 0 } as const
  for (const cyclic of [false, true]) {
    const { decide } = onlineController(wasm, { ...one([...rates]), types, cyclic }, options)
    const state = { timeS: 0, window: 0, serving: [3], starting: [0], rateQps: 10 }
    expect(decide(state)).toEqual([3])
  }
})

test('the online rule counts what it has started', () => {
  const rates = Float64Array.of(0, 10)
  const input = { ...one([0, 10], 0), types: [{ ...one([]).types[0], startDelayS: 0, startFee: 9 }] }
  const { decide } = onlineController(wasm, input, { forecast: 'given', givenQps: rates, headroom: 0 })
  const decided = (starting: number) =>
    decide({ timeS: 0, window: 0, serving: [0], starting: [starting], rateQps: 0 })
  expect([0, 1].map(decided)).toEqual([[0], [1]])
})
