import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { PlanInput } from '../../src/model/fleet/plan.ts'

/** A plan of an independent program; `cost` in dollars. */
interface GoldenPlan {
  readonly name: string
  readonly maxCounts: number[]
  readonly pricesPerHour: number[]
  readonly startDelaySeconds: number[]
  readonly startFee: number[]
  readonly budgetPerHour: number | null
  readonly windowSeconds: number
  readonly cyclic: boolean
  readonly initial: number[] | null
  readonly capacities: number[]
  readonly rates: number[]
  readonly feasible: boolean
  readonly cost: number
  readonly starts: number
  readonly plan: number[][]
  readonly firstInfeasibleWindow: number
}

const url = new URL('../fixtures/plan/cases.json.gz', import.meta.url)

export const goldenPlans: readonly GoldenPlan[] = JSON.parse(gunzipSync(readFileSync(url)).toString()).cases

export function inputOf(golden: GoldenPlan): PlanInput {
  return {
    types: golden.maxCounts.map((max, t) => ({
      name: `type-${t}`,
      min: 0,
      max,
      pricePerHour: golden.pricesPerHour[t],
      startDelayS: golden.startDelaySeconds[t],
      startFee: golden.startFee[t],
    })),
    budgetPerHour: golden.budgetPerHour ?? Infinity,
    capacityQps: Float64Array.from(golden.capacities),
    windowS: golden.windowSeconds,
    rateQps: Float64Array.from(golden.rates),
    initial: golden.initial ?? undefined,
    cyclic: golden.cyclic,
  }
}
