/**
 * What an exact plan saves: against the cheapest configuration of each window taken by itself, and against one mix that
 * is scaled. Both know every rate, as the plan does.
 */
import { countsAt } from '../../../src/kernel/lattice.ts'
import { loadKernel } from '../../../src/kernel/load.ts'
import type { OptimalPlan, PlanInput } from '../../../src/model/fleet/plan.ts'
import { type Counts, costOf } from '../../../src/model/fleet/space.ts'
import { countRanges, usableCapacity } from '../../../src/plan/lattice.ts'
import { optimalPlan } from '../../../src/plan/optimal.ts'
import { grid } from '../../measure.ts'

/** Lengths of windows and start delays, in minutes. */
const SETTINGS = [
  { windowMin: 10, delayMin: 0 },
  { windowMin: 10, delayMin: 4 },
  { windowMin: 10, delayMin: 8 },
  { windowMin: 10, delayMin: 60 },
  { windowMin: 1, delayMin: 8 },
]

/** Days of the curve that are planned: a curve of one-minute windows is ten times as long. */
const DAYS = 7

export function printSavings(model: string, curve: PlanInput, print: (text: string) => void): void {
  const lines = SETTINGS.map(({ windowMin, delayMin }) => {
    const input = at(curve, 60 * windowMin, 60 * delayMin)
    const plan = optimalPlan(loadKernel(), input) as OptimalPlan
    const more = (cost: number) => `${(100 * (cost / plan.cost - 1)).toFixed(1)}%`
    const { each, mix, fixed } = otherWays(input)
    return [
      ...[`${windowMin} min`, `${delayMin} min`, plan.cost.toFixed(1)],
      ...[each, mix, fixed].map((cost) => more(cost)),
    ]
  })
  const header = [
    'windows',
    'start delay',
    'optimal, $',
    'each window by itself',
    'one mix, scaled',
    'static',
  ]
  print(`${model}, ${DAYS} days: how much more than the optimal plan\n${grid([header, ...lines])}`)
}

/** The curve in windows of another length, interpolated, and with another start delay. */
function at(curve: PlanInput, windowS: number, startDelayS: number): PlanInput {
  const windows = (DAYS * 86_400) / windowS
  const rateQps = Float64Array.from({ length: windows }, (_, w) => {
    const position = (w * windowS) / curve.windowS
    const before = Math.floor(position)
    const after = Math.min(before + 1, curve.rateQps.length - 1)
    return curve.rateQps[before] + (position - before) * (curve.rateQps[after] - curve.rateQps[before])
  })
  return { ...curve, windowS, rateQps, types: curve.types.map((type) => ({ ...type, startDelayS })) }
}

function otherWays(input: PlanInput) {
  const { types, rateQps } = input
  const ranges = countRanges(types)
  const { qps: capacity } = usableCapacity(input)
  const all = Array.from(capacity, (qps, n) => {
    const counts = countsAt(ranges, n)
    return { qps, counts, price: costOf(input, counts) }
  }).filter(({ qps }) => qps >= 0)
  all.sort((a, b) => a.price - b.price || b.qps - a.qps)
  const cheapest = (rate: number, among = all) => among.find(({ qps }) => qps >= rate)!.counts
  const peak = rateQps.reduce((most, rate) => Math.max(most, rate), 0)
  const fixed = cheapest(peak)
  const mixes = Array.from({ length: 100 }, (_, i) =>
    fixed.map((count) => Math.ceil((count * (i + 1)) / 100)),
  )
  const scaled = all.filter(({ counts }) => mixes.some((mix) => mix.every((count, t) => count === counts[t])))
  return {
    each: costOfPlan(
      input,
      Array.from(rateQps, (rate) => cheapest(rate)),
    ),
    mix: costOfPlan(
      input,
      Array.from(rateQps, (rate) => cheapest(rate, scaled)),
    ),
    fixed: costOfPlan(
      input,
      Array.from(rateQps, () => fixed),
    ),
  }
}

function costOfPlan(input: PlanInput, plan: readonly Counts[]): number {
  const { types, windowS } = input
  let cost = 0
  let before: Counts = types.map(() => 0)
  for (const counts of plan) {
    cost += (costOf(input, counts) * windowS) / 3600
    types.forEach((type, t) => {
      const started = Math.max(0, counts[t] - before[t])
      cost += started * ((type.pricePerHour * type.startDelayS) / 3600 + type.startFee)
    })
    before = counts
  }
  return cost
}
