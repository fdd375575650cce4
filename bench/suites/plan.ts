/** Plans over time: the exact program, a replanning, the online rule beside the autoscaler, and a replay of a day. */
import { fileURLToPath } from 'node:url'
import { generateTrace, readRates, readSpace, readWorkload, replayPlan } from '../../src/index.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import type { PlanInput } from '../../src/model/fleet/plan.ts'
import { compareFleets } from '../../src/plan/compare.ts'
import { optimalPlan, preparePlan } from '../../src/plan/optimal.ts'
import { planInputOf } from '../../src/plan/plan-fleet.ts'
import { type Figure, grid, type SuiteResult, sideBySide, timeAll } from '../measure.ts'
import { printSavings } from './plan/savings.ts'

const CURVE = fileURLToPath(new URL('../../test/fixtures/plan/m-large.csv', import.meta.url))

const UTILISATION = 0.85
const HEADROOMS = [0.15, 0.2, 0.25, 0.3, 0.35, 0.4]
const TARGETS = [0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8]

/** Below this share of time short, fleets are compared by their cost. */
const SHORT = 0.01

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const kernel = loadKernel()
  const input = await curveOf('rm2')
  const planner = preparePlan(kernel, input)
  const replanned = input.rateQps.slice(700, 718)
  const initial = [1, 0, 8, 0]
  const [reduced, full, again] = await timeAll([
    { name: '2,016 windows x 12,096 configurations', run: () => optimalPlan(kernel, input) },
    { name: 'the same without the reductions', run: () => optimalPlan(kernel, input, 'full') },
    { name: 'a replanning of 18 windows', run: () => planner.firstStep(replanned, initial) },
  ])
  print(sideBySide('optimal plans, rm2, 14 days', [again, reduced, full]))
  const figures: Figure[] = [
    {
      what: 'plan of 2,016 windows x 12,096 configurations',
      value: reduced.medianMs,
      unit: 'ms',
      goal: { atMost: 250 },
    },
    { what: 'replanning of 18 windows', value: again.medianMs, unit: 'ms', goal: { atMost: 2 } },
  ]
  for (const model of ['rm2', 'dien']) figures.push(await onlineAgainstAutoscaler(model, print))
  for (const model of ['rm2', 'dien']) printSavings(model, await curveOf(model), print)
  figures.push(await replayedDay(print))
  return {
    suite: 'plan',
    timings: [reduced, full, again].map((timing) => ({ ...timing, group: 'plan' })),
    figures,
  }
}

/** The curve, scaled so that its peak is what the best configuration within the budget may be asked for. */
async function curveOf(model: string): Promise<PlanInput> {
  const [workload, space, curve] = await Promise.all([
    readWorkload(model),
    readSpace('hpdc23'),
    readRates(CURVE),
  ])
  const startDelayS = Object.fromEntries(space.types.map(({ name }) => [name, 480]))
  const request = { workload, space, windowS: curve.windowS!, utilisation: UTILISATION, startDelayS }
  const any = planInputOf({ ...request, rateQps: curve.rateQps })
  const { largestQps } = preparePlan(loadKernel(), any)
  const peak = curve.rateQps.reduce((most, rate) => Math.max(most, rate), 0)
  return { ...any, rateQps: curve.rateQps.map((rate) => (rate / peak) * largestQps) }
}

