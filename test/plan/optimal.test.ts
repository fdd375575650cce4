import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countsAt } from '../../src/kernel/lattice.ts'
import type { PlanInput } from '../../src/model/fleet/plan.ts'
import { costOf } from '../../src/model/fleet/space.ts'
import { countRanges, isShort, usableCapacity } from '../../src/plan/lattice.ts'
import { optimalPlan, preparePlan } from '../../src/plan/optimal.ts'
import { backends, wasmBackends } from '../kernel/backends.ts'
import { goldenPlans, inputOf } from './golden-plans.ts'
import { randomPlan } from './random-plan.ts'

const planOf = (plan: ReturnType<typeof optimalPlan>) => {
  if (plan.status === 'infeasible') throw new Error('the plan is infeasible')
  return plan
}

describe.each(backends)('the %s kernel', (name, kernel) => {
  // the fallback keeps a table of the whole lattice for each window
  const cases = goldenPlans.filter(({ rates }) => name !== 'fallback' || rates.length < 100)

  test.each(cases.map((golden) => [golden.name, golden] as const))(
    'plans %s as the independent program',
    (_, golden) => {
      for (const program of ['reduced', 'full'] as const) {
        const plan = optimalPlan(kernel, inputOf(golden), program)
        if (!golden.feasible) {
          expect(plan).toMatchObject({ status: 'infeasible', window: golden.firstInfeasibleWindow })
          continue
        }
        const { cost, starts, windows } = planOf(plan)
        expect(Math.abs(cost - golden.cost)).toBeLessThan(1e-9 * golden.cost)
        expect(starts).toBe(golden.starts)
        if (!golden.cyclic) expect(windows.map(({ counts }) => counts)).toEqual(golden.plan)
      }
    },
  )

  test('finds the least cost, then the fewest starts, then the least counts of all plans', () => {
    fc.assert(
      fc.property(randomPlan(), (input) => {
        const plan = optimalPlan(kernel, input)
        const best = bestOf(bestPaths(input).values())
        if (plan.status === 'infeasible') {
          expect(best).toBeUndefined()
          return
        }
        expect(plan.cost).toBeCloseTo(best!.cost, 9)
        expect(plan.starts).toBe(best!.starts)
        expect(plan.windows.map(({ counts }) => counts)).toEqual(best!.counts)
        for (const { capacityQps, rateQps } of plan.windows)
          expect(capacityQps * (1 + 1e-6)).toBeGreaterThanOrEqual(rateQps)
      }),
      { numRuns: 60 },
    )
  })

  test('finds the first step of a plan by itself', () => {
    fc.assert(
      fc.property(randomPlan(), (random) => {
        const input = { ...random, cyclic: false }
        const planner = preparePlan(kernel, input)
        fc.pre(input.rateQps.every((rate) => rate <= planner.largestQps))
        const steps = planner.solve(input.rateQps, input.initial, 'reduced')
        expect(planner.firstStep(input.rateQps, input.initial!)).toBe(steps[0])
      }),
      { numRuns: 60 },
    )
  })
})

const [[, wasm]] = wasmBackends

test('a plan that keeps checkpoints of its tables is that which keeps them all', () => {
  // of 2,000 windows: 4,202,000 cells where all counts are considered, more than are kept
  const need = Float64Array.from({ length: 2_000 }, (_, w) => 450 + 450 * Math.sin(w / 7) * Math.cos(w * w))
  const planOf = (largest: number) =>
    wasm.optimalPlan({
      maxCounts: Int32Array.of(2_100),
      capacity: Float64Array.from({ length: 2_101 }, (_, n) => n),
      runCost: Float64Array.of(3),
      startCost: Float64Array.of(8),
      need,
      lower: new Int32Array(need.length),
      upper: new Int32Array(need.length).fill(largest),
      billedWindows: need.length,
    })
  const all = planOf(900)
  expect(all.status).toBe('optimal')
  expect(planOf(2_100)).toEqual(all)
})

/** A plan of one window of an hour, whose rate 64 small instances serve, or a large one. */
const choice = (smallPrice: number, largePrice: number, startFee = 0): PlanInput => ({
  types: [
    { name: 'small', min: 0, max: 64, pricePerHour: smallPrice, startDelayS: 0, startFee },
    { name: 'large', min: 0, max: 1, pricePerHour: largePrice, startDelayS: 0, startFee },
  ],
  budgetPerHour: Infinity,
  capacityQps: Float64Array.from({ length: 130 }, (_, n) => Math.floor(n / 2) + 64 * (n % 2)),
  windowS: 3600,
  rateQps: Float64Array.of(64),
  initial: [0, 0],
})

test('the cost decides before the number of starts, to a millionth of a dollar an hour', () => {
  const countsAt = (largePrice: number) =>
    planOf(optimalPlan(wasm, choice(0.01, largePrice))).windows[0].counts
  expect(countsAt(0.640001)).toEqual([64, 0])
  expect(countsAt(0.64)).toEqual([0, 1])
  expect(countsAt(0.639999)).toEqual([0, 1])
})

test('rounding makes no configuration too small, and hides no measured loss by one more instance', () => {
  const input = { ...choice(1, 1), types: [choice(1, 1).types[1]], rateQps: Float64Array.of(10) }
  const usable = (one: number) => usableCapacity({ ...input, capacityQps: Float64Array.of(10, one) })
  expect(usable(10 * (1 - 1e-9)).isMonotone).toBe(true)
  expect(usable(10 * (1 - 1e-4)).isMonotone).toBe(false)
  expect(usable(9).qps[1]).toBeCloseTo(9, 6)
  expect(isShort(10 * (1 - 1e-10), 10)).toBe(false)
  expect(isShort(10 * (1 - 1e-8), 10)).toBe(true)
})

