import type { OptimalPlan } from '../fleet/plan.ts'
import type { Counts } from '../fleet/space.ts'

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
export interface PlanFrontier {
  readonly model: string
  readonly types: readonly string[]
  readonly windowS: number
  /** The number of windows. */
  readonly windows: number
  readonly cyclic: boolean
  readonly capacity: CapacityName
  readonly rows: readonly PlanFrontierRow[]
}

/** A plan with the question that it answers. */
export interface PlanResult extends Pick<OptimalPlan, 'cost' | 'starts' | 'windows'> {
  readonly model: string
  readonly types: readonly string[]
  /** By type: dollars per hour, seconds until an instance serves, dollars per start. */
  readonly pricePerHour: readonly number[]
  readonly startDelayS: readonly number[]
  readonly startFee: readonly number[]
  /** The slots of an instance of each type, unless all have one. */
  readonly slots?: readonly number[] | undefined
  readonly windowS: number
  /** When the first window begins, such as 2026-11-18T09:30:00Z, where that is known. */
  readonly begin?: string | undefined
  readonly utilisation: number
  readonly capacity: CapacityName
  readonly cyclic: boolean
  /** The counts that run before the first window, unless there are none. */
  readonly initial?: Counts | undefined
  readonly comparison?: PlanComparison | undefined
}