/** How much cheaper the online rule is at the same share of time short, averaged over its headrooms below 1% short. */
async function onlineAgainstAutoscaler(model: string, print: (text: string) => void): Promise<Figure> {
  const input = await curveOf(model)
  const kernel = loadKernel()
  const plan = optimalPlan(kernel, input)
  if (plan.status === 'infeasible') throw new Error(`the curve is infeasible for ${model}`)
  const { runs } = await compareFleets(kernel, input, plan, {
    ...{ forecast: 'recent-maximum', headrooms: HEADROOMS, targets: TARGETS, utilisation: UTILISATION },
  })
  const lines = runs.map(({ name, cost, shortShare, starts }) => [
    ...[name, cost.toFixed(1), `${(100 * shortShare).toFixed(2)}%`, String(starts)],
  ])
  print(`${model}, 14 days\n${grid([['', 'dollars', 'time short', 'starts'], ...lines])}`)
  const autoscaler = runs.filter(({ name }) => name.startsWith('autoscaler'))
  const online = runs.filter(({ name, shortShare }) => name.startsWith('online') && shortShare < SHORT)
  const savings = online.map(({ cost, shortShare }) => 1 - cost / costAt(autoscaler, shortShare))
  const mean = savings.reduce((sum, saving) => sum + saving, 0) / savings.length
  return {
    what: `${model}: online rule cheaper than the autoscaler`,
    value: 100 * mean,
    unit: '%',
    goal: { atLeast: 5 },
  }
}

/** What the autoscaler costs at a share of time short, linear between its targets. */
function costAt(runs: readonly { cost: number; shortShare: number }[], short: number): number {
  const i = runs.findIndex(({ shortShare }) => shortShare >= short)
  if (i < 0) return runs[runs.length - 1].cost
  if (i === 0) return runs[0].cost
  const [before, after] = [runs[i - 1], runs[i]]
  const share = (short - before.shortShare) / (after.shortShare - before.shortShare)
  return before.cost + share * (after.cost - before.cost)
}

/** A million queries over a day, under the optimal plan of that day. */
async function replayedDay(print: (text: string) => void): Promise<Figure> {
  const input = await curveOf('rm2')
  const day = { ...input, rateQps: input.rateQps.slice(144, 288) }
  const plan = optimalPlan(loadKernel(), day)
  if (plan.status === 'infeasible') throw new Error('the day is infeasible')
  const workload = await readWorkload('rm2')
  const mean = day.rateQps.reduce((sum, rate) => sum + rate, 0) / day.rateQps.length
  const trace = generateTrace({
    arrivals: 'poisson',
    rate: mean,
    queries: 1_000_000,
    seed: 1,
    mix: workload.mix,
  })
  // arrivals of a constant rate, moved so that each window has its own
  const arrivalMs = warped(trace.arrivalMs, day.rateQps, 1000 * day.windowS)
  const schedule = {
    ...{ types: day.types.map(({ name }) => name), windowS: day.windowS, cyclic: true },
    counts: plan.windows.map(({ counts }) => counts),
    pricePerHour: day.types.map(({ pricePerHour }) => pricePerHour),
    startDelayS: day.types.map(({ startDelayS }) => startDelayS),
    startFee: day.types.map(({ startFee }) => startFee),
  }
  const started = performance.now()
  const run = await replayPlan({ workload, schedule, trace: { ...trace, arrivalMs }, policy: 'priced' })
  const seconds = (performance.now() - started) / 1000
  const share = `${(100 * run.shareInTime).toFixed(3)}%`
  print(
    `10^6 queries under the plan of a day: ${seconds.toFixed(2)} s, ${share} in time, ${run.starts} starts\n`,
  )
  return { what: 'replay of 10^6 queries under a plan', value: seconds, unit: 's', goal: { atMost: 5 } }
}

/** Moves arrivals of a constant rate to the times at which the rates of a cycle of windows have brought as many. */
function warped(arrivalMs: Float64Array, rates: Float64Array, windowMs: number): Float64Array {
  const total = rates.reduce((sum, rate) => sum + rate, 0)
  const cycleMs = rates.length * windowMs
  let window = 0
  let cycle = 0
  let before = 0
  return arrivalMs.map((ms) => {
    const brought = (ms / cycleMs) * total
    while (brought >= cycle * total + before + rates[window]) {
      before += rates[window++]
      if (window < rates.length) continue
      window = 0
      before = 0
      cycle++
    }
    const share = (brought - cycle * total - before) / rates[window]
    return (cycle * rates.length + window + share) * windowMs
  })
}
