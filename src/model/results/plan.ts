import type { OptimalPlan } from '../plan.ts'

/** One way to run a fleet over given rates. */
export interface FleetRun {
  readonly name: string
  /** Dollars in all. */
  readonly cost: number
  readonly starts: number
  /** The share of time in which the fleet could not serve the rate, 0 to 1. */
  readonly shortShare: number
}

export interface PlanComparison {
  readonly forecast: string
  readonly runs: readonly FleetRun[]
}

/** A plan with the question that it answers. */
export interface PlanResult extends Pick<OptimalPlan, 'cost' | 'starts' | 'windows'> {
  readonly model: string
  readonly types: readonly string[]
  /** By type: dollars per hour, seconds until an instance serves, dollars per start. */
  readonly pricePerHour: readonly number[]
  readonly startDelayS: readonly number[]
  readonly startFee: readonly number[]
  readonly windowS: number
  readonly utilisation: number
  readonly cyclic: boolean
  readonly comparison?: PlanComparison | undefined
}
