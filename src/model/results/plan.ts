import type { FleetSchedule, OptimalPlan } from '../fleet/plan.ts'

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

/** What `utilisation` is a share of: the fluid bound, or the throughput that replays allow. */
export type CapacityName = 'bound' | 'allowable'

/** The optimal plan at one utilisation. */
export interface PlanFrontierRow {
  readonly utilisation: number
  /** Dollars for running and starting, over all windows. */
  readonly cost: number
  readonly starts: number
  /** The rates of all windows as a share of the full capacity of their configurations. */
  readonly meanUtilisation: number
}

/** The cost of optimal plans against utilisation, by increasing utilisation. */
export interface PlanFrontier
  extends Pick<PlanResult, 'model' | 'types' | 'windowS' | 'cyclic' | 'capacity'> {
  /** The number of windows. */
  readonly windows: number
  readonly rows: readonly PlanFrontierRow[]
}

/** A plan with the question that it answers. */
export interface PlanResult
  extends Omit<FleetSchedule, 'counts'>,
    Pick<OptimalPlan, 'cost' | 'starts' | 'windows'> {
  readonly model: string
  readonly utilisation: number
  readonly capacity: CapacityName
  readonly comparison?: PlanComparison | undefined
}