test('refuses costs that are too fine beside their sum', () => {
  expect(() => optimalPlan(wasm, choice(0.01, 1, 1e6 + 1e-6))).toThrow(
    /prices: the costs of a window do not fit 53 bits.*use prices, delays and window lengths with a larger common unit/,
  )
})

test.each([false, true])('the reductions keep the plan, cyclic %s', (cyclic) => {
  fc.assert(
    fc.property(randomPlan(cyclic), (input) => {
      const reduced = optimalPlan(wasm, input, 'reduced')
      const full = optimalPlan(wasm, input, 'full')
      if (!cyclic || full.status === 'infeasible' || reduced.status === 'infeasible') {
        expect(reduced).toEqual(full)
        return
      }
      expect(reduced.starts).toBe(full.starts)
      expect(reduced.cost).toBeCloseTo(full.cost, 9)
    }),
    { numRuns: 500 },
  )
})

test('a cycle has the least cost of all plans that end as they began, then the fewest starts', () => {
  fc.assert(
    fc.property(randomPlan(true), (input) => {
      const cycle = optimalPlan(wasm, input)
      fc.pre(cycle.status === 'optimal')
      const ranges = countRanges(input.types)
      const closed = Array.from(input.capacityQps.keys()).flatMap((n) => {
        const path = bestPaths({ ...input, initial: countsAt(ranges, n) }).get(n)
        return path ? [path] : []
      })
      const best = bestOf(closed)!
      const { cost, starts } = planOf(cycle)
      expect(cost).toBeCloseTo(best.cost, 9)
      expect(starts).toBe(best.starts)
    }),
    { numRuns: 60 },
  )
})

test('a cycle pays for its first window once', () => {
  // paid twice, the large instance all the time would look cheaper than two small ones and then one: $5.70 to $5.75
  const plan = planOf(
    optimalPlan(wasm, {
      types: [
        { name: 'small', min: 0, max: 2, pricePerHour: 1, startDelayS: 0, startFee: 0.75 },
        { name: 'large', min: 0, max: 1, pricePerHour: 1.9, startDelayS: 0, startFee: 5 },
      ],
      ...{ budgetPerHour: Infinity, capacityQps: Float64Array.of(0, 10, 5, 15, 10, 20), windowS: 3600 },
      ...{ rateQps: Float64Array.of(10, 5), cyclic: true },
    }),
  )
  expect(plan.windows.map(({ counts }) => counts)).toEqual([
    [2, 0],
    [1, 0],
  ])
  expect(plan.cost).toBeCloseTo(3.75, 12)
})

interface Path {
  readonly cost: number
  readonly starts: number
  readonly counts: readonly (readonly number[])[]
}

/**
 * The best path to each configuration of the last window, by a forward recursion over all pairs of configurations, in
 * dollars. The kernels go backwards, by transforms along the axes, in whole costs. Which counts are feasible is taken
 * from the code under test.
 */
function bestPaths(input: PlanInput): Map<number, Path> {
  const { types, rateQps, windowS } = input
  const ranges = countRanges(types)
  const { qps: capacity } = usableCapacity(input)
  let paths = new Map<number, Path>([[-1, { cost: 0, starts: 0, counts: [] }]])
  rateQps.forEach((rate) => {
    const next = new Map<number, Path>()
    for (let n = 0; n < capacity.length; n++) {
      if (!(capacity[n] >= rate && capacity[n] >= 0)) continue
      const counts = countsAt(ranges, n)
      for (const path of paths.values()) {
        const before = path.counts.at(-1) ?? input.initial!
        let cost = path.cost + (costOf(input, counts) * windowS) / 3600
        let starts = path.starts
        counts.forEach((count, t) => {
          const more = Math.max(0, count - before[t])
          cost += more * ((types[t].pricePerHour * types[t].startDelayS) / 3600 + types[t].startFee)
          starts += more
        })
        const found = { cost, starts, counts: [...path.counts, counts] }
        const known = next.get(n)
        if (!known || isBetter(found, known)) next.set(n, found)
      }
    }
    paths = next
  })
  return paths
}

function bestOf(paths: Iterable<Path>): Path | undefined {
  return [...paths].reduce<Path | undefined>(
    (best, path) => (best && isBetter(best, path) ? best : path),
    undefined,
  )
}

function isBetter(a: Path, b: Path): boolean {
  if (Math.abs(a.cost - b.cost) > 1e-10) return a.cost < b.cost
  if (a.starts !== b.starts) return a.starts < b.starts
  const flat = (path: Path) => path.counts.flat()
  const i = flat(a).findIndex((count, at) => count !== flat(b)[at])
  return i >= 0 && flat(a)[i] < flat(b)[i]
}

test('of the configurations within the budget that serve most, an infeasible plan names the first', () => {
  const input = (min: number) => ({
    types: [{ name: 'a', min, max: 3, pricePerHour: 1, startDelayS: 0, startFee: 0 }],
    budgetPerHour: 2.5,
    capacityQps: Float64Array.of(0, 20, 20, 30),
    windowS: 600,
    rateQps: Float64Array.of(5, 25),
  })
  const infeasible = { status: 'infeasible', window: 1, rateQps: 25, peakQps: 25, largestQps: 30 }
  expect(optimalPlan(wasm, input(0))).toEqual({
    ...infeasible,
    ...{ largestWithinBudgetQps: 20, largestWithinBudget: [1], budgetPerHour: 3 },
  })
  // not even the smallest counts
  expect(optimalPlan(wasm, input(3))).toEqual({
    ...{ ...infeasible, window: 0, rateQps: 5 },
    ...{ largestWithinBudgetQps: 0, largestWithinBudget: [0], budgetPerHour: 3 },
  })
})
